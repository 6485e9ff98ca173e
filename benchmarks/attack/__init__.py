"""`make attack`: attacks on a server by one client, measured by how long bids of others take meanwhile.

See docs/attacks.md. The strangers of the tests are the attackers.
"""
