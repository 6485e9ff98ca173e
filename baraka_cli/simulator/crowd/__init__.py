"""Who plays in a simulated sale: its phones, bidders and hosts."""
