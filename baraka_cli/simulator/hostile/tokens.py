"""Probes: tokens that a server has to refuse, and events that are sent behind the refusal."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt

from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import MINIMUM, ProbeSale
from baraka_cli.simulator.hostile.signs import bid_of_amount
from baraka_cli.simulator.hostile.token_attempts import TokenAttempt, attempt_token
from baraka_server.contract.client_events import (
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.contract.server_events import LotChanged, NewComment

ALGORITHM = "HS256"
SUBJECTS = ("sub", "userId", "id")


async def _must_be_sent_away(
    sale: ProbeSale, judge: Judge, auth: dict[str, Any], *, let_in: str, code: Code, kind: str
) -> None:
    """The guide: `error` with its text, and the connection is closed at once."""
    join = (JoinAuction.wire_name, {"auctionId": sale.auction_id})
    tried = await attempt_token(sale.pool, auth, [join], sale.patience_seconds)
    judge.expect(not tried.let_in, let_in, tried.evidence)
    if not tried.let_in:
        _look_at_refusal(judge, tried, code, kind)


def _look_at_refusal(judge: Judge, tried: TokenAttempt, code: Code, kind: str) -> None:
    told = "apps are not told why they are sent away, and try again for ever"
    judge.expect(bool(tried.refused), told, tried.evidence)
    judge.expect(
        tried.refused in {"", TEXTS[code]},
        f"apps that look for '{TEXTS[code]}' are told something else",
        tried.evidence,
    )
    judge.expect(tried.closed, f"who comes with {kind} may stay connected", tried.evidence)


async def no_token(sale: ProbeSale, judge: Judge) -> None:
    await _must_be_sent_away(
        sale,
        judge,
        {},
        let_in="anybody gets in without a token",
        code=Code.NO_TOKEN,
        kind="no token",
    )


async def expired_token(sale: ProbeSale, judge: Judge) -> None:
    now = int(time.time())
    claims = _claims(sale, sale.bidder.user_id) | {"iat": now - 7200, "exp": now - 3600}
    await _must_be_sent_away(
        sale,
        judge,
        {"token": _signed(sale, claims)},
        let_in="an expired token lets somebody in",
        code=Code.INVALID_TOKEN,
        kind="an expired token",
    )


async def forged_token(sale: ProbeSale, judge: Judge) -> None:
    """Signed with another secret; and a good one with somebody else's id put into it."""
    claims = _claims(sale, sale.host.user_id)
    stranger = jwt.encode(claims, secrets.token_hex(32), algorithm=ALGORITHM)
    head, _, signature = sale.mint(sale.bidder.user_id).split(".")
    altered = ".".join((head, stranger.split(".")[1], signature))
    for token in (stranger, altered):
        await _must_be_sent_away(
            sale,
            judge,
            {"token": token},
            let_in="anybody can make a token that lets in as anybody",
            code=Code.INVALID_TOKEN,
            kind="a forged token",
        )


async def unsigned_token(sale: ProbeSale, judge: Judge) -> None:
    claims = _claims(sale, sale.host.user_id)
    await _must_be_sent_away(
        sale,
        judge,
        {"token": jwt.encode(claims, "", algorithm="none")},
        let_in="anybody gets in as anybody with a token that nobody signed",
        code=Code.INVALID_TOKEN,
        kind="an unsigned token",
    )


async def claimless_token(sale: ProbeSale, judge: Judge) -> None:
    """Without an end; and without a user."""
    claims = _claims(sale, sale.bidder.user_id)
    endless = {name: value for name, value in claims.items() if name != "exp"}
    nobody = {name: value for name, value in claims.items() if name not in SUBJECTS}
    for less, let_in, kind in (
        (endless, "a token without an end lets somebody in for ever", "a token without an end"),
        (nobody, "a token that names nobody lets somebody in", "a token that names nobody"),
    ):
        await _must_be_sent_away(
            sale,
            judge,
            {"token": _signed(sale, less)},
            let_in=let_in,
            code=Code.INVALID_TOKEN,
            kind=kind,
        )


async def unknown_user(sale: ProbeSale, judge: Judge) -> None:
    """A good token of a user who does not exist: such a one may watch, and not bid (D4)."""
    if sale.secret is None:
        raise CannotTry("it needs the secret of the tokens")
    await sale.new_lot()
    claims = _claims(sale, sale.bidder.user_id)
    name = next(one for one in SUBJECTS if one in claims)
    nobody = INT_MAX if isinstance(claims[name], int) else str(INT_MAX)
    bid = {"auctionId": sale.auction_id, "amount": MINIMUM + 40, **sale.this_round}
    join = (JoinAuction.wire_name, {"auctionId": sale.auction_id})
    auth = {"token": _signed(sale, claims | {name: nobody})}
    since = sale.everything_heard()
    tried = await attempt_token(
        sale.pool, auth, [join, (PlaceBid.wire_name, bid)], sale.patience_seconds
    )
    await sale.fence()
    judge.expect(
        not any(map(bid_of_amount(MINIMUM + 40), since())),
        "a bid was accepted of a user who does not exist",
        tried.evidence,
    )


async def after_refusal(sale: ProbeSale, judge: Judge) -> None:
    """Events right behind a token that is refused, as if the host and a bidder sent them."""
    await sale.new_lot()
    auction = {"auctionId": sale.auction_id}
    prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
    text = f"{sale.lot}: said by nobody"
    said = [
        (JoinAuction.wire_name, auction),
        (PostComment.wire_name, auction | {"comment": text}),
        (PlaceBid.wire_name, auction | {"amount": MINIMUM + 60} | sale.this_round),
        (ChangeLot.wire_name, auction | {"product": text} | prices),
    ]
    for user_id in (sale.host.user_id, sale.bidder.user_id):
        claims = _claims(sale, user_id)
        token = jwt.encode(claims, secrets.token_hex(32), algorithm=ALGORITHM)
        since = sale.everything_heard()
        tried = await attempt_token(sale.pool, {"token": token}, said, sale.patience_seconds)
        await sale.fence()
        heard = [
            frame.text
            for frame in since()
            if bid_of_amount(MINIMUM + 60)(frame)
            or (frame.name in {LotChanged.wire_name, NewComment.wire_name} and text in frame.text)
        ]
        judge.expect(
            not heard,
            "who was refused can act all the same",
            f"{tried.evidence}; the room heard {' '.join(heard)}",
        )


def _claims(sale: ProbeSale, user_id: int) -> dict[str, Any]:
    """What a good token of the user says."""
    claims: dict[str, Any] = jwt.decode(sale.mint(user_id), options={"verify_signature": False})
    return claims


def _signed(sale: ProbeSale, claims: dict[str, Any]) -> str:
    if sale.secret is None:
        raise CannotTry("it needs the secret of the tokens")
    return jwt.encode(claims, sale.secret, algorithm=ALGORITHM)
