"""Baraka: a live-auction server that people's money runs through."""
