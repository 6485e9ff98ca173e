"""`Strangers`: tells people who came and went by themselves from a server that counts wrongly."""

from __future__ import annotations

WINDOWS_PER_DOUBT = 4
"""In at most one of so many windows may the difference have changed. A server that miscounts does so
most times that somebody comes or goes; that somebody else does at the same time is rare."""


class Strangers:
    """The difference between the count of a room and ours who are there, over time.

    `sample` it all the time. The difference is taken when neither number has changed for
    `steady_seconds`; between two such moments is a window. What changes in a window in which none of
    ours came or went is somebody else's doing. What changes in another one may be, too.
    """

    def __init__(self, steady_seconds: float) -> None:
        self._steady_seconds = steady_seconds
        self._seen: tuple[int, int] | None = None
        """Count and ours, as they were sampled last, `_since` then; and at the last steady moment."""
        self._since = 0.0
        self._steady: tuple[int, int] | None = None
        self._moved = False
        """Whether any of ours came or went since."""
        self.begin(0)

    def begin(self, there: int) -> None:
        """So many are there beside ours, and nothing is in doubt."""
        self.there = self._difference = there
        self._came = self._perhaps = 0
        self._windows = self._doubts = 0

    def sample(self, now: float, count: int, ours: int) -> None:
        """`now` in seconds of any clock that does not go back."""
        seen = (count, ours)
        if seen != self._seen:
            self._moved = self._moved or self._seen is None or ours != self._seen[1]
            self._seen, self._since = seen, now
        elif now - self._since >= self._steady_seconds and (self._moved or seen != self._steady):
            self._steady = seen
            self._end_window(count - ours)

    def _end_window(self, difference: int) -> None:
        changed = difference - self._difference
        if self._moved:
            self._windows += 1
            self._doubts += changed != 0
            self._perhaps += changed
        else:
            self._came += changed
        self._difference, self._moved = difference, False

    @property
    def windows(self) -> int:
        """Windows in which ours came or went, since nothing was in doubt."""
        return self._windows

    @property
    def windows_wanted(self) -> int:
        """How many of them it takes before what is in doubt may have been people."""
        return self._doubts * WINDOWS_PER_DOUBT

    def explain(self, count: int, ours: int) -> bool:
        """Whether people who came or went make up for the difference. They are there from then on."""
        there, sure = count - ours, self.there + self._came
        few = self._windows >= self.windows_wanted
        explained = there >= 0 and (there == sure or (few and there == sure + self._perhaps))
        if explained:
            self.begin(there)
        return there == self.there
