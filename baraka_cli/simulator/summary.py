"""Makes the `Result` of a run from what crowd, meter and proof know by now."""

from __future__ import annotations

from datetime import datetime

from baraka_cli.plural import plural
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.crowd import Crowd
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.result import Aim, Result, Totals

REACHED = 0.98
"""Share of what was planned, below which the reason is said."""


def summary(sale: Sale, crowd: Crowd, *, url: str, version: str, began: datetime) -> Result:
    """Result of the run so far."""
    meter, proof = sale.meter, sale.proof
    truth = proof.truth(sale.place.auction_id)
    seconds, messages, size = meter.bidding()
    return Result(
        baraka=version,
        url=url,
        started_at=began.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(meter.clock(), 1),
        scenario=sale.scenario.model_dump(mode="json"),
        auctions=[sale.place.auction_id],
        server=_additions(proof),
        totals=Totals(
            viewers_max=meter.viewers_max,
            in_room_max=meter.in_room_max,
            connections=crowd.visits.connections,
            reconnections=crowd.visits.reconnections,
            dropped_by_server=crowd.dropped,
            gaps=proof.rooms.skipped.gaps,
            missed_live=proof.rooms.skipped.missed,
            superseded=proof.rooms.skipped.superseded,
            asked=meter.bids.sent,
            accepted=meter.bids.done,
            refused=meter.bids.refused,
            unanswered=meter.bids.unanswered,
            repeated=meter.bids_repeated,
            comments=meter.comments,
            messages=meter.messages,
            bytes=meter.bytes,
            bidding_seconds=round(seconds, 3),
            bidding_messages=messages,
            bidding_bytes=size,
            **_sold(truth),
        ),
        delivery=meter.delivery.latency(),
        answer=meter.answer.latency(),
        join=meter.join.latency(),
        refusals=dict(meter.bid_refusals.most_common()),
        requests=dict(meter.requests),
        other_refusals=dict(meter.other_refusals.most_common()),
        aims=aims(sale, crowd, seconds),
        steps=crowd.search.steps,
        replay=crowd.replaying.found() if crowd.replaying is not None else None,
        timeline=list(meter.timeline),
        findings=list(proof.findings.values()),
        servers=meter.servers.processes(meter.delivery.count - meter.delivery.lost),
        bottleneck=meter.bottleneck(),
        server_gone=crowd.presence.gone,
        still_live=crowd.still_live,
    )


def aims(sale: Sale, crowd: Crowd, seconds: float) -> list[Aim]:
    """Plans of the scenario beside what was reached; `seconds` is how long bids were made."""
    scenario, meter, bidding = sale.scenario, sale.meter, crowd.bidding
    truth = sale.proof.truth(sale.place.auction_id)
    found = [Aim(what="viewers", planned=scenario.viewers, reached=meter.viewers_max)]
    lots = len(truth.sold) + truth.passed
    if crowd.hosted:
        ran_out = "the lots ran out" if lots >= len(sale.lots) else ""
        found += [
            Aim(what="lots", planned=len(sale.lots), reached=lots),
            _aim("seconds of bidding", scenario.duration, seconds, ran_out),
        ]
    if seconds and scenario.rate:
        planned = bidding.planned / seconds
        found.append(_aim("bids a second", planned, meter.bids.sent / seconds, _lapses(crowd)))
    if seconds and scenario.comment_rate and scenario.commenters:
        found.append(_aim("comments a second", scenario.comment_rate, meter.comments / seconds, ""))
    if seconds and scenario.chaos:
        found.append(
            _aim("connections cut a second", scenario.chaos, crowd.cutting.cuts / seconds, "")
        )
    plays = crowd.plays
    return found + [
        _aim(what, planned, plays.done[what], plays.why_not)
        for what, planned in plays.planned.items()
        if planned
    ]


def _aim(what: str, planned: float, reached: float, why: str) -> Aim:
    missed = reached < planned * REACHED
    return Aim(
        what=what, planned=round(planned, 2), reached=round(reached, 2), why=why if missed else ""
    )


def _lapses(crowd: Crowd) -> str:
    return ", ".join(
        f"{why} ({plural(times, 'time', 'times')})"
        for why, times in crowd.bidding.lapsed.most_common()
    )


def _sold(truth: Truth) -> dict[str, int]:
    return {
        "lots": len(truth.sold) + truth.passed,
        "sold": len(truth.sold),
        "passed": truth.passed,
        "turnover": sum(amount for _, _, amount in truth.sold),
    }


def _additions(proof: Proof) -> str:
    has = {
        "acknowledgements": proof.answers.acknowledged,
        "seq": bool(proof.numbered),
        "states for joiners": proof.rooms.told_states,
    }
    return ", ".join(name for name, there in has.items() if there) or "the guide alone"
