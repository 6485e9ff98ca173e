"""Import of a run list in slices that a server takes, each once however often it is sent (D23, D35)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

from baraka_cli.client.replies import Reply
from baraka_cli.run_list import ListedLot
from baraka_server.contract.lots import LOTS_PER_COMMAND_MAX, AddLots, NewLot
from baraka_server.contract.refusals import Code

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


async def send(
    ask: Callable[[AddLots], Awaitable[Reply]],
    auction_id: int,
    content: bytes,
    parts: Sequence[list[NewLot]],
    version: int | None = None,
) -> AsyncIterator[Reply]:
    """Send the slices of a file, each behind the one before; the first refusal is the last answer.

    Where somebody changed the list in between, the slice goes behind what is there by now: by an id of
    its own, since the server answers the refused one as it did before. All ids are made of the file and
    the slice, so that a file that is sent once more, or goes on where it was cut off, adds nothing twice.
    `version` is of the list that the first slice is for; None takes any.
    """
    for place, part in enumerate(parts):
        mark = hashlib.sha256(content + f"|{auction_id}|{place}".encode()).hexdigest()[:40]
        event = AddLots(
            auction_id=auction_id,
            lots=tuple(part),
            version=version,
            request_id=f"import-{mark}",
        )
        answer = await ask(event)
        if place and answer.code == Code.LOTS_CHANGED:
            behind = {"version": None, "request_id": f"import-{mark}-behind"}
            answer = await ask(event.model_copy(update=behind))
        yield answer
        if not answer.ok:
            return
        version = int(answer.data["seq"])
