"""The wire contract as code: what clients send, what they hear, the records and the refusals.

This package knows nothing of the server. The gateway, the rules, the command line and the
tests all read these declarations; names and texts are written nowhere else.
"""
