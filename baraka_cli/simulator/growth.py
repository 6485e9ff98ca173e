"""Growth of a server: detection of a figure that rises without end and does not only vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

WARM_UP_SHARE = 0.1
"""Of the time, at first: caches fill, and pools open what they keep."""
SAMPLES_MIN = 30


@dataclass(frozen=True, slots=True)
class Growth:
    """Medians of three equal parts of the time after the warm-up, and what the last may be at most."""

    first: float
    middle: float
    last: float
    allowed: float

    @property
    def grows(self) -> bool:
        """It rose through all parts, and by more than is allowed."""
        return self.first < self.middle < self.last and self.last > self.allowed


def growth(samples: Sequence[float | None], *, share: float, floor: float) -> Growth | None:
    """Compare the thirds of one sample a second. More by `share`, and by `floor`, is growth; None: too few samples."""
    known = [one for one in samples if one is not None]
    known = known[round(len(known) * WARM_UP_SHARE) :]
    if len(known) < SAMPLES_MIN:
        return None
    third = len(known) // 3
    first, middle, last = (
        median(part) for part in (known[:third], known[third : 2 * third], known[2 * third :])
    )
    return Growth(first, middle, last, first + max(first * share, floor))
