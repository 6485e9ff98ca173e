"""`HOLDS`: for each code, whether the reason of a refusal held while its command was under way."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.simulator.checks.cases import Case
from baraka_cli.simulator.checks.spans import Kind
from baraka_server.contract.client_events import GUIDE_EVENTS
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.refusals import Code

SHOWN_SECONDS_MAX = 60
"""How long a server may take a bidder for one who looks at the lot before: the most that may be set."""
PUNCTUAL_SECONDS = 5
"""A bid that was sent so long before the end was in time, however long it was on its way."""


def _off_air(case: Case) -> bool:
    return any(not standing.on_air for standing in case.standings)


def _nothing_on_the_block(case: Case) -> bool:
    return any(standing.lot is None for standing in case.standings)


def _a_higher_bid_stood(case: Case) -> bool:
    return any(standing.top == case.quoted is not None for standing in case.standings)


def _the_minimum_stood(case: Case) -> bool:
    return any(
        standing.top is None and standing.lot and standing.lot.minimum == case.quoted
        for standing in case.standings
    )


def _another_round(case: Case) -> bool:
    """Whether the command was for another round than the one that it was, as far as that can be known."""
    meant = case.asked.payload.get("round")
    rounds = {standing.round for standing in case.standings}
    if None in rounds or len(rounds) > 1:
        return True
    if isinstance(meant, int):
        return rounds != {meant}
    return case.asked.shown_for < SHOWN_SECONDS_MAX


def _outside(case: Case) -> bool:
    return not case.asked.inside


def _is_the_owner(case: Case) -> bool:
    return case.truth.owner in {None, case.asked.user_id}


def _is_not_the_owner(case: Case) -> bool:
    return case.truth.owner is None or case.truth.owner != case.asked.user_id


def _nobody(case: Case) -> bool:
    return not case.user_exists


def _others_meddled(case: Case) -> bool:
    return case.truth.meddled


def _something_was_taken_back(case: Case) -> bool:
    return case.truth.meddled or case.truth.took_back


def _never(_case: Case) -> bool:
    """For what this crowd never asks for, or never is."""
    return False


# --- of the auction house


def _bidding_was_paused(case: Case) -> bool:
    return any(standing.bidding.paused for standing in case.standings)


def _the_clock_had_run_out(case: Case) -> bool:
    """Whether it may have run out when the answer came, and the bid was not sent long before that."""
    for standing in case.standings:
        clock = standing.bidding.clock
        if clock is None or not clock.running:
            continue
        end = case.clocks.earliest_end(case.asked.auction_id, clock)
        if end is None:
            return True
        punctual = end - case.asked.at - case.asleep > PUNCTUAL_SECONDS
        if case.answered >= end and not punctual:
            return True
    return False


def _no_clock_was_on(case: Case) -> bool:
    clocks = [standing.bidding.clock for standing in case.standings]
    return any(clock is None for clock in clocks) or _the_clock_had_run_out(case)


def _a_clock_was_on(case: Case) -> bool:
    return any(standing.bidding.clock is not None for standing in case.standings)


def _was(kind: Kind) -> Callable[[Case], bool]:
    def may_be(case: Case) -> bool:
        key = (case.asked.auction_id, case.asked.user_id, kind)
        return _is_for_another(case) or case.spans.may_be(key, case.since, case.until)

    return may_be


def _slow_mode_was_on(case: Case) -> bool:
    """Whether it was, and the user had written since."""
    slow = any(standing.slow for standing in case.standings)
    return slow and case.people.wrote(case.asked.auction_id, case.asked.user_id)


def _no_such_comment(case: Case) -> bool:
    comment_id = case.asked.payload.get("commentId")
    numbers = range(case.since, case.until + 1)
    lists = (case.truth.comments_at(seq) for seq in numbers)
    return any(all(row[0] != comment_id for row in listed) for listed in lists)


def _is_for_another(case: Case) -> bool:
    """Whether the command is about a bidder whom this crowd may not know: a paddle, or a label."""
    return case.asked.event == FloorBid.wire_name


def _was_not_registered(case: Case) -> bool:
    asked = case.asked
    return _is_for_another(case) or case.registrations.may_be_unregistered(
        asked.auction_id, asked.user_id, case.since, case.until
    )


def _had_a_limit(case: Case) -> bool:
    asked = case.asked
    return _is_for_another(case) or case.registrations.may_have_limit(
        asked.auction_id, asked.user_id, asked.payload.get("amount"), case.since, case.until
    )


def _is_an_addition(case: Case) -> bool:
    return case.asked.event not in GUIDE_EVENTS


HOLDS: dict[Code, Callable[[Case], bool]] = {
    Code.NOT_LIVE: _off_air,
    Code.ALREADY_CANCELED: _off_air,
    Code.ALREADY_ENDED: _off_air,
    Code.NO_LOT: _nothing_on_the_block,
    Code.BID_TOO_LOW: _a_higher_bid_stood,
    Code.BID_BELOW_MINIMUM: _the_minimum_stood,
    Code.ROUND_OVER: _another_round,
    Code.NOT_JOINED: _outside,
    Code.OWNER_BID: _is_the_owner,
    Code.NOT_OWNER: _is_not_the_owner,
    Code.USER_NOT_FOUND: _nobody,
    Code.AUCTION_NOT_FOUND: _off_air,
    Code.STANDING_BID_CHANGED: _something_was_taken_back,
    Code.OTHER_BID_LEADS: _others_meddled,
    Code.REQUEST_ID_REUSED: _never,
    Code.UNKNOWN_EVENT: _is_an_addition,
    Code.NO_TOKEN: _never,
    Code.INVALID_TOKEN: _never,
    Code.OLD_CLIENT: _never,
    Code.BIDDING_PAUSED: _bidding_was_paused,
    Code.BIDDING_CLOSED: _the_clock_had_run_out,
    Code.NO_CLOCK: _no_clock_was_on,
    Code.CLOCK_RUNNING: _a_clock_was_on,
    Code.MUTED: _was(Kind.MUTED),
    Code.BLOCKED: _was(Kind.BLOCKED),
    Code.SLOW_MODE: _slow_mode_was_on,
    Code.COMMENT_NOT_FOUND: _no_such_comment,
    Code.NOT_REGISTERED: _was_not_registered,
    Code.OVER_LIMIT: _had_a_limit,
}
"""Reasons that can be judged. The others are no reasons of the auction: it may be tried again."""
