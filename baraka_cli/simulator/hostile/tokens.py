"""Tokens that must let nobody in, and what is sent behind a refusal."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt

from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.knocking import Door, knock
from baraka_cli.simulator.hostile.signs import bid_of_amount
from baraka_cli.simulator.hostile.stage import MINIMUM, Stage
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
    stage: Stage, judge: Judge, auth: dict[str, Any], *, let_in: str, code: Code, kind: str
) -> None:
    """The guide: `error` with its text, and the connection is closed at once."""
    join = (JoinAuction.wire_name, {"auctionId": stage.auction_id})
    door = await knock(stage.pool, auth, [join], stage.patience_seconds)
    judge.expect(not door.let_in, let_in, door.evidence)
    if not door.let_in:
        _look_at_refusal(judge, door, code, kind)


def _look_at_refusal(judge: Judge, door: Door, code: Code, kind: str) -> None:
    told = "apps are not told why they are sent away, and try again for ever"
    judge.expect(bool(door.refused), told, door.evidence)
    judge.expect(
        door.refused in {"", TEXTS[code]},
        f"apps that look for '{TEXTS[code]}' are told something else",
        door.evidence,
    )
    judge.expect(door.closed, f"who comes with {kind} may stay connected", door.evidence)


async def no_token(stage: Stage, judge: Judge) -> None:
    await _must_be_sent_away(
        stage,
        judge,
        {},
        let_in="anybody gets in without a token",
        code=Code.NO_TOKEN,
        kind="no token",
    )


async def expired_token(stage: Stage, judge: Judge) -> None:
    now = int(time.time())
    claims = _claims(stage, stage.bidder.user_id) | {"iat": now - 7200, "exp": now - 3600}
    await _must_be_sent_away(
        stage,
        judge,
        {"token": _signed(stage, claims)},
        let_in="an expired token lets somebody in",
        code=Code.INVALID_TOKEN,
        kind="an expired token",
    )


async def forged_token(stage: Stage, judge: Judge) -> None:
    """Signed with another secret; and a good one with somebody else's id put into it."""
    claims = _claims(stage, stage.host.user_id)
    stranger = jwt.encode(claims, secrets.token_hex(32), algorithm=ALGORITHM)
    head, _, signature = stage.mint(stage.bidder.user_id).split(".")
    altered = ".".join((head, stranger.split(".")[1], signature))
    for token in (stranger, altered):
        await _must_be_sent_away(
            stage,
            judge,
            {"token": token},
            let_in="anybody can make a token that lets in as anybody",
            code=Code.INVALID_TOKEN,
            kind="a forged token",
        )


async def unsigned_token(stage: Stage, judge: Judge) -> None:
    claims = _claims(stage, stage.host.user_id)
    await _must_be_sent_away(
        stage,
        judge,
        {"token": jwt.encode(claims, "", algorithm="none")},
        let_in="anybody gets in as anybody with a token that nobody signed",
        code=Code.INVALID_TOKEN,
        kind="an unsigned token",
    )


async def claimless_token(stage: Stage, judge: Judge) -> None:
    """Without an end; and without a user."""
    claims = _claims(stage, stage.bidder.user_id)
    endless = {name: value for name, value in claims.items() if name != "exp"}
    nobody = {name: value for name, value in claims.items() if name not in SUBJECTS}
    for less, let_in, kind in (
        (endless, "a token without an end lets somebody in for ever", "a token without an end"),
        (nobody, "a token that names nobody lets somebody in", "a token that names nobody"),
    ):
        await _must_be_sent_away(
            stage,
            judge,
            {"token": _signed(stage, less)},
            let_in=let_in,
            code=Code.INVALID_TOKEN,
            kind=kind,
        )


async def unknown_user(stage: Stage, judge: Judge) -> None:
    """A good token of a user who does not exist: such a one may watch, and not bid (D4)."""
    if stage.secret is None:
        raise CannotTry("it needs the secret of the tokens")
    await stage.new_lot()
    claims = _claims(stage, stage.bidder.user_id)
    name = next(one for one in SUBJECTS if one in claims)
    nobody = INT_MAX if isinstance(claims[name], int) else str(INT_MAX)
    bid = {"auctionId": stage.auction_id, "amount": MINIMUM + 40, **stage.this_round}
    join = (JoinAuction.wire_name, {"auctionId": stage.auction_id})
    auth = {"token": _signed(stage, claims | {name: nobody})}
    since = stage.everything_heard()
    door = await knock(stage.pool, auth, [join, (PlaceBid.wire_name, bid)], stage.patience_seconds)
    await stage.fence()
    judge.expect(
        not any(map(bid_of_amount(MINIMUM + 40), since())),
        "a bid was accepted of a user who does not exist",
        door.evidence,
    )


async def after_refusal(stage: Stage, judge: Judge) -> None:
    """Events right behind a token that is refused, as if the host and a bidder sent them."""
    await stage.new_lot()
    auction = {"auctionId": stage.auction_id}
    prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
    text = f"{stage.lot}: said by nobody"
    said = [
        (JoinAuction.wire_name, auction),
        (PostComment.wire_name, auction | {"comment": text}),
        (PlaceBid.wire_name, auction | {"amount": MINIMUM + 60} | stage.this_round),
        (ChangeLot.wire_name, auction | {"product": text} | prices),
    ]
    for user_id in (stage.host.user_id, stage.bidder.user_id):
        claims = _claims(stage, user_id)
        token = jwt.encode(claims, secrets.token_hex(32), algorithm=ALGORITHM)
        since = stage.everything_heard()
        door = await knock(stage.pool, {"token": token}, said, stage.patience_seconds)
        await stage.fence()
        heard = [
            frame.text
            for frame in since()
            if bid_of_amount(MINIMUM + 60)(frame)
            or (frame.name in {LotChanged.wire_name, NewComment.wire_name} and text in frame.text)
        ]
        judge.expect(
            not heard,
            "who was refused can act all the same",
            f"{door.evidence}; the room heard {' '.join(heard)}",
        )


def _claims(stage: Stage, user_id: int) -> dict[str, Any]:
    """What a good token of the user says."""
    claims: dict[str, Any] = jwt.decode(stage.mint(user_id), options={"verify_signature": False})
    return claims


def _signed(stage: Stage, claims: dict[str, Any]) -> str:
    if stage.secret is None:
        raise CannotTry("it needs the secret of the tokens")
    return jwt.encode(claims, stage.secret, algorithm=ALGORITHM)
