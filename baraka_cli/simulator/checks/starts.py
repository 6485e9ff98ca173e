"""`Starts`: expects that everybody who is connected hears of the start of an auction (guide: to all clients)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.result import Promise


@dataclass(frozen=True, slots=True)
class _Due:
    auction_id: int
    seat: Seat
    line: int
    """The connection that it had."""


class Starts:
    """Phones that were connected before an auction was started, in its room or not."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._due: list[_Due] = []
        self._heard: set[tuple[int, Seat]] = set()

    def begins(self, auction_id: int, connected: Iterable[Seat]) -> None:
        """The auction is not live yet. Whatever comes of the start, these hear it."""
        self._due += [_Due(auction_id, seat, seat.line) for seat in connected]

    def heard(self, seat: Seat, auction_id: int) -> None:
        self._heard.add((auction_id, seat))

    def finish(self) -> None:
        """Somebody whose connection broke may have missed it."""
        for due in self._due:
            if (due.auction_id, due.seat) in self._heard:
                self._findings.looked(Promise.STARTS_ARE_TOLD)
            elif due.line == due.seat.line:
                self._findings.broken(
                    Promise.STARTS_ARE_TOLD,
                    f"{due.seat.label} was connected when auction {due.auction_id} was started, and "
                    "did not hear of it",
                )
        self._due.clear()
