"""Faults of fields: in acknowledgements, in states, in rows that were told before, at one viewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baraka_cli.simulator.result import Promise
from tests.simulator.faults.kinds import changing, leaving_out, listing, stating, user, wire
from tests.support.clients.simulated import HOST, VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper

Change = Callable[[dict[str, Any]], dict[str, Any]]


def _answering(event: str, change: Change) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == event and said.data["ok"]:
            return [said.saying(**change(said.data))]
        return [said]

    return tamper


def _for_the_victim(event: str, change: Change) -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == event and to.user_id == VICTIM:
            return [said.saying(**change(said.data))]
        return [said]

    return tamper


# --- acknowledgements


@wire(Promise.SECRETS_STAY, r"^the answer to placeBid: the one-time code of user \d+ is in it")
def an_answer_has_a_one_time_code() -> Tamper:
    return _answering("placeBid", lambda _: {"user": {"id": 3, "otpCode": "123456"}})


@wire(Promise.SECRETS_STAY, r"^the answer to comment: the whole phone number of user \d+ is in it")
def an_answer_has_a_whole_phone_number() -> Tamper:
    return _answering("comment", lambda _: {"user": {"id": 3, "number": "+20100000042"}})


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^the answer to placeBid: seq: Input should be a valid int")
def the_number_in_an_answer_is_text() -> Tamper:
    return _answering("placeBid", lambda data: {"seq": str(data["seq"])})


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^the answer to placeBid of auction 1 speaks of auction 2")
def an_answer_speaks_of_another_auction() -> Tamper:
    return _answering("placeBid", lambda _: {"auctionId": 2})


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^the answer to joinAuction: auctionBids: Field required")
def the_answer_to_a_join_has_no_bids() -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        joins = said.answers == "joinAuction" and said.data["ok"]
        return [said.but(leaving_out("auctionBids")(said.data)) if joins else said]

    return tamper


# --- lists and users


@wire(Promise.PAYLOADS_ARE_DOCUMENTED, r"^newBid: .* reads lists, and auctionBids is missing")
def bids_come_without_the_list() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        plain = said.name == "newBid" and not to.delta
        return [said.but(leaving_out("auctionBids")(said.data)) if plain else said]

    return tamper


@wire(Promise.SECRETS_STAY, r"^newBid: user \d+ has the field 'phone', which the contract does not")
def a_user_has_a_phone() -> Tamper:
    return lambda _to, said: [user(said, phone="0100") if said.name == "newBid" else said]


@wire(Promise.SECRETS_STAY, r"^newBid: user \d+ has the field 'password', which the contract does")
def a_user_has_a_password() -> Tamper:
    return lambda _to, said: [user(said, password="$2b$…") if said.name == "newBid" else said]


@wire(
    Promise.SECRETS_STAY, r"^newBid: user \d+ has the field 'lastSeenAt', which the contract does"
)
def a_user_has_a_field_of_its_own() -> Tamper:
    return lambda _to, said: [user(said, lastSeenAt="…") if said.name == "newBid" else said]


@wire(Promise.SECRETS_STAY, r"^auctionEnded: winningUser|^auctionEnded: user \d+ has the field")
def the_winner_has_a_refresh_token() -> Tamper:
    return changing(
        "auctionEnded",
        lambda data: data | {"winningUser": data["winningUser"] | {"refreshToken": "…"}},
    )


@wire(Promise.SECRETS_STAY, r"^auction_change_product: the payload has the private field 'token'")
def a_lot_is_told_with_a_token() -> Tamper:
    return changing("auction_change_product", lambda data: data | {"token": "eyJ…"})


# --- the auction's row


@wire(
    Promise.ANNOUNCED_IS_KEPT, r"^auctionEnded: the auction has title 'Another', but '.*' by what"
)
def an_award_tells_of_an_auction_with_another_title() -> Tamper:
    return changing(
        "auctionEnded", lambda data: data | {"auction": data["auction"] | {"title": "Another"}}
    )


@wire(Promise.ANNOUNCED_IS_KEPT, r"number \d+: bidPrice is 120 after the award$")
def an_award_leaves_a_price_on_the_block() -> Tamper:
    return changing(
        "auctionEnded", lambda data: data | {"auction": data["auction"] | {"bidPrice": 120}}
    )


@wire(Promise.ANNOUNCED_IS_KEPT, r"^auctionStarted: it says that auction 1 is not live$")
def the_start_says_that_it_is_not_live() -> Tamper:
    return changing("auctionStarted", lambda data: data | {"isLive": False})


# --- what the contract does not have


def _of_its_own(part: str) -> Change:
    return lambda data: data | {part: data[part] | {"commission": 15}}


@wire(
    Promise.PAYLOADS_ARE_DOCUMENTED,
    r"^auctionEnded: auction has the field 'commission', which the contract does not have$",
)
def the_auction_in_an_award_has_a_field_of_its_own() -> Tamper:
    return changing("auctionEnded", _of_its_own("auction"))


# --- winners


@wire(Promise.AWARD_IS_HIGHEST, r"winningUser: user \d+ has name 'Somebody Else', but '.*'")
def the_winner_has_another_name() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"winningUser": data["winningUser"] | {"name": "Somebody Else"}}

    return changing("auctionEnded", change)


@wire(Promise.AWARD_IS_HIGHEST, r"user \d+ won, but the auction's winning_user_id is 1$")
def the_auction_names_another_winner() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"auction": data["auction"] | {"winning_user_id": HOST}}

    return changing("auctionEnded", change)


@wire(Promise.AWARD_IS_HIGHEST, r"winningBid: bid \d+ has createdAt '2020.*', but '")
def the_winning_bid_has_another_time() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        other = data["winningBid"] | {"createdAt": "2020-01-01T00:00:00.000Z"}
        return data | {"winningBid": other}

    return changing("auctionEnded", change)


# --- rows that were told before


@wire(Promise.LISTS_ARE_THE_FOLD, r"a row of auctionBids: user \d+ has name 'Somebody', but '")
def an_old_row_has_another_name() -> Tamper:
    def renamed(rows: list[Any]) -> list[Any]:
        last = rows[-1]
        return [*rows[:-1], last | {"user": last["user"] | {"name": "Somebody"}}]

    return listing("newBid", "auctionBids", renamed)


@wire(Promise.LISTS_ARE_THE_FOLD, r"a row of auctionBids: user \d+ stands beside user_id \d+$")
def an_old_row_has_another_user() -> Tamper:
    def swapped(rows: list[Any]) -> list[Any]:
        other = next((r["user"] for r in rows if r["user_id"] != rows[-1]["user_id"]), None)
        return [*rows[:-1], rows[-1] | ({"user": other} if other else {})]

    return listing("newBid", "auctionBids", swapped)


@wire(Promise.LISTS_ARE_THE_FOLD, r"a row of comments: comment \d+ has createdAt '2020.*', but")
def an_old_comment_has_another_time() -> Tamper:
    def moved(rows: list[Any]) -> list[Any]:
        return [rows[0] | {"createdAt": "2020-01-01T00:00:00.000Z"}, *rows[1:]]

    return listing("newComment", "comments", moved)


@wire(Promise.ANNOUNCED_IS_KEPT, r"a row of auctionBids: bid \d+ has createdAt '2020.*', but")
def a_joiner_is_told_another_time_of_a_bid() -> Tamper:
    def change(state: dict[str, Any]) -> dict[str, Any]:
        moved = [row | {"createdAt": "2020-01-01T00:00:00.000Z"} for row in state["auctionBids"]]
        return {"auctionBids": moved}

    return stating(change)


# --- at one viewer


@wire(Promise.ONE_ORDER, r"number \d+: bid \d+ has createdAt '.*', but '.*' by what was told")
def one_viewer_is_told_another_time() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        return {"newBid": data["newBid"] | {"createdAt": "2020-01-01T00:00:00.000Z"}}

    return _for_the_victim("newBid", change)


@wire(Promise.ONE_ORDER, r"number \d+ has round \d+, but \d+ for others")
def one_viewer_is_told_another_round() -> Tamper:
    return _for_the_victim("newBid", lambda data: {"round": data["round"] + 1})


@wire(Promise.ONE_ORDER, r"number \d+: user \d+ has name '.*', but '.*' by what was told")
def one_viewer_is_told_another_name() -> Tamper:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        row = data["newBid"]
        return {"newBid": row | {"user": row["user"] | {"name": "Somebody Else"}}}

    return _for_the_victim("newBid", change)


@wire(Promise.ONE_ORDER, r"number \d+ is the lot '.*' for some and the lot '.*' for others")
def one_viewer_is_told_another_minimum() -> Tamper:
    change = lambda data: {"minBidPrice": data["minBidPrice"] + 1}  # noqa: E731
    return _for_the_victim("auction_change_product", change)


# --- states


def _showing(**more: int) -> Tamper:
    """States with other prices while something is on the block."""

    def change(state: dict[str, Any]) -> dict[str, Any]:
        auction = state["auction"]
        if auction["current_product"] is None:
            return {}
        return {"auction": auction | {name: auction[name] + by for name, by in more.items()}}

    return stating(change)


@wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: minBidPrice is \d+, but \d+ was annou")
def joiners_are_shown_another_minimum() -> Tamper:
    return _showing(minBidPrice=1)


@wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: bidPrice is \d+, but \d+ was announced")
def joiners_are_shown_another_price() -> Tamper:
    return _showing(bidPrice=1)


@wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: actualPrice is \d+, but \d+ was annou")
def joiners_are_shown_another_market_price() -> Tamper:
    return _showing(actualPrice=1)


@wire(Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: round is \d+, but \d+ was announced")
def joiners_are_told_another_round() -> Tamper:
    return stating(lambda state: {"round": state["round"] + 1})


@wire(
    Promise.ANNOUNCED_IS_KEPT, r"the state at number \d+: isLive is False, but True was announced"
)
def joiners_are_told_that_it_is_over() -> Tamper:
    def change(state: dict[str, Any]) -> dict[str, Any]:
        live = state["auction"]["current_product"] is None
        return {} if live else {"auction": state["auction"] | {"isLive": False}}

    return stating(change)
