"""`PROBES`: every probe of the preset `hostile`, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from baraka_cli.simulator.hostile import bids, commands, counts, payloads, repeats, tokens
from baraka_cli.simulator.hostile.judge import Judge
from baraka_cli.simulator.hostile.probe_sale import ProbeSale


class When(Enum):
    """At which moment of the sale a probe is tried."""

    BEFORE = "before the sale was started"
    ON_AIR = "while it is live"
    OVER = "when it was ended"
    CANCELED = "in another auction of the host, which was canceled"


@dataclass(frozen=True, slots=True)
class Probe:
    name: str
    tries: str
    right: str
    """What a right server does."""
    when: When
    run: Callable[[ProbeSale, Judge], Awaitable[None]]


_REFUSED = "refuses it, and says so to its sender alone"
_SENT_AWAY = "says `Invalid or expired token` by `error`, and closes the connection"

PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        Probe(
            "early-bid",
            "a bid before the sale was started",
            _REFUSED,
            When.BEFORE,
            bids.early_bid,
        ),
        Probe(
            "foreign-start",
            "starting somebody else's auction",
            _REFUSED,
            When.BEFORE,
            commands.foreign_start,
        ),
        Probe(
            "no-token",
            "connecting without a token",
            "says `No token provided` by `error`, and closes the connection",
            When.ON_AIR,
            tokens.no_token,
        ),
        Probe(
            "expired-token",
            "connecting with a token that expired an hour ago",
            _SENT_AWAY,
            When.ON_AIR,
            tokens.expired_token,
        ),
        Probe(
            "forged-token",
            "a token with another signature; a good one with another user's id in it",
            _SENT_AWAY,
            When.ON_AIR,
            tokens.forged_token,
        ),
        Probe(
            "unsigned-token",
            "a token with `alg: none`",
            _SENT_AWAY,
            When.ON_AIR,
            tokens.unsigned_token,
        ),
        Probe(
            "claimless-token",
            "a token without an end; one that names no user",
            _SENT_AWAY,
            When.ON_AIR,
            tokens.claimless_token,
        ),
        Probe(
            "after-refusal",
            "events sent right behind a token that is refused",
            "carries out none of them",
            When.ON_AIR,
            tokens.after_refusal,
        ),
        Probe(
            "unknown-user",
            "a bid of a user who does not exist, with a good token",
            _REFUSED,
            When.ON_AIR,
            tokens.unknown_user,
        ),
        Probe(
            "owner-bid",
            "the owner's bid on the own lot",
            _REFUSED,
            When.ON_AIR,
            bids.owner_bid,
        ),
        Probe(
            "unjoined-bid",
            "a bid of somebody who never entered the sale",
            _REFUSED,
            When.ON_AIR,
            bids.unjoined_bid,
        ),
        Probe(
            "low-bid",
            "a first bid below the minimum; bids equal to the last one and below it",
            _REFUSED,
            When.ON_AIR,
            bids.low_bid,
        ),
        Probe(
            "past-round",
            "a bid with nothing on the block; a bid whose `round` is over",
            _REFUSED,
            When.ON_AIR,
            bids.past_round,
        ),
        Probe(
            "other-name",
            "a bid with somebody else's `userId` in it",
            "takes no notice of it: the token says who bids",
            When.ON_AIR,
            bids.other_name,
        ),
        Probe(
            "second-start",
            "starting a sale that is live",
            "announces it again or refuses it; lot and bids stand",
            When.ON_AIR,
            commands.second_start,
        ),
        Probe(
            "second-award",
            "awarding a lot that is sold",
            "sells nothing",
            When.ON_AIR,
            commands.second_award,
        ),
        Probe(
            "late-award",
            "an award that comes again when the next lot is up, where announcements are numbered",
            _REFUSED,
            When.ON_AIR,
            commands.late_award,
        ),
        Probe(
            "repeated-request",
            "the same `requestId` again, and with another body, where announcements are numbered",
            "answers as before, and changes nothing; refuses the other body",
            When.ON_AIR,
            repeats.repeated_request,
        ),
        Probe(
            "vanishing",
            "people who enter, and whose connections are cut",
            "counts them, and counts them no more",
            When.ON_AIR,
            counts.vanishing,
        ),
        Probe(
            "malformed",
            "every event with every kind of payload that its declaration does not allow",
            "answers each with one `error` that shows nothing of its inside, and goes on",
            When.ON_AIR,
            payloads.malformed,
        ),
        Probe(
            "other-owner",
            "every event that is for the owner alone, by somebody else",
            _REFUSED,
            When.ON_AIR,
            commands.other_owner,
        ),
        Probe("late-bid", "a bid after the end", _REFUSED, When.OVER, bids.late_bid),
        Probe(
            "second-end", "ending a sale that was ended", _REFUSED, When.OVER, commands.second_end
        ),
        Probe(
            "start-after-end",
            "starting a sale that was ended",
            _REFUSED,
            When.OVER,
            commands.start_after_end,
        ),
        Probe(
            "second-cancel",
            "canceling a sale that was canceled",
            _REFUSED,
            When.CANCELED,
            commands.second_cancel,
        ),
        Probe(
            "start-after-cancel",
            "starting a sale that was canceled",
            _REFUSED,
            When.CANCELED,
            commands.start_after_cancel,
        ),
    )
}
