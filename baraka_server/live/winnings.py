"""Reading of what the commands about winnings are decided on: the row, and the bids of its round."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.winnings import ReassignWinning, WinningCommand
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.decision import Found
from baraka_server.domain.events import Adopted, Awarded, LotOpened
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.winnings import Won
from baraka_server.live.finding import Finding


async def for_winning(finding: Finding, found: Found) -> Found:
    """The winning that the first command names, locked; for another winner also who bid in its round.

    Raises `NotThere` where the auction has no such winning, `InUse` where it would be deleted and a row of
    another table refers to it.
    """
    events = (command.event for command in finding.commands)
    event = next(event for event in events if isinstance(event, WinningCommand))
    found = replace(found, won=await finding.auction.won(event.winning_id))
    if not isinstance(event, ReassignWinning):
        return found
    if event.paddle is None:
        return replace(found, winner=await _winner_without(finding, found.won))
    user_id = finding.state.paddles.user_of(event.paddle)
    labels = await finding.auction.labels() if user_id is None else {}
    ids = {user_id, finding.state.sale_rules.floor_user_id} - {None}
    users = await finding.auction.users(one for one in ids if one is not None)
    bids = tuple(await _bids_of_round(finding, event.winning_id))
    return replace(found, users=found.users | users.keys(), standing=bids, labels=labels)


async def _winner_without(finding: Finding, won: Won | None) -> int | None:
    """The auction's winner once this winning is gone."""
    auction = finding.auction
    if won is None:
        raise ValueError("the winning was not read")
    await auction.refuse_in_use(won.winning_id)
    winner = auction.record.winning_user_id
    if winner != won.user_id:  # another program's
        return winner
    return await auction.winner_before(won.winning_id)


async def _bids_of_round(finding: Finding, winning_id: int) -> list[StandingBid]:
    """The bids that stood when this winning was awarded; none where another program wrote it."""
    auction = finding.auction
    awards = await auction.entries_of((Awarded, RunnerUpAwarded), since=1)
    award = next(
        (entry for entry in awards if getattr(entry.event, "winning_id", None) == winning_id), None
    )
    if award is None:
        return []
    openings = await auction.entries_of((LotOpened, Adopted), since=1)
    began = min((entry.seq for entry in openings if entry.round == award.round), default=1)
    acts = RoundActs()
    for entry in await auction.entries_of(RoundActs.KINDS, since=began):
        acts.take(entry)
        if entry.seq == award.seq:
            break
    return acts.sold
