"""A sale on several servers while faults happen that a seed draws, and what must hold all the time."""
