"""A whole evening on paper: every command, its answer, and what a repetition of it gets (D23)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.model import (
    bidding,
    block,
    clock,
    hammer,
    lots,
    maxima,
    people,
    phase,
    registration,
    winnings,
)
from tests.support.model.hammer import of_auction
from tests.support.model.notes import Entry, Facts, Refused, Said, SoAlready
from tests.support.model.order import Rule
from tests.support.model.sale import Sale

RULES: dict[str, Rule] = {
    **phase.RULES,
    **bidding.RULES,
    **hammer.RULES,
    **lots.RULES,
    **block.RULES,
    **clock.RULES,
    **people.RULES,
    **maxima.RULES,
    **registration.RULES,
    **winnings.RULES,
}

WITHOUT_ROUND = {*phase.RULES}
"""Commands that know no `round`: it is ignored as all unknown fields are (D16)."""


@dataclass
class Answer:
    """What a command is answered: a code, "ok" where it is accepted, and values beside it."""

    code: str
    values: Facts
    entry: Entry | None = None
    """Its own entry, for one that wrote any."""


class Evening:
    """The sale, and the commands that were answered in it, by sender and `requestId`."""

    def __init__(self, sale: Sale) -> None:
        self.sale = sale
        self.answered: dict[tuple[int, str], tuple[Any, Answer]] = {}

    def hears(self, said: Said) -> tuple[Answer, bool]:
        """The answer to a command, and whether it is that of an earlier one."""
        key = (said.who, said.get("requestId") or "")
        unread = {"requestId"} | ({"round"} if said.name in WITHOUT_ROUND else set())
        body = (said.name, {name: said.get(name) for name in said.payload if name not in unread})
        if key[1] and key in self.answered:
            first, answer = self.answered[key]
            if said.name == "setMaximumBid" == first[0] and answer.code != "ok":
                first[1]["amount"] = said.payload["amount"]  # no amount is kept of a refusal
            return (answer, True) if first == body else (Answer("request_id_reused", {}), False)
        answer = self._answer(said)
        if key[1] and answer.code != "not_joined":
            self.answered[key] = (body, answer)
        return answer, False

    def _answer(self, said: Said) -> Answer:
        sale = self.sale
        try:
            entry = RULES[said.name](sale, said)
        except Refused as refused:
            return Answer(refused.code, refused.values)
        except SoAlready:
            return Answer("ok", {"changed": False, "seq": sale.seq, "round": sale.round})
        seq = 1 + next(n for n, one in enumerate(sale.ledger) if one is entry)
        return Answer("ok", {"seq": seq, "round": entry.round}, entry)

    def state(self, user: int) -> Facts:
        """The whole state, as it is told to a user who joins."""
        sale = self.sale
        lot = sale.open
        bidding_ = "closed" if sale.clock and sale.clock.is_out(sale.now) else "open"
        return {
            "event": "auctionState",
            "seq": sale.seq,
            "round": sale.round,
            "auction": of_auction(sale),
            "auctionBids": sale.of_bids(),
            "auctionComments": sale.of_comments(),
            "nextBid": sale.next_bid(),
            "reserveMet": sale.reserve_met,
            "registration": "approval" if sale.by_approval else "open",
            "registered": user in sale.registered,
            "limit": sale.registered.get(user),
            "maxima": sale.takes_maxima,
            "maximum": own.amount if (own := sale.maximum(user)) else None,
            "clock": sale.of_clock(),
            "bidding": "paused" if sale.paused else bidding_,
            "slowMode": sale.slow,
            "lot": lot
            and {
                "lotId": lot.id,
                "lotNumber": lot.number,
                "product": lot.product,
                "description": lot.description,
                "weight": lot.weight,
                "imageUrl": lot.image,
            },
            "lotsVersion": sale.lots_version,
            "role": sale.role(user),
            "paddle": sale.paddle(user),
        }
