"""`Maxima`: judges that maximum bids bid the least that leads, and that nobody else hears of them (D43).

What the crowd set is known when it is answered, so the announcements are gone through again a little later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.automatic_bids import Maximum, answers
from baraka_cli.simulator.checks.cores import Core, Row
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.later import Later
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.truth import Moment
from baraka_cli.simulator.result import Promise
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.moderation import BlockUser
from baraka_server.contract.server_events import LotAwarded, LotChanged, NewBid


@dataclass(slots=True)
class _Act:
    """What one person did, and the bids that came of it. `maximum_of`: it set the maximum of this user."""

    maximum_of: int | None = None
    bids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    """A round as far as it was gone through."""

    standing: Row | None = None
    maxima: dict[int, Maximum] = field(default_factory=dict)
    acts: list[_Act] = field(default_factory=list)
    due: list[tuple[int, int]] = field(default_factory=list)
    """User and amount of the automatic bids that come next."""
    is_known: bool = True
    """False behind what this crowd cannot follow: a maximum of somebody else, or an answer that was lost."""


@dataclass(frozen=True, slots=True)
class _Entry:
    auction_id: int
    seq: int
    core: Core
    before: Moment


class Maxima:
    """What was announced is gone through `later`."""

    def __init__(self, findings: Findings, awake: Callable[[], float]) -> None:
        self.is_played = False
        self._findings = findings
        self.later = Later(awake)
        self._tables: defaultdict[int, _Table] = defaultdict(_Table)
        self._hammered: dict[int, _Table] = {}
        self._set: dict[tuple[int, int], Maximum] = {}
        """Maxima that were set, by auction and number; and those that were withdrawn, by user."""
        self._withdrawn: dict[tuple[int, int], int] = {}
        self._blocked: dict[tuple[int, int], int] = {}
        self._amounts: defaultdict[int, set[int]] = defaultdict(set)
        """What each user ever asked for."""
        self._lost: set[tuple[int, object]] = set()
        """Auctions and rounds in which an answer was lost."""

    # --- what is asked

    def asks(self, asked: SentCommand) -> None:
        if asked.event == SetMaximumBid.wire_name:
            self.is_played = True
            self._amounts[asked.user_id].add(asked.payload["amount"])

    def answered(self, asked: SentCommand, answer: Reply) -> None:
        payload, seq = asked.payload, answer.data.get("seq")
        place = (asked.auction_id, seq if isinstance(seq, int) else 0)
        if asked.event in {SetMaximumBid.wire_name, WithdrawMaximum.wire_name}:
            if answer.ok is None:
                self._lost.add((asked.auction_id, payload.get("round")))
            if not answer.ok or answer.data.get("changed") is False:
                return
            if asked.event == SetMaximumBid.wire_name:
                self._set[place] = Maximum(asked.user_id, payload["amount"], place[1])
            else:
                self._withdrawn[place] = asked.user_id
        elif asked.event == BlockUser.wire_name and answer.ok:
            self._blocked[place] = payload["userId"]

    # --- who hears of it

    def heard(self, seat: Seat, frame: Frame) -> None:
        """`maximumChanged`, which is for its user alone."""
        self._look_at_told(seat, "heard of a maximum", frame.data.get("maximum"), frame.text)

    def look_at_state(self, seat: Seat, state: Mapping[str, Any]) -> None:
        if state.get("maximum") is not None:
            self._look_at_told(seat, "was told on joining of a maximum", state["maximum"], "")

    def _look_at_told(self, seat: Seat, how: str, amount: object, text: str) -> None:
        own = self._amounts.get(seat.user_id, set())
        self._findings.expect(
            Promise.MAXIMA_ARE_KEPT,
            bool(own) and (amount is None or amount in own),
            f"{seat.label} {how} that is not the own one: {amount}",
            text,
        )

    # --- what is announced

    def follow(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """Called for each announcement, in order."""
        self.later.judge()
        self.later.add(partial(self._go_through, _Entry(auction_id, seq, core, before)))

    def _go_through(self, entry: _Entry) -> None:
        table, core = self._tables[entry.auction_id], entry.core
        place = (entry.auction_id, entry.seq)
        automatic = core[0] == NewBid.wire_name and _is_automatic(entry)
        if table.due and not automatic:
            self._missed(table, entry)
        if place in self._set:
            self._was_set(table, self._set[place], entry)
        elif place in self._withdrawn:
            table.maxima.pop(self._withdrawn[place], None)
        elif place in self._blocked:
            self._was_blocked(table, self._blocked[place], core)
        elif entry.before.new_lot or core[0] in {LotAwarded.wire_name, LotReopened.wire_name}:
            self._another_lot(entry)
        elif core[0] == BidUndone.wire_name and len(core) > 2:
            self._was_undone(table, entry)
        elif core[0] == NewBid.wire_name and len(core) > 3 and "formerBid" not in entry.before.data:
            if (entry.auction_id, entry.before.data.get("round")) in self._lost:
                table.is_known = False
            self._bid(table, entry, automatic=automatic)

    def _another_lot(self, entry: _Entry) -> None:
        if entry.core[0] == LotAwarded.wire_name:
            self._hammered[entry.auction_id] = self._tables[entry.auction_id]
            self._tables[entry.auction_id] = _Table()
        elif entry.core[0] == LotChanged.wire_name:
            self._tables[entry.auction_id] = _Table()
        else:
            before = self._hammered.pop(entry.auction_id, None)
            self._tables[entry.auction_id] = before or _Table(is_known=False)

    def _was_set(self, table: _Table, maximum: Maximum, entry: _Entry) -> None:
        table.maxima[maximum.user_id] = maximum
        table.acts.append(_Act(maximum_of=maximum.user_id))
        self._answers(table, entry)

    def _answers(self, table: _Table, entry: _Entry) -> None:
        lot = entry.before.lot
        if table.is_known and lot is not None:
            table.due = answers(table.standing, table.maxima.values(), lot.minimum)

    def _bid(self, table: _Table, entry: _Entry, *, automatic: bool) -> None:
        _, bid_id, user_id, amount = entry.core
        table.standing = (bid_id, user_id, amount)
        if not automatic:
            table.acts.append(_Act(bids=[bid_id]))
            self._answers(table, entry)
            return
        maximum = table.maxima.get(user_id)
        if table.due and table.due[0] == (user_id, amount):
            del table.due[0]
            table.acts[-1].bids.append(bid_id)
            self._findings.looked(Promise.MAXIMA_ARE_KEPT)
        elif not table.due and maximum is not None and maximum.amount == amount:
            table.acts.append(_Act(bids=[bid_id]))  # a bid of as much was refused, and raised it
            table.is_known = table.is_known and len(table.maxima) < 2
        elif user_id not in self._amounts:
            table.is_known = False  # somebody else's
        elif table.is_known:
            self._wrong(table, entry, maximum)

    def _wrong(self, table: _Table, entry: _Entry, maximum: Maximum | None) -> None:
        at_most = f"the maximum of {maximum.amount}" if maximum else "no maximum"
        should = f"{table.due[0][1]} by user {table.due[0][0]}" if table.due else "none"
        self._findings.broken(
            Promise.MAXIMA_ARE_KEPT,
            f"auction {entry.auction_id}, number {entry.seq}: {said(entry.core)} is automatic, who has "
            f"{at_most}; the automatic bid that was due is {should}",
            dict(entry.before.data),
        )
        table.is_known, table.due = False, []

    def _missed(self, table: _Table, entry: _Entry) -> None:
        (user_id, amount), table.due = table.due[0], []
        if table.is_known:
            self._findings.broken(
                Promise.MAXIMA_ARE_KEPT,
                f"auction {entry.auction_id}, number {entry.seq}: {said(entry.core)} came where the "
                f"maximum of user {user_id} was to bid {amount}",
                dict(entry.before.data),
            )
        table.is_known = False

    def _was_undone(self, table: _Table, entry: _Entry) -> None:
        _, ids, standing = entry.core
        table.standing = standing
        while table.acts and not table.acts[-1].bids:
            table.acts.pop()  # of a maximum that made no bid nobody knows
        if not table.acts:
            return
        act = table.acts.pop()
        if act.maximum_of is not None:
            table.maxima.pop(act.maximum_of, None)
        if table.is_known and self.is_played:
            self._findings.expect(
                Promise.MAXIMA_ARE_KEPT,
                set(act.bids) == set(ids),
                f"auction {entry.auction_id}, number {entry.seq}: bids {sorted(ids)} were taken back, "
                f"and the newest act is {sorted(act.bids)}",
            )

    def _was_blocked(self, table: _Table, user_id: int, core: Core) -> None:
        table.maxima.pop(user_id, None)
        if core[0] == BidUndone.wire_name and len(core) > 2:
            table.standing = core[2]
            for act in table.acts:
                act.bids = [bid_id for bid_id in act.bids if bid_id not in core[1]]


def _is_automatic(entry: _Entry) -> bool:
    row = entry.before.data.get("newBid")
    return isinstance(row, Mapping) and row.get("automatic") is True
