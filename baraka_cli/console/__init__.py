"""Operator console: the terminal application in which a host runs a live sale."""
