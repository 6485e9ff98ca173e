"""Probe: the same request twice, as an app sends it whose answer was lost (D23)."""

from __future__ import annotations

from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.hostile.attempts import Outcome, attempt
from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import MINIMUM, ProbeSale
from baraka_cli.simulator.hostile.signs import bid_of, comment_of
from baraka_cli.simulator.hostile.verdicts import must_be_refused
from baraka_server.contract.client_events import PlaceBid, PostComment


async def repeated_request(sale: ProbeSale, judge: Judge) -> None:
    """With the same body it changes nothing and is answered as before; with another it is refused."""
    await sale.new_lot()
    if not (sale.numbered and sale.pool.acknowledges):
        raise CannotTry("by the guide alone, a request has no requestId")
    await _bids(sale, judge)
    await _comments(sale, judge)


async def _bids(sale: ProbeSale, judge: Judge) -> None:
    amount = MINIMUM + 10
    bid = {"amount": amount, "requestId": f"{sale.lot} bid", **sale.this_round}
    since = sale.everything_heard()
    first = await attempt(sale, sale.bidder, PlaceBid, bid, bid_of(sale.bidder.user_id, amount))
    if first.outcome is not Outcome.DONE:
        raise CannotTry(f"a good bid was not accepted: {first.evidence}")
    again = await attempt(sale, sale.bidder, PlaceBid, bid)
    await sale.fence()
    ids = {_id(one, "newBid") for one in since() if one.bid == (sale.bidder.user_id, amount)}
    judge.expect(len(ids) <= 1, "a bid that was sent again counts twice", again.evidence)
    judge.expect(
        again.outcome is Outcome.DONE
        and again.reply.data.get("bidId") == first.reply.data["bidId"],
        "who sends a bid again whose answer was lost is told something else than the first time",
        again.evidence,
    )
    other = bid | {"amount": amount + 1}
    must_be_refused(
        judge,
        await attempt(sale, sale.bidder, PlaceBid, other, bid_of(sale.bidder.user_id, amount + 1)),
        done="one request can ask for two things",
        unsaid="nobody is told that a request was made before, for something else",
    )


async def _comments(sale: ProbeSale, judge: Judge) -> None:
    text = f"{sale.lot}: is it hallmarked?"
    comment: dict[str, Any] = {"comment": text, "requestId": f"{sale.lot} comment"}
    since, said = sale.everything_heard(), comment_of(text)
    await attempt(sale, sale.bidder, PostComment, comment)
    again = await attempt(sale, sale.bidder, PostComment, comment)
    await sale.fence()
    ids = {_id(one, "newComment") for one in since() if said(one)}
    judge.expect(len(ids) <= 1, "a comment that was sent again stands there twice", again.evidence)


def _id(frame: Frame, name: str) -> object:
    row = frame.data.get(name)
    return row.get("id") if isinstance(row, dict) else None
