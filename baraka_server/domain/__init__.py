"""The rules of an auction as pure functions: no database, no socket, no clock.

An auction is a fold over its ledger. `decide` makes a command an event, or refuses it; `apply` gives the
state after it.
"""
