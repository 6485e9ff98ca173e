"""The wire contract as code: client events, server events, records and refusals.

This package knows nothing of the server. The gateway, the rules, the command line and the tests all read
these declarations; names and texts are written nowhere else.
"""
