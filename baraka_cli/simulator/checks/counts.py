"""`Counts`: the number of viewers, as it is told in different places at one time."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.result import Promise


class Counts:
    """One count of one room, in the answer to a join and at every phone."""

    def __init__(self, findings: Findings) -> None:
        self.told: list[tuple[int, str, int]] = []
        """Auction, phone and count of each join that was answered with a count (D21)."""
        self._findings = findings

    def joined(self, auction_id: int, who: str, count: object) -> None:
        """Keep the count that somebody was told on joining."""
        if isinstance(count, int):
            self.told.append((auction_id, who, count))

    def began(self, auction_id: int, next_door: int, strangers: int, strangers_there: int) -> None:
        """Compare how many strangers were counted in two auctions that had just begun.

        In one of them they may be people. As many of them in both are nobody.
        """
        self._findings.expect(
            Promise.COUNTS_AGREE,
            strangers != strangers_there,
            f"auctions {auction_id} and {next_door}, which had just begun: the count was "
            f"{strangers} more than were there, in both",
        )

    def agree(self, auction_id: int, count: object, seats: Iterable[Seat], when: str) -> set[Seat]:
        """Expect the count that the host heard last at every phone in the room.

        Returns those that heard another one.
        """
        differing = set()
        for seat in seats:
            room = seat.rooms.get(auction_id)
            if room is not None:
                if room.count != count:
                    differing.add(seat)
                self._findings.expect(
                    Promise.COUNTS_AGREE,
                    room.count == count,
                    f"{seat.label} heard a count of {room.count} {when}, and the host one of "
                    f"{count}",
                )
        return differing

    def look_at_joins(self, auction_id: int, heard: Collection[int]) -> None:
        """Compare what joiners were told with the counts that were `heard` meanwhile."""
        told, self.told = self.told, []
        for joined, who, count in told:
            if joined == auction_id and heard:
                self._findings.expect(
                    Promise.COUNTS_AGREE,
                    min(heard) <= count <= max(heard),
                    f"{who} was told on joining that {count} are there, and the count was "
                    f"{min(heard)} to {max(heard)}",
                )
