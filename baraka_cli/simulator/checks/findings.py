"""`Findings`: counts for each promise how often it was looked at, and where it was broken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from baraka_cli.simulator.result import OF_A_HOUSE, Breach, Finding, Promise

FIRST_MAX = 5
"""Breaches of a promise that are kept whole."""
MESSAGE_CHARS_MAX = 2_000


class Findings:
    """Findings of a run, one for every promise. `clock` gives seconds since the run began.

    What is seen of a promise that is `exempt` is not held against the server, and is said (D9 for
    one: servers behind one address may each count their own viewers). Each check counts how often it looked, so that a promise that was never looked at is not called
    kept.
    """

    def __init__(
        self, clock: Callable[[], float], exempt: Collection[Promise] = frozenset()
    ) -> None:
        self.exempt = exempt
        self._clock = clock
        self._found = {promise: Finding(promise=promise) for promise in Promise}

    def now(self) -> float:
        """Seconds since the run began."""
        return self._clock()

    def __getitem__(self, promise: Promise) -> Finding:
        return self._found[promise]

    def values(self) -> Iterable[Finding]:
        """In the order of the promises."""
        return (
            _exempted(finding) if promise in self.exempt else finding
            for promise, finding in self._found.items()
            if finding.checked or finding.unchecked or promise not in OF_A_HOUSE
        )

    def broken(
        self, promise: Promise, what: str, message: object = "", *, at: float | None = None
    ) -> None:
        """`at` is when it broke, where it is found only later."""
        finding = self._found[promise]
        finding.checked += 1
        finding.broken += 1
        if len(finding.first) < FIRST_MAX:
            text = str(message)
            if len(text) > MESSAGE_CHARS_MAX:
                text = text[:MESSAGE_CHARS_MAX] + f"… ({len(text)} characters)"
            at = self._clock() if at is None else at
            finding.first.append(Breach(at=round(at, 3), what=what, message=text))

    def heard_outside(self, who: str, what: str, message: str) -> None:
        """Report that somebody who is not in the room heard something of it."""
        self.broken(Promise.ROOMS_ARE_CLOSED, f"{who} is not in the room and heard {what}", message)

    def looked(self, promise: Promise) -> None:
        self._found[promise].checked += 1

    def expect(
        self,
        promise: Promise,
        holds: bool,
        what: str,
        message: object = "",
        *,
        at: float | None = None,
    ) -> None:
        if holds:
            self.looked(promise)
        else:
            self.broken(promise, what, message, at=at)


def _exempted(found: Finding) -> Finding:
    times = f"; it was seen broken {found.broken} times" if found.broken else ""
    why = f"exempted by --except {found.promise}{times}"
    return Finding(promise=found.promise, exempt=True, unchecked=why)
