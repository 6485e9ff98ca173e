"""The proof without sockets: what phones hear goes in, what is found comes out.

Any legal sale, heard by viewers who lose their connection and resume, breaks no promise; changing one
announcement does.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.seats import Seat

AUCTION = 1
TIME = "2026-01-01T00:00:00.000Z"
TIMES = {"createdAt": TIME, "updatedAt": TIME}
WHO = {"name": "Dina", "type": "Normal", "category_id": None, "number": "••••••42", "otpCode": None}
RECORD: dict[str, Any] = {
    "id": AUCTION,
    "title": "Gold",
    "description": "",
    "type": "Live",
    "current_product": None,
    "product_description": None,
    "actualPrice": 0,
    "minBidPrice": 0,
    "bidPrice": 0,
    "quantity": 1,
    "expiryDate": TIME,
    "startDate": None,
    "isLive": True,
    "isExpired": False,
    "isCanceled": False,
    "isEnded": False,
    "image_url": "",
    "user_id": 1,
    "winning_user_id": None,
    "category_id": 1,
    **TIMES,
}

Told = tuple[str, dict[str, Any]]


class Sale:
    """A sound server's announcements, and the state after each."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.states: list[dict[str, Any]] = []
        self._auction = RECORD
        self._bids: list[dict[str, Any]] = []
        self._comments: list[dict[str, Any]] = []
        self._round = 0
        self._keep_state()

    def lot(self, minimum: int) -> None:
        self._round += 1
        lot = {"product": f"lot {self._round}", "bidPrice": minimum, "actualPrice": 9}
        lot["minBidPrice"] = minimum
        prices = {name: lot[name] for name in ("minBidPrice", "bidPrice", "actualPrice")}
        self._auction = self._auction | prices | {"current_product": lot["product"]}
        self._bids = []
        self._tell("auction_change_product", lot | {"round": self._round})

    def bid(self, user_id: int, more: int) -> None:
        if self._auction["current_product"] is None:
            return
        top = self._bids[0]["bid"] if self._bids else self._auction["minBidPrice"]
        row = self._row(user_id) | {"bid": top + more}
        self._bids = [row, *self._bids]
        self._tell("newBid", {"newBid": row, "auctionBids": self._bids, "round": self._round})

    def comment(self, user_id: int, text: str) -> None:
        row = self._row(user_id) | {"comment": text}
        self._comments = [*self._comments, row]
        self._tell("newComment", {"newComment": row, "comments": self._comments})

    def award(self) -> None:
        if self._auction["current_product"] is None:
            return
        won = self._bids[0] if self._bids else None
        self._bids, self._comments = [], []
        prices = dict.fromkeys(("minBidPrice", "bidPrice", "actualPrice"), 0)
        winner_id = won["user_id"] if won else self._auction["winning_user_id"]
        lot = {"current_product": None, "winning_user_id": winner_id}
        self._auction = self._auction | prices | lot
        lists = {"Auction_bids": [], "Auction_comments": []}
        winner = won["user"] if won else None
        fields = {"auction": self._auction | lists, "winningBid": won, "winningUser": winner}
        self._tell("auctionEnded", fields)

    def entry(self) -> None:
        """Something that the room is not told of (D56)."""
        self._tell("auctionEntry", {})

    def _row(self, user_id: int) -> dict[str, Any]:
        user = {"id": user_id, **WHO, **TIMES}
        number = 100 + len(self.told)
        return {"id": number, "auction_id": AUCTION, "user_id": user_id, "user": user, **TIMES}

    def _tell(self, name: str, fields: dict[str, Any]) -> None:
        common = {"auctionId": AUCTION, "seq": len(self.told) + 1, "serverTime": TIME}
        self.told.append((name, fields | common))
        self._keep_state()

    def _keep_state(self) -> None:
        self.states.append(
            {
                "auctionId": AUCTION,
                "seq": len(self.told),
                "serverTime": TIME,
                "auction": self._auction,
                "auctionBids": self._bids,
                "auctionComments": self._comments,
                "userCount": 1,
                "round": self._round,
            }
        )


USERS = st.integers(2, 5)
STEPS = st.one_of(
    st.tuples(st.just("lot"), st.integers(1, 50)),
    st.tuples(st.just("bid"), USERS, st.integers(1, 9)),
    st.tuples(st.just("bid"), USERS, st.integers(1, 9)),
    st.tuples(st.just("comment"), USERS, st.text("ab💍<", min_size=1, max_size=3)),
    st.tuples(st.just("award")),
    st.tuples(st.just("entry")),
)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    sale = Sale()
    sale.lot(5)
    for name, *values in draw(st.lists(STEPS, min_size=1, max_size=25)):
        getattr(sale, name)(*values)
    sale.award()
    return sale


def enters(proof: Proof, seat: Seat, state: dict[str, Any], missed: list[Told] | None) -> None:
    proof.joining(seat, AUCTION, resumes=missed is not None)
    said = state | {"ok": True}
    if missed is not None:
        told = [{"event": name, "data": data} for name, data in missed]
        said |= {"missed": told, "missedComplete": True}
    proof.joined(seat, AUCTION, Reply(True, said))


def hears(proof: Proof, seat: Seat, told: Told) -> None:
    text = "42" + json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    proof.heard(seat, proof.frames.of(text))


def is_heard(sale: Sale, absences: list[tuple[int, int]]) -> Proof:
    """By one viewer who hears everything, and some who are away for a while and resume."""
    proof = Proof(lambda: 0.0)
    proof.numbered = True
    always, others = Seat("always"), [Seat(f"viewer {n}") for n in range(len(absences))]
    for seat in (always, *others):
        enters(proof, seat, sale.states[0], None)
    for number, told in enumerate(sale.told, 1):
        hears(proof, always, told)
        for seat, (away, back) in zip(others, absences, strict=True):
            if not away <= number < back:
                hears(proof, seat, told)
            if number == back - 1 and away < back:
                missed = sale.told[away - 1 : number]
                enters(proof, seat, sale.states[number], missed)
    late = Seat("late")
    enters(proof, late, sale.states[-1], None)
    proof.finish([always, *others, late])
    return proof


def broken(proof: Proof) -> list[str]:
    return [f"{one.promise}: {one.first[0].what}" for one in proof.findings.values() if one.broken]


def away(sale: Sale, draws: list[tuple[int, int]]) -> list[tuple[int, int]]:
    length = len(sale.told)
    return [(min(a, length), min(max(a, b), length) + 1) for a, b in draws]


AWAY = st.lists(st.tuples(st.integers(1, 25), st.integers(1, 25)), max_size=3)


@given(sales(), AWAY)
@settings(max_examples=150, deadline=None)
def test_a_legal_sale_breaks_no_promise_whoever_drops_and_resumes(sale, absences):
    assert broken(is_heard(sale, away(sale, absences))) == []


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where everything stands in a payload that is neither a list nor an object."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves_of(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for at, item in enumerate(value) for leaf in leaves_of(item, (*path, at))]
    return [path]


@given(sales(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_missing_field_of_one_announcement_breaks_one(sale, data):
    number = data.draw(st.integers(0, len(sale.told) - 1))
    name, fields = json.loads(json.dumps(sale.told[number]))
    *way, last = data.draw(st.sampled_from(leaves_of(fields)))
    place = fields
    for step in way:
        place = place[step]
    assume(isinstance(place, dict))
    del place[last]
    sale.told[number] = (name, fields)
    assert broken(is_heard(sale, []))


@given(sales(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_field_that_the_contract_does_not_have_breaks_one_wherever_it_stands(sale, data):
    number = data.draw(st.integers(0, len(sale.told) - 1))
    name, fields = json.loads(json.dumps(sale.told[number]))
    place = fields
    for step in data.draw(st.sampled_from(leaves_of(fields)))[:-1]:
        place = place[step]
    assume(isinstance(place, dict))
    place["commission"] = 15
    sale.told[number] = (name, fields)
    assert broken(is_heard(sale, []))


@given(sales(), st.data())
@settings(max_examples=100, deadline=None)
def test_an_announcement_that_is_lost_told_twice_or_out_of_order_breaks_one(sale, data):
    number = data.draw(st.integers(0, len(sale.told) - 2))
    change = data.draw(st.sampled_from(["lost", "twice", "late"]))
    told = sale.told
    if change == "lost":
        sale.told = told[:number] + told[number + 1 :]
    elif change == "twice":
        sale.told = told[: number + 1] + told[number:]
    else:
        sale.told = [*told[:number], told[number + 1], told[number], *told[number + 2 :]]
    sale.states += [sale.states[-1]]
    assert broken(is_heard(sale, []))


def test_a_number_that_nobody_heard_is_named():
    sale = Sale()
    sale.lot(5)
    sale.bid(2, 1)
    sale.bid(3, 1)
    sale.award()
    del sale.told[1]
    assert broken(is_heard(sale, [])) == ["one_order: auction 1: number 2 was heard by nobody"]


@given(sales(), st.data())
@settings(max_examples=100, deadline=None)
def test_another_amount_bidder_or_winner_in_one_announcement_breaks_one(sale, data):
    bids = [at for at, (name, _) in enumerate(sale.told) if name == "newBid"]
    assume(bids)
    number = data.draw(st.sampled_from(bids))
    name, fields = json.loads(json.dumps(sale.told[number]))
    field = data.draw(st.sampled_from(["bid", "user_id", "id"]))
    fields["newBid"][field] += data.draw(st.sampled_from([-1, 1]))
    sale.told[number] = (name, fields)
    assert broken(is_heard(sale, []))


def test_what_a_joiner_is_told_says_nothing_of_when_it_became_so():
    """A bid whose own answer was lost, a refusal for it, and somebody who joins behind both."""
    sale, proof, seat = Sale(), Proof(lambda: now), Seat("bidder")
    now, proof.numbered = 1.0, True
    sale.lot(5)
    enters(proof, seat, sale.states[1], None)
    asked = proof.asks(seat, 3, "placeBid", {"auctionId": AUCTION, "amount": 6})
    sale.bid(2, 1)
    text = "Bid must be higher than the current bid (6)"
    no = Reply(False, {"ok": False, "code": "bid_too_low", "message": text})
    proof.answered(seat, asked, no, in_vain=False)
    now = 2.0
    late = Seat("late")
    join = proof.asks(late, 4, "joinAuction", {"auctionId": AUCTION})
    proof.answered(late, join, Reply(True, sale.states[2] | {"ok": True}), in_vain=False)
    hears(proof, seat, sale.told[1])
    proof.reasons.later.finish()
    assert broken(proof) == []
