"""Checks of what must hold in a sale, whatever happened: each has a name, and says what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from baraka_server.contract.client_events import AwardLot, PlaceBid
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded, LotOpened
from tests.support.chaos.evidence import Asked
from tests.support.chaos.hearing import heard_in_order, heard_what_is_true
from tests.support.chaos.judged import Sale

COUNTED_SECONDS_MAX = 6
"""How long counts may take to be exact once everything is healed."""
COUNT_SHARE_MAX = 3
"""How often somebody may be counted who was cut off and is back, before the old connection is given up."""
MEMORY_GROWN_BYTES_MAX = 100 * 1024 * 1024
REDIS_GRACE_SECONDS = 8
"""After another fault this may still be felt: pools, sessions and probes settle."""
SHOWN_MAX = 3


def accepted_once_and_refused_never(sale: Sale) -> Iterator[str]:
    """An acknowledged bid is in the ledger once, and a refused one never."""
    placed: Counter[tuple[int | None, int]] = Counter()
    for entry in sale.ledger:
        if isinstance(entry.event, BidPlaced):
            placed[entry.user_id, entry.event.amount] += 1
    asked_for = set()
    for asked in sale.asked:
        if asked.event != PlaceBid.wire_name:
            continue
        key: tuple[int | None, int] = (asked.user_id, asked.payload["amount"])
        asked_for.add(key)
        times, accepted = placed[key], asked.accepted
        if accepted is None and times:
            yield f"a refused bid is in the ledger: {asked.payload} {asked.settled}"
        elif accepted is not None and times != 1 and not sale.was_lost(asked):
            yield f"an accepted bid is in the ledger {times} times: {asked.payload}"
        elif accepted is not None and not sale.was_lost(asked):
            entry = sale.ledger[accepted["seq"] - 1]
            told = (accepted["seq"], accepted["bidId"], accepted["round"])
            if not isinstance(entry.event, BidPlaced):
                yield f"bid {asked.payload} was told to be entry {told}, which is {entry.event}"
            elif (entry.seq, entry.event.bid_id, entry.round) != told:
                yield f"bid {asked.payload} was told to be {told}, and is {entry}"
    for key in placed.keys() - asked_for:
        yield f"nobody asked for the bid {key}"


def the_high_bid_rises(sale: Sale) -> Iterator[str]:
    """The high bid strictly rises in a round."""
    high: dict[int, int] = {}
    for entry in sale.ledger:
        if isinstance(entry.event, BidPlaced):
            if entry.event.amount <= high.get(entry.round, 0):
                yield f"entry {entry.seq}: {entry.event.amount} after {high[entry.round]}"
            high[entry.round] = entry.event.amount


def one_award_a_round(sale: Sale) -> Iterator[str]:
    """A lot is awarded once, to the highest bid, and as often as it was told to the host."""
    awards = Counter(entry.round for entry in sale.ledger if isinstance(entry.event, Awarded))
    rounds = [entry.round for entry in sale.ledger if isinstance(entry.event, LotOpened)]
    yield from (f"round {round_} was awarded {n} times" for round_, n in awards.items() if n > 1)
    if len(set(rounds)) != len(rounds):
        yield f"a round was opened twice: {rounds}"
    highs: dict[int, int] = {}
    for entry in sale.ledger:
        if isinstance(entry.event, BidPlaced):
            highs[entry.round] = entry.event.amount
        if isinstance(entry.event, Awarded):
            won = entry.event.high.amount if entry.event.high else None
            if won != highs.get(entry.round):
                yield f"round {entry.round} was won at {won}, its highest bid is {highs}"
    told = [one for one in sale.asked if one.event == AwardLot.wire_name and one.accepted]
    if len(told) != sum(awards.values()):
        yield f"{len(told)} awards were acknowledged, and there are {sum(awards.values())}"


def one_outcome(sale: Sale) -> Iterator[str]:
    """However often a request was sent, all answers that settle it are the same."""
    for asked in sale.asked:
        answers = [
            {key: one.get(key) for key in ("ok", "seq", "bidId", "round", "code")}
            for one in asked.settled
        ]
        if any(one != answers[0] for one in answers) and not _may_be_decided_anew(sale, asked):
            yield f"{asked.payload} was answered {answers}"


def _may_be_decided_anew(sale: Sale, asked: Asked) -> bool:
    """A fail-over loses the memory of requests with the rest."""
    return sale.evidence.kept_seq is not None and (
        asked.attempts[0].sent_at < sale.evidence.lost_at
    )


def counts_are_sane(sale: Sale) -> Iterator[str]:
    """No count is negative, and none has people who never were; all are exact soon after the end."""
    most = COUNT_SHARE_MAX * len(sale.bidders)
    for one in sale.bidders:
        for _, payload in one.phone.events:
            count = payload.get("userCount") if payload else None
            if count is not None and not 0 <= count <= most:
                yield f"user {one.phone.user_id} heard a count of {count}"
    seconds = sale.evidence.counted_seconds
    if seconds is None:
        counts = {one.phone.user_id: one.count for one in sale.bidders}
        yield f"the counts were never exact: {counts}"
    elif seconds > COUNTED_SECONDS_MAX:
        yield f"the counts were exact {seconds:.1f} s after everything was healed"


def everybody_hears_the_end(sale: Sale) -> Iterator[str]:
    """Whoever is there has heard of the last entry before anything more happens."""
    for user_id, said in sale.evidence.behind.items():
        yield f"user {user_id} {said}"


def redis_alone_harms_nobody(sale: Sale) -> Iterator[str]:
    """While nothing but Redis is at fault every server is ready, and no bid is refused for it."""
    alone = sale.evidence.only_redis
    for at, who, said in sale.evidence.not_ready:
        if '"database":' not in said and alone(at, at, REDIS_GRACE_SECONDS):
            yield f"{who} was not ready: {said}"
    for asked in sale.asked:
        for attempt in asked.attempts:
            code = attempt.answer.get("code") if attempt.answer else "no answer"
            if code not in {"no answer", "unavailable", "busy", "outcome_unknown", "fault"}:
                continue
            if alone(attempt.sent_at, attempt.answered_at, REDIS_GRACE_SECONDS):
                yield f"{asked.payload}: {code}"


def memory_is_bounded(sale: Sale) -> Iterator[str]:
    """A server that others do not read from, or that is cut off, does not grow."""
    for who, grown in sale.evidence.memory_grown_bytes.items():
        if grown > MEMORY_GROWN_BYTES_MAX:
            yield f"{who} grew by {grown // 1_000_000} MB"


def nobody_gave_up(sale: Sale) -> Iterator[str]:
    """Every person went on to the end, and somebody's bids were taken."""
    for one in sale.people:
        if (fault := one.fault()) is not None:
            yield f"user {one.phone.user_id}: {fault!r}"
        for asked in one.asked:
            if not asked.settled:
                yield f"{asked.payload} was never settled: {[a.answer for a in asked.attempts[-3:]]}"
    if not any(asked.accepted for one in sale.bidders for asked in one.asked):
        yield "nobody's bids were taken"


CHECKS: dict[str, Callable[[Sale], Iterator[str]]] = {
    "answers": accepted_once_and_refused_never,
    "rises": the_high_bid_rises,
    "awards": one_award_a_round,
    "outcomes": one_outcome,
    "order": heard_in_order,
    "truth": heard_what_is_true,
    "end": everybody_hears_the_end,
    "counts": counts_are_sane,
    "redis": redis_alone_harms_nobody,
    "memory": memory_is_bounded,
    "people": nobody_gave_up,
}
"""By the names under which they are told; `ledger` is one more: what `assert_sale_holds` finds."""


def violations(sale: Sale) -> dict[str, list[str]]:
    """What every check found, at most some of each."""
    found: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        some: list[str] = []
        try:
            for said in check(sale):
                some.append(said)
                if len(some) == SHOWN_MAX:
                    break
        except (KeyError, IndexError, TypeError) as fault:
            some.append(f"cannot be judged: {fault!r}")
        if some:
            found[name] = some
    return found
