"""The rules of an auction, pure: no database, no socket, no clock.

An auction is a fold over its ledger. `decide` says what a command makes happen, or refuses it;
`apply` says what the auction is after it happened.
"""
