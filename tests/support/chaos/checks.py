"""Checks of what must hold in a sale, whatever happened: each has a name, and says what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from baraka_server.contract.client_events import AwardLot, PlaceBid
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded, LedgerEntry, LotOpened
from baraka_server.store.ledger import ledger_id
from tests.support.chaos.evidence import Asked, Evidence
from tests.support.chaos.people import ODD, Bidder, Person
from tests.support.checks.proof import NOT_NEWS, Told, as_heard, in_all_words

COUNTED_SECONDS_MAX = 6
"""How long counts may take to be exact once everything is healed."""
COUNT_SHARE_MAX = 3
"""How often somebody may be counted who was cut off and is back, before the old connection is given up."""
MEMORY_GROWN_BYTES_MAX = 100 * 1024 * 1024
REDIS_GRACE_SECONDS = 8
"""After another fault this may still be felt: pools, sessions and probes settle."""
SHOWN_MAX = 3


class Sale(NamedTuple):
    """A sale that is over: the ledger, who was there, and what else is known."""

    ledger: Sequence[LedgerEntry]
    people: Sequence[Person]
    evidence: Evidence

    @property
    def bidders(self) -> list[Bidder]:
        return [one for one in self.people if isinstance(one, Bidder)]

    @property
    def asked(self) -> list[Asked]:
        return [asked for one in self.people for asked in one.asked]

    def was_lost(self, asked: Asked) -> bool:
        """Whether it was accepted in commits that a fail-over lost."""
        kept, accepted = self.evidence.kept_seq, asked.accepted
        return (
            kept is not None
            and accepted is not None
            and accepted["seq"] > kept
            and asked.attempts[0].sent_at < self.evidence.lost_at
        )


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


def heard_in_order(sale: Sale) -> Iterator[str]:
    """Every event is of the entry behind the one before it, or of the same; or it is the whole state.

    A reader who is slow is spared bids that the list of a newer one has (D25).
    """
    for one in sale.bidders:
        seq, history = 0, None
        for name, payload in one.phone.events:
            if name in ODD or not payload or payload.get("auctionId") != 1:
                continue
            who = f"user {one.phone.user_id}"
            if name != "auctionState":
                follows = payload["seq"] in {seq, seq + 1}
                if not follows and not _has_all_behind(seq, name, payload, sale.ledger):
                    yield f"{who} heard {name} of {payload['seq']} after {seq}"
            else:
                missed = {told["data"]["seq"] for told in payload.get("missed") or ()}
                whole = set(range(seq + 1, payload["seq"] + 1))
                since = min(missed, default=payload["seq"] + 1)  # it may have asked twice
                complete = missed == set(range(since, payload["seq"] + 1)) >= whole
                if payload.get("missedComplete") and not complete:
                    yield f"{who} was told {sorted(missed)} as all behind {seq}, not {whole}"
                goes_back = payload["seq"] < seq
                if goes_back and (sale.evidence.kept_seq is None or payload["ledger"] == history):
                    yield f"{who} was told a state of {payload['seq']} after {seq}"
            seq, history = payload["seq"], payload.get("ledger")


def _has_all_behind(
    seq: int, name: str, payload: dict[str, Any], ledger: Sequence[LedgerEntry]
) -> bool:
    """Whether all entries between `seq` and an event are bids that are on the list of this event."""
    left_out = [entry.event for entry in ledger[seq : payload["seq"] - 1]]
    listed = {row["id"] for row in payload.get("auctionBids") or ()}
    bids = [one.bid_id for one in left_out if isinstance(one, BidPlaced)]
    is_newer = name == "newBid" and payload["seq"] > seq
    return is_newer and len(bids) == len(left_out) and listed.issuperset(bids)


def heard_what_is_true(sale: Sale) -> Iterator[str]:
    """What was heard is what the ledger has, word for word; after a fail-over since the whole state."""
    words: dict[int, list[Told]] = {}
    ids: dict[int, str] = {}
    lot = None
    for entry in sale.ledger:
        words[entry.seq] = in_all_words(entry, lot)
        ids[entry.seq] = ledger_id(entry.hash)
        lot = getattr(entry.event, "lot", lot)
    for one in sale.bidders:
        was_there = True
        for at, (name, payload) in enumerate(one.phone.events):
            if name in ODD or not payload or payload.get("auctionId") != 1:
                continue
            who, seq = f"user {one.phone.user_id}", payload["seq"]
            is_there = payload.get("ledger") == ids.get(seq)
            if is_there and not was_there and name != "auctionState":
                yield f"{who} heard {name} of {seq} and no state of the history that it is of"
            may_be_lost = one.phone.heard_at[at] < sale.evidence.lost_at
            if was_there and not is_there and not (sale.evidence.kept_seq and may_be_lost):
                yield f"{who} heard {name} of {seq} in a history that is none"
            was_there = is_there
            if not is_there:
                continue
            told = [(name, payload)]
            if name == "auctionState":
                told = [(each["event"], each["data"]) for each in payload.get("missed") or ()]
            for event, data in told:
                if event in NOT_NEWS or event == "auctionStarted":
                    continue
                heard = as_heard(event, data)
                repeats = name == event and _is_repeated(one, at)
                if heard not in words[data["seq"]] and not repeats:
                    yield f"{who} heard {heard}, not {words[data['seq']]}"
        if not was_there:
            yield f"user {one.phone.user_id} is in a history that is none"


def _is_repeated(one: Bidder, at: int) -> bool:
    """Whether it is a whole state once more, in the words of the guide."""
    for name, payload in reversed(one.phone.events[:at]):
        if name == "auctionState":
            return bool(payload["seq"] == one.phone.events[at][1]["seq"])
        if name not in {"auction_change_product", "newBid", *NOT_NEWS}:
            return False
        if name not in NOT_NEWS and payload["seq"] != one.phone.events[at][1]["seq"]:
            return False
    return False


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
