"""Crowd of a simulated sale: its phones, bidders, commenters and host."""
