"""Phones of a crowd that other processes hold, so that more than one core reads what a server says."""
