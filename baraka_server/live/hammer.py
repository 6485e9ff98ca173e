"""Reading of what the commands of the hammer are decided on: the acts of the round, bids and winning."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.client_events import AwardLot
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.decision import Found
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.hammer import Award
from baraka_server.live.finding import Finding


async def for_undo(finding: Finding, found: Found) -> Found:
    """The acts of the round, and the bids that may stand behind an undo of the newest."""
    acts, _ = await _round(finding)
    taken = len(acts.newest.ids) if acts.newest else 0
    standing = await finding.highest_bids(taken + 1)
    return replace(found, round=acts, standing=standing)


async def for_reopening(finding: Finding, found: Found) -> Found:
    """The bids of the last award, who of their bidders exists, and the state of its winning."""
    auction, last = finding.auction, finding.state.award
    if last is None:
        return found
    acts, entries = await _round(finding)
    there = await auction.users({bid.user_id for bid in acts.sold})
    record = auction.record
    found = replace(
        found,
        users=found.users | there.keys(),
        round=acts,
        winner_before=record.winning_user_id,
        winner=record.winning_user_id,
    )
    award = next(entry for entry in entries if entry.seq == last.seq)
    event = award.event
    if not isinstance(event, Award) or event.high is None or event.winning_id is None:
        return found
    winner = record.winning_user_id
    if winner == event.high.user_id:
        winner = await auction.winner_before(event.winning_id)
    settled = await auction.winning_is_settled(award, event)
    return replace(found, settled=settled, winning_id=event.winning_id, winner=winner)


async def for_runner_up(finding: Finding, found: Found) -> Found:
    """The bid that an award to the runner-up names, if its row is there."""
    for command in finding.commands:
        event = command.event
        if isinstance(event, AwardLot) and event.runner_up and event.bid_id:
            named = await finding.highest_bids(1, event.bid_id)
            return replace(found, standing=named)
    return found


async def _round(finding: Finding) -> tuple[RoundActs, list[LedgerEntry]]:
    """The acts of the round that is on, and the entries that they were folded from."""
    written = await finding.auction.entries_of(RoundActs.KINDS, since=finding.state.began)
    entries = [*written, *finding.unwritten]
    acts = RoundActs()
    for entry in entries:
        acts.take(entry)
    return acts, entries
