"""`Times`: when what stands in an auction's sequence was asked for, and when it was first heard."""

from __future__ import annotations

from collections.abc import Callable


class Times:
    """By auction and number, in seconds of `clock`. What happened lies between the two."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.sent: dict[tuple[int, int], float] = {}
        """When it was asked for, where that was one of ours."""
        self.heard: dict[tuple[int, int], float] = {}
        """When anybody heard it first."""
        self._clock = clock

    def hears(self, auction_id: int, seq: int) -> None:
        self.heard.setdefault((auction_id, seq), self._clock())
