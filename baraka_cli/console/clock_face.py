"""`ClockFace`: the clock of a lot as the console shows it, counted from when it was heard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LAST_SECONDS = 10
"""In these the clock is the largest thing on the screen but the price."""


@dataclass(frozen=True, slots=True)
class ClockFace:
    """What was told of a clock, and when, in seconds of a clock that nobody sets."""

    left_then: float
    heard_at: float
    runs: bool
    awards: bool = False
    interrupted: bool = False

    @classmethod
    def heard(cls, data: Mapping[str, Any] | None, now: float) -> ClockFace | None:
        """The clock as it was told just now; None where there is none, or it was taken off."""
        if not data or data.get("remainingMs") is None:
            return None
        return cls(
            data["remainingMs"] / 1000,
            now,
            bool(data.get("running")),
            data.get("award") == "auto",
            data.get("reason") == "interrupted",
        )

    def left(self, now: float) -> float:
        passed = now - self.heard_at if self.runs else 0.0
        return max(0.0, self.left_then - passed)

    def ran_out(self, now: float) -> bool:
        return self.left(now) == 0 and not self.interrupted

    def last_seconds(self, now: float) -> int | None:
        """The seconds to show large, in the last ones; None before, behind, and while it stands still."""
        left = self.left(now)
        return math.ceil(left) if self.runs and 0 < left <= LAST_SECONDS else None

    def told(self, now: float, *, paused: bool) -> str:
        """Such as "closes in 0:42"; it stands beside a product's name, so it is short."""
        left = math.ceil(self.left(now))
        time = f"{left // 60}:{left % 60:02d}"
        if paused:
            return f"BIDDING PAUSED at {time}"
        if self.interrupted:
            return f"STOPPED at {time} (interrupted) · i"
        if self.ran_out(now):
            return "BIDDING CLOSED"
        if not self.runs:
            return f"clock paused at {time} · i"
        return f"{'awards itself' if self.awards else 'closes'} in {time}"
