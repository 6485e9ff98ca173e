"""Import of a run list in slices that a server takes, each once however often it is sent (D23, D35)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from baraka_cli.run_list import ListedLot
from baraka_server.contract.lots import LOTS_PER_COMMAND_MAX, AddLots, NewLot

SLICE_BYTES_MAX = 50_000
"""The usual limit of a message is twice that."""


def new_lot(lot: ListedLot) -> NewLot:
    return NewLot(
        product=lot.product,
        minimum_price=lot.minimum,
        start_price=lot.start,
        market_price=lot.market,
        number=lot.number,
        description=lot.description or None,
        weight=lot.weight or None,
        image_url=lot.image_url or None,
        increments=lot.increments,
        reserve=lot.reserve,
    )


def size_of(lot: NewLot) -> int:
    """How many bytes it has in a message."""
    return len(json.dumps(lot.model_dump(by_alias=True)))


def slices(lots: Sequence[NewLot]) -> Iterator[list[NewLot]]:
    """The lots in parts of which each is a message."""
    part: list[NewLot] = []
    size = 0
    for lot in lots:
        bytes_ = size_of(lot)
        if part and (size + bytes_ > SLICE_BYTES_MAX or len(part) == LOTS_PER_COMMAND_MAX):
            yield part
            part, size = [], 0
        part.append(lot)
        size += bytes_
    if part:
        yield part


def twice(lots: Sequence[NewLot]) -> list[int]:
    """The numbers that more than one of these lots has."""
    numbers = [lot.number for lot in lots if lot.number is not None]
    return sorted({number for number in numbers if numbers.count(number) > 1})


def command(
    auction_id: int, content: bytes, place: int, part: list[NewLot], version: int | None
) -> AddLots:
    """The command for one slice of a file; `version` is what the slice before was answered.

    Its id is made of the file and the slice, so that a file that is sent once more adds nothing.
    """
    mark = hashlib.sha256(content + f"|{auction_id}|{place}".encode()).hexdigest()[:40]
    return AddLots(
        auction_id=auction_id,
        lots=tuple(part),
        version=version,
        request_id=f"import-{mark}",
    )
