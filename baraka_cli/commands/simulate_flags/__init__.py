"""Flags of `baraka simulate`: name, value and meaning of each, by the panel of its help."""
