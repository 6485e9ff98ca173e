"""The rules of taking back: the newest bid, and the last award; and of the runner-up (D37 to D39)."""

from __future__ import annotations

from baraka_server.contract.client_events import AwardLot, Who
from baraka_server.contract.fields import TEXT_CHARS_MAX
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.parts import FreeText, StandingBid, named, same_bid
from baraka_server.domain.rules.checks import is_stale, not_on_air
from baraka_server.domain.rules.floor_proved import called
from baraka_server.domain.rules.hosts_comment import with_comment
from baraka_server.domain.rules.lots_proved import numbered, open_objection
from baraka_server.domain.rules.reserve import is_below_reserve, reserve_objection
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.staff import role_of
from baraka_server.domain.state import State


def _undo(state: State, command: Command, event: UndoBid, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command) or is_stale(state, command):
        return refusal
    if state.lot is None:
        return command.refused(Code.NO_LOT)
    newest = command.found.round.newest
    if newest is None:
        return command.refused(Code.NOTHING_TO_UNDO)
    if event.bid_id not in newest.ids:
        return command.refused(Code.NOT_NEWEST, standingBid=named(state.high))
    left = (bid for bid in command.found.standing if bid.bid_id not in newest.ids)
    return ActUndone(
        newest.ids,
        next(left, None),
        state.high,
        maximum=newest.set_maximum(state.maxima),
        against_maximum=state.maxima.of_another(newest.user_id),
    )


def _reopen(state: State, command: Command, event: ReopenLot, _rules: HouseRules) -> Decision:
    if refusal := not_on_air(state, command) or is_stale(state, command):
        return refusal
    if state.lot is not None:
        return command.refused(Code.LOT_OPEN, lot=state.lot.product)
    award, found = state.award, command.found
    if award is None or not _means(event, award.seq, command.heard_seq):
        return command.refused(Code.NOTHING_TO_REOPEN)
    if found.settled:
        return command.refused(Code.WINNING_SETTLED)
    sold = found.round.sold
    opened = LotOpenedAgain(
        award.lot,
        award.seq,
        sold[-1] if sold else None,
        found.winning_id,
        found.winner_before,
        found.winner,
        tuple(bid for bid in sold if bid.user_id in found.users and may_bid(state, bid.user_id)),
        *_of_run_list(state),
    )
    name = award.lot.product if opened.lot_number is None else f"Lot {opened.lot_number}"
    return with_comment(state, command, opened, event.say or _is_open_again(name))


def _of_run_list(state: State) -> tuple[int, int, FreeText | None] | tuple[()]:
    """The lot that was on the block last: its id, its number and its description (D35)."""
    list_ = state.run_list
    if list_.last_id is None:
        return ()
    values = list_.lots[list_.last_id].values.again()
    return list_.last_id, values.number, values.description


def _means(event: ReopenLot, award_seq: int, heard_seq: int | None) -> bool:
    """Whether it is this award that the sender means: the one named, else the last one heard of."""
    if event.award_seq is not None:
        return event.award_seq == award_seq
    return heard_seq is None or heard_seq >= award_seq


def may_bid(state: State, user_id: int) -> bool:
    """Whether bids of this user come back: nobody does who got a role, or was blocked (D46, D47)."""
    if user_id in state.moderation.blocked:
        return False
    return role_of(state, user_id) in {Who.ANYBODY, Who.OWNER}  # an owner's was allowed (D13)


def _is_open_again(name: str) -> str:
    end = " is open again"
    room = TEXT_CHARS_MAX - len(end)
    return (name if len(name) <= room else f"{name[: room - 1]}…") + end


def runner_up(state: State, command: Command, event: AwardLot) -> Refusal | RunnerUpAwarded:
    """The award to a standing bid of another bidder than the leader (D39)."""
    bid = next((one for one in command.found.standing if one.bid_id == event.bid_id), None)
    if bid is None or state.high is None or bid.bidder == state.high.bidder:
        return command.refused(Code.NOT_STANDING, standingBid=named(state.high))
    below_reserve = is_below_reserve(state, bid)
    if below_reserve and not event.below_reserve:
        return command.refused(Code.BELOW_RESERVE)
    list_ = state.run_list
    return RunnerUpAwarded(
        event.product,
        event.weight,
        bid,
        state.high,
        lot_id=list_.open_id,
        lot_number=list_.open_number,
        below_reserve=below_reserve,
    )


DECISIONS: Decisions = {UndoBid: _undo, ReopenLot: _reopen}


def _undone_objection(state: State, _entry: LedgerEntry, event: ActUndone) -> str | None:
    if not state.live or state.lot is None:
        return "nothing was on the block"
    if not event.bids:
        return "it takes back no bid"
    if not same_bid(event.was, state.high):
        return "another bid stood than it names"
    if event.high is not None and event.was is not None and event.high.amount >= event.was.amount:
        return f"a bid of {event.high.amount} cannot stand where {event.was.amount} was taken back"
    return None


def _reopened_objection(state: State, _entry: LedgerEntry, event: LotOpenedAgain) -> str | None:
    if not state.live:
        return "the auction was not live"
    if state.lot is not None:
        return "a product was on the block"
    if state.award is None or (event.award, event.lot) != (state.award.seq, state.award.lot):
        return "it takes back another award than the last one"
    if event.lot_id != state.run_list.last_id:
        return "it names another lot than was on the block"
    return None


def _runner_up_objection(state: State, _entry: LedgerEntry, event: RunnerUpAwarded) -> str | None:
    if not state.live or state.lot is None:
        return "there was no product to award"
    if not same_bid(event.passed_over, state.high):
        return "it passes over another bid than the one that stood"
    over = event.passed_over
    if event.high.bidder == over.bidder or event.high.amount > over.amount:
        return "it sells to the leader, or above"
    return open_objection(state, event) or reserve_objection(state, event)


OBJECTIONS: Objections = {
    ActUndone: _undone_objection,
    LotOpenedAgain: _reopened_objection,
    RunnerUpAwarded: _runner_up_objection,
}


def _undone_words(event: ActUndone, name_of: NameOf) -> str:
    taken = the_bid(event.was, name_of) if event.was else "a bid"
    more = len(event.bids) - 1
    also = f" and {more} more bid{'s' if more > 1 else ''} that belonged to it" if more else ""
    also += ", with the maximum bid" if event.maximum is not None else ""
    stands = f"now {the_bid(event.high, name_of)} stands" if event.high else "no bid stands"
    return f"took back {taken}{also}: {stands}"


def _reopened_words(event: LotOpenedAgain, name_of: NameOf) -> str:
    if event.winning_id is None:
        taken = f"entry {event.award} no longer holds, by which it went to nobody"
    else:
        taken = f"the award of entry {event.award} no longer holds (winning {event.winning_id})"
    count = len(event.bids)
    bids = f"{count} bid{'' if count == 1 else 's'} came back"
    stands = f", {the_bid(event.high, name_of)} stands" if event.high else ""
    lot = numbered(event.lot.product, event.lot_number)
    return f"opened {lot} again: {taken}; {bids}{stands}"


def _runner_up_words(event: RunnerUpAwarded, name_of: NameOf) -> str:
    weight = (event.weight or "").strip()
    product = numbered(event.product, event.lot_number)
    lot = f"{product} ({event.weight})" if weight else product
    winner = f"{called(event.high, name_of)} for {event.high.amount}"
    below = ", below its reserve" if event.below_reserve else ""
    over = the_bid(event.passed_over, name_of)
    return f"awarded {lot} to {winner}, the runner-up{below}, and passed over {over}"


def the_bid(bid: StandingBid, name_of: NameOf) -> str:
    return f"the bid of {bid.amount} by {called(bid, name_of)}"


WORDS: Words = {
    ActUndone: _undone_words,
    LotOpenedAgain: _reopened_words,
    RunnerUpAwarded: _runner_up_words,
}
