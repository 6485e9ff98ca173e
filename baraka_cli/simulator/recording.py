"""`Recording`: a sale that took place, as the commands that it was made of.

It is read from what `baraka auction history --json` prints.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from baraka_cli.run_list import ListedLot
from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    ChangeLot,
    ClientEvent,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.reports import HistoryEntry

BYTES_MAX = 200_000_000
"""A sale of a day with a hundred thousand entries is about 50 MB."""


class BadRecording(ValueError):
    """A file that no sale can be made of. The text is for a person."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Command of the record: `at` seconds after the first, by `user_id`, with this payload."""

    at: float
    seq: int
    user_id: int | None
    event: type[ClientEvent]
    payload: Mapping[str, Any]
    told: str
    """The deed in words, as the history tells it."""


@dataclass(frozen=True, slots=True)
class Award:
    """Result of a lot: the winner and the amount, or None."""

    product: str
    winner: int | None
    amount: int | None


@dataclass(slots=True)
class Recording:
    """Sale that took place: commands and awards in their order. `left_out` counts entries that nobody can do again."""

    file: str
    deeds: list[Deed] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        return self.deeds[-1].at if self.deeds else 0.0

    @property
    def people(self) -> list[int]:
        """The users who bid or said something, in the order in which they began."""
        active = {PlaceBid, PostComment}
        return list(
            dict.fromkeys(
                deed.user_id
                for deed in self.deeds
                if deed.event in active and deed.user_id is not None
            )
        )

    @property
    def lots(self) -> list[ListedLot]:
        put_up: dict[str, ListedLot] = {}
        for deed in self.deeds:
            if deed.event is ChangeLot:
                put_up[deed.payload["product"]] = ListedLot(
                    product=deed.payload["product"],
                    minimum=deed.payload["minBidPrice"],
                    start=deed.payload["bidPrice"],
                    market=deed.payload["actualPrice"],
                )
        return list(put_up.values())


Fields = Callable[[Mapping[str, Any]], dict[str, Any]]


def _lot(data: Mapping[str, Any]) -> dict[str, Any]:
    lot = data["lot"]
    return {
        "product": lot["product"],
        "minBidPrice": lot["minimum_price"],
        "bidPrice": lot["start_price"],
        "actualPrice": lot["market_price"],
    }


DONE_BY: dict[str, tuple[type[ClientEvent], Fields]] = {
    "lot_opened": (ChangeLot, _lot),
    "lot_repriced": (ChangeLot, _lot),
    "bid": (PlaceBid, lambda data: {"amount": data["amount"]}),
    "comment": (PostComment, lambda data: {"comment": data["comment"]}),
    "awarded": (AwardLot, lambda data: {"product": data["product"], "weight": data["weight"]}),
    "broadcaster_left": (BroadcasterLeave, lambda _: {}),
}
"""Client event behind each kind of entry, and its fields."""

OF_EVERY_SALE = frozenset({"adopted", "started", "ended"})
"""Kinds of entry that the sale itself makes again."""


def read_recording(path: Path) -> Recording:
    """Read the history of one auction. Raises `BadRecording`."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror or error}") from None
    if len(data) > BYTES_MAX:
        raise BadRecording(f"{path} is too large for the history of a sale")
    try:
        rows = json.loads(data)
        if not isinstance(rows, list):
            raise BadRecording(
                f"{path} is not a history: baraka auction history ID --json makes one"
            )
        entries = [HistoryEntry.model_validate(row) for row in rows]
        return _recording(path.name, entries)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRecording(
            f"{path} is not a history of an auction: {where}: {first['msg']}"
        ) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadRecording):
            raise
        raise BadRecording(f"{path} is not JSON: {error}") from None


def _recording(file: str, entries: Sequence[HistoryEntry]) -> Recording:
    found = Recording(file)
    began = None
    for entry in entries:
        if entry.kind in OF_EVERY_SALE:
            continue
        if entry.kind not in DONE_BY or not entry.known:
            found.left_out[entry.kind] += 1
            continue
        event, fields = DONE_BY[entry.kind]
        began = began or entry.at
        try:
            payload = fields(entry.data)
            if event is AwardLot:
                found.awards.append(_award(entry.data))
        except (KeyError, TypeError) as error:
            raise BadRecording(f"{file}: entry {entry.seq} lacks {error}") from None
        # A clock may have been set back in the middle of a sale.
        at = max((entry.at - began).total_seconds(), found.seconds)
        told = f"{entry.who or 'somebody'} {entry.what}"
        found.deeds.append(Deed(at, entry.seq, entry.userId, event, payload, told))
    if not any(deed.event is ChangeLot for deed in found.deeds):
        raise BadRecording(f"{file}: no lot was put up in this sale")
    return found


def _award(data: Mapping[str, Any]) -> Award:
    high = data["high"] or {}
    return Award(data["product"], high.get("user_id"), high.get("amount"))
