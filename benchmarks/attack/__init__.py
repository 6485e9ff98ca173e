"""`make attack`: what one client can do to the others, told as what a bid elsewhere takes meanwhile.

See docs/attacks.md. The strangers of the tests are the attackers.
"""
