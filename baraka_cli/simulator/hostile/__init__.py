"""Probes of the preset `hostile`: what nobody should do, done on purpose, one at a time."""
