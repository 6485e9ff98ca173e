"""Checks of a simulated sale: one file for each kind of promise."""
