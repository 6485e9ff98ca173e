"""One fault for each way to break a promise, and the words in which a run must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from baraka_cli.simulator.result import Promise
from baraka_cli.simulator.scenario import Scenario
from baraka_server.contract.client_events import AwardLot, LeaveAuction, PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain import decide as rules
from baraka_server.domain.events import Awarded, BidPlaced, StandingBid
from baraka_server.live.auctioneer import Auctioneer
from tests.support.clients.simulated import (
    AUCTION,
    CHAOS,
    EVENING,
    FIRST_BIDDER,
    HOST,
    NEIGHBOUR,
    ONLOOKER,
    STORM,
    VICTIM,
)
from tests.support.servers.broken_server import Listener, Said, Tamper, sound


@dataclass(frozen=True)
class Fault:
    name: str
    promise: Promise
    words: str
    """A pattern that the first breach fits."""
    tamper: Callable[[], Tamper] = lambda: sound
    rules: Callable[[], AbstractContextManager[Any]] = nullcontext
    scenario: Scenario = STORM


FAULTS: list[Fault] = []


def _wire(promise: Promise, words: str, scenario: Scenario = STORM) -> Any:
    def add(make: Callable[[], Tamper]) -> Callable[[], Tamper]:
        name = make.__name__.replace("_", " ")
        FAULTS.append(Fault(name, promise, words, tamper=make, scenario=scenario))
        return make

    return add


def _rule(promise: Promise, words: str) -> Any:
    def add(broken: Callable[[], Any]) -> Callable[[], Any]:
        name = broken.__name__.replace("_", " ")
        FAULTS.append(Fault(name, promise, words, rules=contextmanager(broken)))
        return broken

    return add


# --- rules


def _deciding(kind: type, decide: Callable[[Any, Any, Any], Any]) -> Any:
    """Decide about one kind of ask by `decide(usual decision, state, event)`."""
    usual = rules.DECISIONS[kind]

    def decided(state: Any, ask: Any, event: Any, house: Any) -> Any:
        return decide(usual(state, ask, event, house), state, event)

    return patch.dict(rules.DECISIONS, {kind: decided})


def _too_low(decision: Any) -> bool:
    return isinstance(decision, Refusal) and decision.code is Code.BID_TOO_LOW


@_rule(Promise.BIDS_RISE, r"number \d+: a bid of (\d+) was accepted after one of \1$")
def equal_bids_are_both_accepted() -> Iterator[None]:
    def decide(decision: Any, state: Any, event: Any) -> Any:
        equal = _too_low(decision) and event.amount == state.high.amount
        return BidPlaced(event.amount) if equal else decision

    with _deciding(PlaceBid, decide):
        yield


@_rule(Promise.BIDS_RISE, r"number \d+: a bid of \d+ was accepted after one of \d+$")
def a_lower_bid_is_accepted() -> Iterator[None]:
    def decide(decision: Any, state: Any, event: Any) -> Any:
        lower = _too_low(decision) and event.amount < state.high.amount
        return BidPlaced(event.amount) if lower else decision

    with _deciding(PlaceBid, decide):
        yield


@_rule(
    Promise.AWARD_IS_HIGHEST, r"number \d+: awarded to user \d+ with \d+, but the highest is user"
)
def the_award_goes_to_the_second_highest() -> Iterator[None]:
    second: list[StandingBid | None] = [None]

    def bid(decision: Any, state: Any, _event: Any) -> Any:
        if isinstance(decision, BidPlaced):
            second[0] = state.high
        return decision

    def award(decision: Any, _state: Any, _event: Any) -> Any:
        return replace(decision, high=second[0]) if isinstance(decision, Awarded) else decision

    with _deciding(PlaceBid, bid), _deciding(AwardLot, award):
        yield


@_rule(Promise.AWARD_IS_HIGHEST, r"number \d+: awarded to nobody, but the highest is user \d+ with")
def the_award_goes_to_nobody() -> Iterator[None]:
    def award(decision: Any, _state: Any, _event: Any) -> Any:
        return replace(decision, high=None) if isinstance(decision, Awarded) else decision

    with _deciding(AwardLot, award):
        yield


@_rule(Promise.ROOMS_ARE_CLOSED, r"is not in the room and heard")
def who_leaves_stays_in_the_room() -> Iterator[None]:
    usual = Auctioneer.serve_member

    async def membership(self: Auctioneer, waiting: Any) -> Any:
        if not isinstance(waiting.event, LeaveAuction):
            return await usual(self, waiting)
        self.context.presence.leave(waiting.viewer, self.auction_id)
        count = self.context.presence.count(self.auction_id)
        return {"auctionId": self.auction_id, "userCount": count}

    with patch.object(Auctioneer, "serve_member", membership):
        yield


# --- the order


def _bid_number(said: Said) -> int | None:
    return said.data["seq"] if said.name == "newBid" else None


def _third_bid() -> Callable[[Said], bool]:
    """Whether this is the third bid that anybody is told of, for all who are told of it."""
    seen: list[int] = []

    def is_it(said: Said) -> bool:
        seq = _bid_number(said)
        if seq is not None and seq not in seen:
            seen.append(seq)
        return seq is not None and seen.index(seq) == 2

    return is_it


def _without(missed: list[Any], is_it: Callable[[Said], bool]) -> list[Any]:
    return [one for one in missed if not is_it(Said(one["event"], one["data"]))]


def _swapping(whom: Callable[[Listener], bool]) -> Tamper:
    """Bids arrive after what followed them."""
    held: dict[Listener, list[Said]] = {}

    def tamper(to: Listener, said: Said) -> list[Said]:
        if not whom(to) or said.answers or said.name in {"error", "userCountUpdate"}:
            return [said]
        if to in held:
            return [said, *held.pop(to)]
        if said.name == "newBid":
            held[to] = [said]
            return []
        return [said]

    return tamper


@_wire(Promise.ONE_ORDER, r"heard number \d+ of auction 1 after number \d+")
def announcements_are_reordered() -> Tamper:
    return _swapping(lambda to: True)


@_wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* heard number \d+ of auction 1 after number \d+")
def announcements_are_reordered_for_one_viewer() -> Tamper:
    return _swapping(lambda to: to.user_id == VICTIM)


@_wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* heard number (\d+) of auction 1 after number \1")
def an_announcement_is_told_twice() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        return [said, said] if said.name == "newBid" and to.user_id == VICTIM else [said]

    return tamper


@_wire(
    Promise.ONE_ORDER, r"number \d+ is bid \d+ of \d+ by user \d+ for some and bid .* for others"
)
def one_viewer_is_told_another_amount() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid" and to.user_id == VICTIM:
            row = said.data["newBid"]
            return [said.saying(newBid=row | {"bid": row["bid"] + 1})]
        return [said]

    return tamper


@_wire(
    Promise.ONE_ORDER, r"number \d+ is comment \d+ by user \d+ for some and comment .* for others"
)
def one_viewer_is_told_another_comment() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "newComment" and to.user_id == VICTIM:
            row = said.data["newComment"]
            return [said.saying(newComment=row | {"comment": row["comment"] + "!"})]
        return [said]

    return tamper


@_wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* resumed behind number \d+ and was told up to")
def one_viewer_never_gets_what_it_missed() -> Tamper:
    is_third = _third_bid()

    def tamper(to: Listener, said: Said) -> list[Said]:
        third = is_third(said)
        if to.user_id != VICTIM:
            return [said]
        if (said.answers == "joinAuction" or said.name == "auctionState") and "missed" in said.data:
            return [said.saying(missed=_without(said.data["missed"], is_third))]
        return [] if third else [said]

    return tamper


@_wire(Promise.ONE_ORDER, r"^viewer 2 \(user 9\).* heard nothing of auction 1 after number \d+")
def one_viewer_does_not_hear_the_end() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "auctionFinished" and to.user_id == VICTIM else [said]

    return tamper


@_wire(Promise.ONE_ORDER, r"resumed behind number \d+ and was told up to \d+", CHAOS)
def resumes_leave_a_gap() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if isinstance(said.data, dict) and said.data.get("missed"):
            return [said.saying(missed=said.data["missed"][1:])]
        return [said]

    return tamper


# --- bids and their answers


@_wire(
    Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"bid \d+ of \d+, acknowledged with number \d+.* never came"
)
def an_acknowledged_bid_is_told_to_nobody() -> Tamper:
    is_third = _third_bid()

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if isinstance(said.data, dict) and said.data.get("missed"):
            return [said.saying(missed=_without(said.data["missed"], is_third))]
        return [] if is_third(said) else [said]

    return tamper


@_wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"acknowledged with number \d+ of 1, was not announced")
def a_bid_is_acknowledged_that_was_not_taken() -> Tamper:
    last = [0]

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if not said.answers and isinstance(said.data.get("seq"), int):
            last[0] = max(last[0], said.data["seq"])
        if said.answers == "placeBid" and said.data.get("code") == Code.BID_TOO_LOW:
            lie = {"auctionId": AUCTION, "seq": last[0], "bidId": 1, "round": 1}
            return [replace(said, data={"ok": True} | lie)]
        return [said]

    return tamper


@_wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"endAuction, acknowledged with number \d+ of 1, never")
def the_end_is_told_to_nobody() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "auctionFinished" else [said]

    return tamper


@_wire(
    Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"comment, acknowledged with number \d+ of 1, was not ann"
)
def comments_are_told_with_other_words() -> Tamper:
    return rewording("?")


@_wire(Promise.ACKNOWLEDGED_IS_ANNOUNCED, r"was acknowledged 1 times and announced 0 times")
def a_bid_is_acknowledged_without_a_number() -> Tamper:
    return _refusing(
        lambda said: {"ok": True} if said.data.get("code") == Code.BID_TOO_LOW else None
    )


@_wire(
    Promise.REFUSED_STAYS_REFUSED, r"was announced 1 times; 0 accepted|0 were accepted, 1 refused"
)
def an_announced_bid_is_answered_with_a_refusal() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "placeBid" and said.data["ok"]:
            no = {"ok": False, "code": "no_lot"}
            text = "There is no product to bid on at the moment"
            return [replace(said, data=no | {"message": text})]
        return [said]

    return tamper


def _refusing(change: Callable[[Said], dict[str, Any] | None]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "placeBid":
            return [replace(said, data=change(said) or said.data)]
        return [said]

    return tamper


@_wire(
    Promise.REFUSALS_ARE_RIGHT, r"placeBid was refused in words that are not documented: Too low"
)
def a_refusal_has_words_of_its_own() -> Tamper:
    return _refusing(
        lambda said: (
            said.data | {"message": "Too low"} if said.data.get("code") == "bid_too_low" else None
        )
    )


@_wire(Promise.REFUSALS_ARE_RIGHT, r"'error' has words that are not documented: Too low")
def an_error_has_words_of_its_own() -> Tamper:
    return _changing(
        "error",
        lambda data: data | {"message": "Too low"} if data.get("code") == "bid_too_low" else data,
    )


@_wire(Promise.REFUSALS_ARE_RIGHT, r"was refused \d+ times and heard 0 errors")
def whoever_is_refused_hears_no_error() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "error" else [said]

    return tamper


@_wire(Promise.REFUSALS_ARE_RIGHT, r"a bid of \d+ was refused because of \d+, which never stood")
def a_refusal_names_an_amount_that_never_stood() -> Tamper:
    text = "Bid must be higher than the current bid (1999999999)"
    return _refusing(
        lambda said: (
            said.data | {"message": text} if said.data.get("code") == "bid_too_low" else None
        )
    )


@_wire(Promise.REFUSALS_ARE_RIGHT, r"a bid of \d+ was refused with 'Bid must be higher .*\(\d+\)'")
def a_bid_is_refused_that_is_high_enough() -> Tamper:
    def change(said: Said) -> dict[str, Any] | None:
        if said.data.get("code") != "bid_too_low":
            return None
        less = said.asked["amount"] - 1
        return said.data | {"message": f"Bid must be higher than the current bid ({less})"}

    return _refusing(change)


@_wire(Promise.REFUSALS_ARE_RIGHT, r"^a bid of .* was accepted$", EVENING)
def nonsense_is_accepted() -> Tamper:
    return _refusing(
        lambda said: (
            {"ok": True, "auctionId": AUCTION} if said.data.get("code") == "malformed" else None
        )
    )


@_wire(Promise.REFUSALS_ARE_RIGHT, r"placeBid with .* was refused as 'Invalid payload", STORM)
def a_good_bid_is_called_malformed() -> Tamper:
    text = "Invalid payload: amount is missing"
    return _refusing(
        lambda said: (
            said.data | {"code": "malformed", "message": text}
            if said.data.get("code") == "bid_too_low"
            else None
        )
    )


def rewording(more: str) -> Tamper:
    """Every comment has other words, wherever it is told."""

    def reworded(value: Any) -> Any:
        if isinstance(value, list):
            return [reworded(item) for item in value]
        if not isinstance(value, dict):
            return value
        fields = {name: reworded(item) for name, item in value.items()}
        return fields | ({"comment": value["comment"] + more} if "comment" in value else {})

    return lambda _to, said: [replace(said, data=reworded(said.data))]


# --- lists and states


def _listing(event: str, field: str, change: Callable[[list[Any]], list[Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        listed = said.data.get(field) if said.name == event else None
        if not listed or len(listed) < 3:
            return [said]
        return [said.saying(**{field: change(listed)})]

    return tamper


@_wire(
    Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place|the bids are \d+, but \d+"
)
def a_list_misses_a_bid() -> Tamper:
    return _listing("newBid", "auctionBids", lambda rows: [rows[0], *rows[2:]])


@_wire(
    Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place|the bids are \d+, but \d+"
)
def a_list_has_a_bid_twice() -> Tamper:
    return _listing("newBid", "auctionBids", lambda rows: [rows[0], *rows])


@_wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the bids are wrong at place 1")
def a_list_is_oldest_first() -> Tamper:
    return _listing("newBid", "auctionBids", lambda rows: rows[::-1])


@_wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: the comments are wrong at place 1")
def comments_are_newest_first() -> Tamper:
    return _listing("newComment", "comments", lambda rows: rows[::-1])


@_wire(Promise.LISTS_ARE_THE_FOLD, r"number \d+: bids stand after the award")
def the_bids_are_not_cleared() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name != "auctionEnded":
            return [said]
        auction = said.data["auction"] | {"Auction_bids": [said.data["winningBid"]]}
        return [said.saying(auction=auction)]

    return tamper


def _stating(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if (said.answers == "joinAuction" and said.data["ok"]) or said.name == "auctionState":
            return [replace(said, data=said.data | change(said.data))]
        return [said]

    return tamper


@_wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: the bids are .* by what was announced")
def joiners_are_not_told_of_a_bid() -> Tamper:
    return _stating(lambda state: {"auctionBids": state["auctionBids"][1:]})


@_wire(
    Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: the comments are .* by what was announced"
)
def joiners_are_not_told_of_a_comment() -> Tamper:
    return _stating(lambda state: {"auctionComments": state["auctionComments"][1:]})


@_wire(Promise.ANNOUNCED_IS_KEPT, r"'Brooch' is on the block, but '.*' was announced")
def joiners_are_shown_another_product() -> Tamper:
    def change(state: dict[str, Any]) -> dict[str, Any]:
        up = state["auction"]["current_product"] is not None
        return {"auction": state["auction"] | {"current_product": "Brooch"}} if up else {}

    return _stating(change)


# --- who hears what


def _leaking(event: str, whom: int) -> Tamper:
    """What the host hears is told to somebody else too."""
    leaked: set[str] = set()

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == event and said.text not in leaked and said.data["auctionId"] == AUCTION:
            leaked.add(said.text)
            for other in to.owner.listeners:
                if other.user_id == whom:
                    to.owner.tells(other, said)
        return [said]

    return tamper


@_wire(Promise.ROOMS_ARE_CLOSED, r"^passer-by 1 \(user 60\).* is not in the room and heard newBid")
def bids_are_heard_next_door() -> Tamper:
    return _leaking("newBid", NEIGHBOUR)


@_wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard newComment"
)
def comments_are_heard_outside() -> Tamper:
    return _leaking("newComment", ONLOOKER)


@_wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard its count"
)
def counts_are_heard_outside() -> Tamper:
    return _leaking("userCountUpdate", ONLOOKER)


@_wire(
    Promise.ROOMS_ARE_CLOSED, r"^passer-by 2 \(user 59\).* is not in the room and heard its state"
)
def states_are_heard_outside() -> Tamper:
    """What a joiner is answered is told to somebody else as well."""

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction" and said.data["ok"]:
            state = {name: value for name, value in said.data.items() if name != "ok"}
            for other in to.owner.listeners:
                if other.user_id == ONLOOKER:
                    to.owner.tells(other, Said("auctionState", state))
        return [said]

    return tamper


def _overhearing(whom: int) -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "error" and to.user_id != whom:
            for other in to.owner.listeners:
                if other.user_id == whom:
                    to.owner.tells(other, said)
        return [said]

    return tamper


@_wire(
    Promise.ROOMS_ARE_CLOSED, r"^viewer 2 \(user 9\).* asked nothing and heard what somebody else"
)
def a_viewer_hears_what_others_are_refused() -> Tamper:
    return _overhearing(VICTIM)


@_wire(
    Promise.ROOMS_ARE_CLOSED, r"^bidder 1 \(user 2\).* (heard \d+ errors: some were|asked nothing)"
)
def a_bidder_hears_what_others_are_refused() -> Tamper:
    return _overhearing(FIRST_BIDDER)


@_wire(Promise.COUNTS_AGREE, r"auction 1, after 1 left: the count is \d+, and \d+ are there")
def the_count_forgets_who_left() -> Tamper:
    most = [0]

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate" and said.data["auctionId"] == AUCTION:
            most[0] = max(most[0], said.data["userCount"])
            return [said.saying(userCount=most[0])]
        return [said]

    return tamper


# On its way up, a count that is one too many is right for a moment: it may be found only later.
@_wire(
    Promise.COUNTS_AGREE,
    r"auction 1, (when everybody was in|before the end|after \d+ left): "
    r"the count is \d+, and \d+ are there",
)
def the_count_is_one_too_many() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "userCountUpdate" and said.data["userCount"] > 3:
            return [said.saying(userCount=said.data["userCount"] + 1)]
        return [said]

    return tamper


# --- payloads


def _changing(event: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [replace(said, data=change(said.data))] if said.name == event else [said]

    return tamper


def _leaving_out(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: {key: value for key, value in data.items() if key != name}


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: round: Field required")
def a_bid_has_no_round() -> Tamper:
    return _changing("newBid", _leaving_out("round"))


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid, a row of auctionBids: createdAt: Field required")
def a_row_of_a_list_has_no_time() -> Tamper:
    without = _leaving_out("createdAt")
    return _listing("newBid", "auctionBids", lambda rows: [*rows[:-1], without(rows[-1])])


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^auction_change_product: minBidPrice: Input should be a")
def a_price_is_text() -> Tamper:
    return _changing("auction_change_product", lambda data: data | {"minBidPrice": "100"})


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^auctionFinished: message: Field required")
def the_end_has_no_message() -> Tamper:
    return _changing("auctionFinished", _leaving_out("message"))


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: newBid.user: Field required")
def a_bid_has_no_user() -> Tamper:
    without = _leaving_out("user")
    return _changing("newBid", lambda data: data | {"newBid": without(data["newBid"])})


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: newBid.user: user 1 stands beside user_id \d+$")
def a_bid_is_shown_under_the_name_of_another() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [_user(said, id=HOST) if said.name == "newBid" else said]

    return tamper


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"'bidPlaced' is no documented event")
def an_event_has_another_name() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        extra = [replace(said, name="bidPlaced")] if said.name == "newBid" else []
        return [said, *extra]

    return tamper


@_wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"joinAuction.*: userCount: Field required")
def the_answer_to_a_join_has_no_count() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction":
            return [replace(said, data=_leaving_out("userCount")(said.data))]
        return [said]

    return tamper


def _user(said: Said, **fields: Any) -> Said:
    row = said.data["newBid"]
    return said.saying(newBid=row | {"user": row["user"] | fields})


@_wire(Promise.SECRETS_STAY, r"^newBid: the one-time code of user \d+ is in it")
def a_one_time_code_is_told() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [_user(said, otpCode="123456") if said.name == "newBid" else said]

    return tamper


@_wire(Promise.SECRETS_STAY, r"^newBid: the whole phone number of user \d+ is in it")
def a_whole_phone_number_is_told() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [_user(said, number="+20100000042") if said.name == "newBid" else said]

    return tamper


@_wire(Promise.SECRETS_STAY, r"joinAuction.*: the one-time code of user \d+ is in it")
def a_joiner_is_told_a_one_time_code() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "joinAuction" and said.data.get("auctionBids"):
            rows = said.data["auctionBids"]
            user = rows[0]["user"] | {"otpCode": "123456"}
            return [said.saying(auctionBids=[rows[0] | {"user": user}, *rows[1:]])]
        return [said]

    return tamper


@_wire(Promise.AWARD_IS_HIGHEST, r"the winning bid is user \d+'s, but the winning user is 1$")
def the_winning_user_is_not_the_winning_bidder() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"winningUser": data["winningUser"] | {"id": HOST}}

    return _changing("auctionEnded", change)
