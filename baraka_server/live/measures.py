"""Measures of all auctioneers of a node: how long their work takes, and what they had to look up."""

from __future__ import annotations

from baraka_server.metrics.counting import COMMANDS, SECONDS, Histogram


class Measures:
    """Histograms and counts that auctioneers add to; whoever reports reads them."""

    def __init__(self) -> None:
        self.queue = Histogram(SECONDS)
        """How long commands waited for their turn."""
        self.commit = Histogram(SECONDS)
        """How long transactions took."""
        self.commands = Histogram(COMMANDS)
        """How many commands were committed together."""
        self.delivery = Histogram(SECONDS)
        """From when a command was read until what came of it was written to its room."""
        self.gaps = 0
        """How often the ledger was read for news that did not come."""
        self.forwarded = self.forwarding_lost = 0
        """Commands that another node wrote for this one, and those of which it said nothing."""
