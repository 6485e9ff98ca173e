"""Malformed payloads of every event, made of what the contract declares (D12, D15, D16)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import answered_by
from baraka_cli.simulator.hostile.attempts import Attempt, Outcome, attempt
from baraka_cli.simulator.hostile.judge import Judge
from baraka_cli.simulator.hostile.probe_sale import MINIMUM, Guest, ProbeSale
from baraka_cli.simulator.hostile.signs import Shows, started
from baraka_server.contract.client_events import (
    GUIDE_EVENTS,
    AwardLot,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.fields import INT_MAX, TEXT_CHARS_MAX
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    UserCountUpdate,
)
from baraka_server.contract.vocabulary import parse

NO_OBJECTS: tuple[Any, ...] = (None, "auction", 7, [], [{"auctionId": 1}])
ODD_VALUES: tuple[Any, ...] = (
    *(None, "", " ", "12", "x" * (TEXT_CHARS_MAX + 1), True, -1, 0),
    *(1.5, INT_MAX + 1, 2**70, [], {}, ["12"], {"a": 1}),
)
FIRST = tuple(event.wire_name for event in (PlaceBid, AwardLot, ChangeLot, PostComment))
"""What money hangs on is tried first."""
LAST = tuple(event.wire_name for event in (EndAuction, CancelAuction))
"""A server that takes one of these for good has no sale any more."""
NEWS = {event.wire_name for event in (LotChanged, LotAwarded, AuctionFinished, AuctionCanceled)}
"""What cannot happen while malformed messages are all that is sent."""
ROWS = {NewBid.wire_name: "newBid", NewComment.wire_name: "newComment"}
LESS_PATIENCE_SECONDS = 0.5
SILENCES_MAX = 5
"""How often a server may say nothing before the rest is not tried."""

INSIDES = re.compile(
    r"Traceback|\bat \S+:\d+|File \"|\b(SELECT|INSERT|UPDATE|DELETE)\b .*\b(FROM|INTO|SET)\b"
    r"|\w+Error\b|prisma|sqlalchemy|ER_[A-Z_]+|node_modules",
    re.IGNORECASE,
)
"""What no message may carry: a stack trace, SQL, names from inside (D19)."""


async def malformed(sale: ProbeSale, judge: Judge) -> None:
    await sale.new_lot()
    await sale.bids(sale.rival, MINIMUM)
    silences, done = 0, False
    since = sale.everything_heard()
    for event, payload in _malformed(_good(sale)):
        guest = sale.host if event.who.is_staff else sale.bidder
        patience = LESS_PATIENCE_SECONDS if silences else None
        tried = await attempt(
            sale,
            guest,
            event,
            None,
            _shows(sale, event, guest),
            payload=payload,
            seconds=patience,
            fenced=False,
        )
        _look(judge, event, tried)
        done = done or tried.outcome is Outcome.DONE
        silences += tried.outcome is Outcome.SILENT
        if tried.outcome is Outcome.DONE and event.wire_name in LAST:
            sale.on_air = False
        if tried.outcome is Outcome.CUT_OFF or silences > SILENCES_MAX or not sale.on_air:
            return
    await sale.fence()
    after = [one.text for one in since() if one.name in NEWS]
    judge.expect(done or not after, "what was refused as malformed is done all the same", after)
    await sale.bids(sale.rival, MINIMUM + 10)  # the sale goes on as if nothing had been


def _look(judge: Judge, event: type[ClientEvent], tried: Attempt) -> None:
    judge.expect(
        tried.outcome is not Outcome.DONE,
        f"{event.wire_name} is taken for good with a payload that means nothing",
        tried.evidence,
    )
    judge.expect(
        tried.outcome is not Outcome.SILENT,
        "an app that makes a mistake is never told so",
        tried.evidence,
    )
    judge.expect(
        tried.outcome is not Outcome.CUT_OFF,
        "one malformed message throws somebody out of the sale",
        tried.evidence,
    )
    judge.expect(
        tried.reply.code != Code.FAULT,
        "the server fails inside at a malformed message",
        tried.evidence,
    )
    judge.expect(
        not INSIDES.search(tried.reply.message),
        "strangers are shown the inside of the server",
        tried.evidence,
    )


def _good(sale: ProbeSale) -> dict[str, dict[str, Any]]:
    """A good payload of every event, by name: each malformed one is one step away from it."""
    prices = {"minBidPrice": MINIMUM, "bidPrice": MINIMUM, "actualPrice": MINIMUM}
    fields: dict[str, dict[str, Any]] = {
        PostComment.wire_name: {"comment": "malformed"},
        PlaceBid.wire_name: {"amount": 2 * MINIMUM},
        AwardLot.wire_name: {"product": sale.lot, "weight": "5g"},
        ChangeLot.wire_name: {"product": sale.lot} | prices,
    }
    return {name: {"auctionId": sale.auction_id} | fields.get(name, {}) for name in GUIDE_EVENTS}


def _malformed(good: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[type[ClientEvent], Any]]:
    """Every event with every payload that its declaration refuses."""
    between = (name for name in GUIDE_EVENTS if name not in {*FIRST, *LAST})
    for name in (*FIRST, *between, *LAST):
        for payload in (*NO_OBJECTS, *_one_step_away(GUIDE_EVENTS[name], good[name])):
            refusal = parse(name, (payload,))
            if isinstance(refusal, Refusal) and refusal.code is Code.MALFORMED:
                yield GUIDE_EVENTS[name], payload


def _one_step_away(event: type[ClientEvent], good: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, declared in event.model_fields.items():
        field = declared.alias or name
        if field not in good:
            continue  # an addition, of which the guide's servers know nothing
        yield {key: value for key, value in good.items() if key != field}
        for value in ODD_VALUES:
            yield {**good, field: value}


def _shows(sale: ProbeSale, event: type[ClientEvent], guest: Guest) -> Shows | None:
    """What everybody hears when it was done. Counts change whoever comes: they show nothing."""
    names = answered_by(event.wire_name) - {UserCountUpdate.wire_name}
    if event is StartAuction:
        return started(sale.auction_id)

    def shows(frame: Frame) -> bool:
        row = frame.data.get(ROWS.get(frame.name, ""))
        theirs = isinstance(row, dict) and row.get("user_id") not in {None, guest.user_id}
        return frame.name in names and not theirs

    return shows if names else None
