"""Simulator: a crowd that holds a sale on any server of the contract, and checks of it."""
