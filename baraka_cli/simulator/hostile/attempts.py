"""`attempt`: something that a right server refuses, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import LOST, Reply
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.hostile.probe_sale import TRIES_MAX, Guest, ProbeSale, retry_seconds
from baraka_cli.simulator.hostile.signs import Shows
from baraka_server.contract.client_events import ClientEvent


class Outcome(Enum):
    DONE = "done"
    REFUSED = "refused"
    SILENT = "silent"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of something that was tried; `evidence` is what was sent and what came back."""

    outcome: Outcome
    evidence: str
    reply: Reply
    frame: Frame | None = None
    """The announcement that shows that it was done."""


async def attempt(
    sale: ProbeSale,
    guest: Guest,
    event: type[ClientEvent],
    fields: Mapping[str, Any] | None,
    shows: Shows | None = None,
    *,
    payload: Any = None,
    seconds: float | None = None,
    fenced: bool = True,
) -> Attempt:
    """Try what should be refused; `shows` tells it in what anybody hears, when it was done.

    `payload` takes the place of one that names the auction and has `fields`. What was refused
    is looked for behind it, and nothing from before is taken for it, unless it is not `fenced`.
    """
    fenced = fenced and shows is not None and sale.on_air
    if fenced:
        await sale.fence()
    if fields is not None:
        payload = {"auctionId": sale.auction_id, **fields}
    since = sale.everything_heard()

    def shown() -> Frame | None:
        return next((one for one in since() if shows is not None and shows(one)), None)

    patience = sale.patience_seconds if seconds is None else seconds
    reply = await _reply(sale, guest, event, payload, shown, patience)
    if reply.ok is False and fenced:
        await sale.fence()
    frame = shown()
    outcome = _outcome(guest, reply, frame)
    asked = f"{event.wire_name} {_json(payload)}"
    came = frame.text if frame is not None else _json(reply.data) if reply.data else "nothing"
    return Attempt(outcome, f"{asked} → {came}", reply, frame)


async def _reply(
    sale: ProbeSale,
    guest: Guest,
    event: type[ClientEvent],
    payload: Any,
    shown: Callable[[], Frame | None],
    patience: float,
) -> Reply:
    """The answer, or `LOST` when none comes or the room hears of it instead."""
    reply = LOST
    for _ in range(TRIES_MAX):
        asking = asyncio.create_task(
            guest.socket.call(event.wire_name, payload, signs=frozenset(), seconds=patience)
        )
        reply = await _first(sale, asking, shown, patience)
        if reply.code not in NOT_ITS_FAULT:
            break
        await asyncio.sleep(retry_seconds(reply))
    return reply


async def _first(
    sale: ProbeSale,
    asking: asyncio.Task[Reply],
    shown: Callable[[], Frame | None],
    patience: float,
) -> Reply:
    asking.add_done_callback(lambda _: sale.look_again())
    await sale.until(lambda: asking.done() or shown() is not None, patience + 1)
    if asking.done() or sale.pool.acknowledges:  # the announcement may be ahead of the answer
        return await asking
    asking.cancel()
    return LOST


def _outcome(guest: Guest, reply: Reply, frame: Frame | None) -> Outcome:
    if frame is not None or reply.ok:
        return Outcome.DONE
    if reply.ok is False:
        return Outcome.REFUSED
    return Outcome.SILENT if guest.socket.connected else Outcome.CUT_OFF


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
