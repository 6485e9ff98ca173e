"""`Judge`: the faults that one probe found, each once, in words for the auction house."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.simulator.result import Breach

EVIDENCE_CHARS_MAX = 2_000


class CannotTry(Exception):
    """The probe cannot be tried on this server, or not now. The text says why."""


class Judge:
    """`clock` gives seconds since the run began."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.faults: list[Breach] = []
        self.checked = 0
        self._clock = clock

    def expect(self, holds: bool, means: str, evidence: object = "") -> None:
        """`means` is what it means to the house when it does not hold."""
        self.checked += 1
        if holds or any(fault.what == means for fault in self.faults):
            return
        text = str(evidence)
        if len(text) > EVIDENCE_CHARS_MAX:
            text = text[:EVIDENCE_CHARS_MAX] + f"… ({len(text)} characters)"
        self.faults.append(Breach(at=round(self._clock(), 3), what=means, message=text))
