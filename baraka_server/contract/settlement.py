"""Summary of a sale as those who work in it read it: what was sold, what was not, and who owes what."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple, Self

from baraka_server.contract.fields import INT_MAX, Time
from baraka_server.contract.lots import LotState
from baraka_server.contract.records import Record, masked

_HEAD = re.compile(r"([0-9]{1,10})-([0-9a-f]{4,64})")


class Head(NamedTuple):
    """The end of a ledger: the number of its last entry, and which history it is of (D34, D39).

    str(Head(57, "3f2a9c1b0d4e")) == "57-3f2a9c1b0d4e"
    """

    seq: int
    ledger: str

    def __str__(self) -> str:
        return f"{self.seq}-{self.ledger}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The head that `text` says. Raises `ValueError`."""
        found = _HEAD.fullmatch(text.strip())
        if found is None or int(found[1]) > INT_MAX:
            raise ValueError(f"'{text}' is not a head: an export names one like 57-3f2a9c1b0d4e")
        return cls(int(found[1]), found[2])


class SaleLot(Record):
    """A lot of the sale and what became of it.

    `lot` is its number in the run list; without a run list each time of a product on the block is a lot.
    `price` is what it was sold for, `reached` the bid that stood when it came off the block unsold,
    `at` when it came off. `paid` is None where it was not sold.
    """

    lot: int | None
    lotId: int | None
    product: str
    weight: str | None
    state: LotState
    price: int | None = None
    reached: int | None = None
    winningId: int | None = None
    winnerId: int | None = None
    winner: str | None = None
    paddle: int | None = None
    paid: bool | None = None
    at: Time | None = None


class Buyer(Record):
    """What one bidder bought: a bidder is a paddle (D36). `number` is masked for who may not see it."""

    userId: int
    paddle: int | None
    name: str
    number: str
    lots: int
    total: int
    paid: int
    due: int


class Change(StrEnum):
    """What happened to a lot or to its winning."""

    SOLD = "sold"
    PASSED = "passed"
    REOPENED = "reopened"
    CORRECTED = "corrected"
    REASSIGNED = "reassigned"
    PAID = "paid"
    NOT_PAID = "not paid"


BEHIND_THE_HAMMER = frozenset({Change.CORRECTED, Change.REASSIGNED})
"""The changes that make a winning another one than the hammer made."""


class SaleChange(Record):
    """One change of what was sold, at entry `seq` of the ledger.

    Of a reopened lot `…Before` is the sale that was taken back; nobody where it had passed. `winnerId`
    is None where nobody has the lot any more.
    """

    seq: int
    at: Time
    change: Change
    lot: int | None
    product: str
    winningId: int | None = None
    winnerId: int | None = None
    winner: str | None = None
    paddle: int | None = None
    price: int | None = None
    winnerBeforeId: int | None = None
    winnerBefore: str | None = None
    paddleBefore: int | None = None
    priceBefore: int | None = None
    reason: str | None = None


class SaleTotals(Record):
    """Numbers of lots, and amounts. `open` are lots that wait or are on the block."""

    sold: int
    passed: int
    withdrawn: int
    open: int
    turnover: int
    paidLots: int
    paid: int
    due: int


class SaleSummary(Record):
    """A sale as its ledger and its winnings have it, up to entry `seq` (D39).

    `at` is the time of that entry. `changes` are all since the head that was asked about, else those
    of winnings behind the hammer. `numbersMasked` says that the reader may not see buyers' numbers.
    `understood` is False where a newer program wrote entries that may say more (D55).
    """

    auctionId: int
    title: str
    over: bool
    seq: int
    ledger: str
    at: Time | None
    totals: SaleTotals
    lots: list[SaleLot]
    buyers: list[Buyer]
    changes: list[SaleChange]
    since: str | None = None
    numbersMasked: bool = False
    understood: bool = True

    @property
    def head(self) -> Head:
        """The end of the ledger that it was made at."""
        return Head(self.seq, self.ledger)

    @property
    def sold(self) -> list[SaleLot]:
        return [lot for lot in self.lots if lot.state is LotState.SOLD]

    def without_numbers(self) -> SaleSummary:
        """As somebody reads it who may not see whole numbers (D46)."""
        buyers = [one.model_copy(update={"number": masked(one.number)}) for one in self.buyers]
        return self.model_copy(update={"buyers": buyers, "numbersMasked": True})
