"""Reports that hosts read over HTTP and on the command line; no event carries these."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from baraka_server.contract.fields import Time
from baraka_server.contract.records import Record, User, Winning


class WinningWithUser(Winning):
    """An awarded lot and its winner, whose number is whole: the host has to call (D17).

    `paddle` is the winner's in that auction (D36). Of a bidder on the floor without an account it is the
    label's, and `label` what the staff called them, empty where that was erased (D40).
    """

    user: User
    paddle: int | None = None
    label: str | None = None

    @property
    def winner(self) -> str:
        """The winner's name, with the label of somebody on the floor."""
        return f"{self.user.name} ({self.label})" if self.label else self.user.name


class HistoryEntry(Record):
    """One entry of an auction's ledger, in words. `what` completes the sentence "<who> …".

    `paddle` is the number of `who` in the auction, of a bidder (D36); in `what` it is before the name.
    `known` is false for one that a newer program wrote (D55): nothing is certain of its data.
    """

    seq: int
    round: int
    at: Time
    kind: str
    userId: int | None
    who: str | None
    paddle: int | None = None
    what: str
    data: dict[str, Any]
    known: bool = True

    def without_reserves(self) -> HistoryEntry:
        """The entry for people who may not know what a lot's reserve is (D42)."""
        return self.model_copy(update={"data": _without(self.data, "reserve")})


def _without(value: Any, name: str) -> Any:
    """JSON without the fields of a name."""
    if isinstance(value, dict):
        return {key: _without(one, name) for key, one in value.items() if key != name}
    return [_without(one, name) for one in value] if isinstance(value, list | tuple) else value


class AlteredEntry(Record):
    """The first entry of a ledger that is not what was written."""

    seq: int
    reason: str


class Disagreement(Record):
    """A row that is not what the ledger says it is. `rowId` is its id in `table`."""

    table: str
    rowId: int
    reason: str


class Checkpoint(Record):
    """The end of a ledger, signed with the server's secret: `text` is the line to keep elsewhere."""

    auctionId: int
    seq: int
    hash: str
    time: Time
    text: str


class BrokenCheckpoint(Record):
    """A checkpoint that does not fit the ledger: it was made of another one, at entry `seq`."""

    seq: int
    time: str
    reason: str


class Verdict(Record):
    """The result of verifying an auction's ledger: `ok`, or what was altered (D26).

    The tables are compared only while the ledger itself holds, and has no `unknownEntries`: those
    are of a newer program (D55). `disagreements` are rows that the ledger wrote and that say
    something else by now, or bids and winnings that it would have to know. `changedOutside` are rows
    that other programs wrote or took away, which is theirs to do: they say nothing against the
    ledger, and `ok` does not depend on them (D52). `brokenCheckpoints` are those among the given
    checkpoints that say that the ledger was another one. `erasedTexts` counts people's words whose
    hashes are in the ledger and which were erased since, as they may be (D56).
    """

    auctionId: int
    ok: bool
    entries: int
    unknownEntries: int
    alteredEntry: AlteredEntry | None
    disagreements: list[Disagreement]
    changedOutside: list[Disagreement] = Field(default_factory=list)
    erasedTexts: int = 0
    brokenCheckpoints: list[BrokenCheckpoint] = Field(default_factory=list)
