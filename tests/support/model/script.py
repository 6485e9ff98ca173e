"""Scripts of evenings: what is done in turn, as data that means something in whatever state it finds.

A bid is named by its place from the newest, which is 1; an amount by how much it is above the least that
would do; a lot by its place in the run list. So a script from which steps are taken away is a script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.model.notes import LARGEST
from tests.support.model.sale import Sale

NONE_THERE = 999_999
"""An id that no row and no lot has."""


@dataclass(frozen=True)
class Say:
    """A command: of whom, its name on the wire, and what it is about.

    `saw` is what its sender saw: "this" round, the one "before", "nothing" for a socket that was never in
    the room, "no" socket at all.
    """

    who: int
    name: str
    about: dict[str, Any] = field(default_factory=dict)
    saw: str = "this"


@dataclass(frozen=True)
class Together:
    """Commands that reach a node at once: it decides what it can of them in one transaction."""

    node: int
    says: list[Say]


@dataclass(frozen=True)
class Wait:
    """Time passes while all nodes work."""

    seconds: float


@dataclass(frozen=True)
class Freeze:
    """All nodes stand still for so long."""

    seconds: float


@dataclass(frozen=True)
class Restart:
    """A node is stopped and started; its phones join again, with what they heard last."""

    node: int


@dataclass(frozen=True)
class Look:
    """A node reads what others did."""

    node: int


@dataclass(frozen=True)
class Desk:
    """A command about a winning, at the command line; the newest winning has the place 1."""

    name: str
    place: int
    about: dict[str, Any]


@dataclass(frozen=True)
class Again:
    """A command with a `requestId` is sent once more, as it was; the newest one has the place 1."""

    node: int
    place: int


Step = Again | Together | Wait | Freeze | Restart | Look | Desk


def saw(sale: Sale, say: Say) -> int | str | None:
    """The round that the sender of a command saw."""
    rounds: dict[str, int | str] = {"this": sale.round, "before": max(0, sale.round - 1)}
    return (rounds | {"nothing": "nothing"}).get(say.saw)


def payload(sale: Sale, say: Say) -> dict[str, Any]:
    """The payload as it is sent now."""
    sent: dict[str, Any] = {}
    for name, value in say.about.items():
        match name:
            case "up":
                least = sale.next_bid() or 1
                sent["amount"] = max(1, min(LARGEST, least + value))
            case "near":  # the maximum that was set last
                top = sale.maxima[-1].amount if sale.maxima else sale.next_bid() or 1
                sent["amount"] = max(1, min(LARGEST, top + value))
            case "bidId" | "withBids":
                sent[name] = _bid_at(sale, value)
            case "lotId" | "before":
                sent[name] = _lot_at(sale, value)
            case "commentId":
                there = sale.comments[-value] if 0 < value <= len(sale.comments) else None
                sent[name] = there.id if there and there.id else NONE_THERE
            case "version":
                lot = sale.lot(sent.get("lotId"))
                now = lot.changed if lot and say.name == "editLot" else sale.lots_version
                sent[name] = max(0, now + value)
            case "awardSeq":
                sent[name] = sale.hammer.seq if sale.hammer and value else NONE_THERE
            case "round":
                sent[name] = max(0, sale.round + value)
            case "product" if value is None:
                sent[name] = sale.block.product if sale.block else "Nothing"
            case _:
                sent[name] = value
    return sent


def _bid_at(sale: Sale, place: int) -> int:
    """The id of a bid by its place from the newest; 0 is none, and so is a place that no bid has."""
    if not place:
        return 0
    return sale.bids[-place].id if place <= len(sale.bids) else NONE_THERE


def _lot_at(sale: Sale, place: int | None) -> int | None:
    if place is None:
        return None
    return sale.lots[place].id if place < len(sale.lots) else NONE_THERE
