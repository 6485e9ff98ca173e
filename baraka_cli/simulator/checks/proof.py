"""`Proof`: gives everything that the crowd hears and is answered to the checks.

Nothing here waits: what cannot be judged yet is judged when the rest is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.client.replies import LOST, Reply
from baraka_cli.simulator.checks.acknowledgements import Acknowledgements
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.answers import Answers
from baraka_cli.simulator.checks.clocks import Clocks
from baraka_cli.simulator.checks.connections import Connections
from baraka_cli.simulator.checks.counts import Counts
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.maxima import Maxima
from baraka_cli.simulator.checks.payloads import Payloads
from baraka_cli.simulator.checks.people import People
from baraka_cli.simulator.checks.put_off import PutOff
from baraka_cli.simulator.checks.reasons import Reasons
from baraka_cli.simulator.checks.refusals import Refusals
from baraka_cli.simulator.checks.registrations import Registrations
from baraka_cli.simulator.checks.rooms import Rooms
from baraka_cli.simulator.checks.seats import Seat, SeatInRoom
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.skipped import LISTED
from baraka_cli.simulator.checks.spans import Kind, Spans
from baraka_cli.simulator.checks.starts import Starts
from baraka_cli.simulator.checks.states import States
from baraka_cli.simulator.checks.times import Times
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.maxima import MaximumChanged
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import (
    AuctionStarted,
    AuctionState,
    Error,
    LotAwarded,
    Scope,
    UserCountUpdate,
)
from baraka_server.contract.vocabulary import SERVER_EVENTS

NEWS = frozenset(
    name
    for name, event in SERVER_EVENTS.items()
    if name not in {UserCountUpdate.wire_name, AuctionState.wire_name, Error.wire_name}
    and event.scope is not Scope.USER
)
"""Events that stand in an auction's sequence."""

WITH_AUCTION = frozenset({AuctionStarted.wire_name, LotAwarded.wire_name, AuctionState.wire_name})
"""Events that carry the auction's row."""


class Proof:
    """`clock` gives seconds since the run began. `numbers_are_whole` for private deployments (D17).

    `awake` gives those in which the crowd could read, which is `clock` where that is not known.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        numbers_are_whole: bool = False,
        exempt: Collection[Promise] = frozenset(),
        awake: Callable[[], float] | None = None,
    ) -> None:
        awake = awake or clock
        self.findings = Findings(clock, exempt)
        self.frames = Frames(self._admit)
        self.times = Times(clock)
        self.spans = Spans()
        self.clocks = Clocks(self.findings, self.times, awake)
        self.people = People(self.findings, self.spans, self.truth)
        self.maxima = Maxima(self.findings, awake)
        self.registrations = Registrations(self.findings, awake)
        self.announcements = Announcements(
            self.findings, self.clocks, self.people, self.maxima, self.registrations
        )
        self.states = States(self.findings, self.announcements, self.clocks, clock)
        self.rooms = Rooms(
            self.findings, self.announcements, self.states, self.frames, clock, awake
        )
        self.reasons = Reasons(
            self.findings,
            self.announcements,
            clock,
            awake,
            self.times,
            self.clocks,
            self.spans,
            self.people,
            self.registrations,
        )
        self.refusals = Refusals(self.findings)
        self.put_off = PutOff(self.findings)
        self.connections = Connections(self.findings, clock, awake)
        self.counts = Counts(self.findings)
        self.starts = Starts(self.findings)
        self.answers = Answers(self.findings, self.announcements, self.refusals)
        self.numbered: bool | None = None
        """Whether the server numbers its announcements (D22); None until one was heard."""
        self._payloads = Payloads(
            self.findings, self.announcements.records, numbers_are_whole=numbers_are_whole
        )
        self._acknowledgements = Acknowledgements(self.findings, self._payloads)
        self._clock, self._awake = clock, awake
        self._labels: set[str] = set()
        """What bidders in the room were called to the server: nobody may hear it (D40)."""
        self._first_asked: dict[str, SentCommand] = {}
        """By `requestId`: what is asked again is answered as it was the first time (D23)."""

    def truth(self, auction_id: int) -> Truth:
        return self.announcements.truth(auction_id)

    def _admit(self, frame: Frame) -> None:
        """Check a frame once, however many hear it."""
        is_news = frame.name in NEWS
        if is_news and self.numbered is None:
            self.numbered = frame.seq is not None
        if is_news and frame.seq is not None and frame.auction_id is not None:
            self.times.hears(frame.auction_id, frame.seq)
            self.announcements.place(frame.auction_id, frame.seq, frame)
            self.rooms.skipped.said(frame)
        if frame.name in WITH_AUCTION:
            self.announcements.look_at_auction(frame)
        self._payloads.look(frame, numbered=bool(self.numbered))
        label = next((label for label in self._labels if label in frame.text), None)
        if self._labels:
            what = f"{frame.name}: the room heard whom the staff calls {label!r}"
            self.findings.expect(Promise.SECRETS_STAY, label is None, what, frame.text)

    # --- what a phone asks

    def asks(self, seat: Seat, user_id: int, event: str, payload: Mapping[str, Any]) -> SentCommand:
        """Before it is sent."""
        auction_id = payload.get("auctionId", 0)
        room, truth = seat.rooms.get(auction_id), self.truth(auction_id)
        now = self._clock()
        known = truth.known
        asked = SentCommand(
            auction_id,
            event,
            payload,
            user_id,
            seat.label,
            now,
            None if known is None else max(known, truth.begins),
            room is not None and not room.awaiting,
            seat.line,
            self._awake(),
            now - room.lot_at if room is not None and room.lot_at is not None else 0,
        )
        self.spans.asks(asked)
        self.clocks.asks(asked)
        self.maxima.asks(asked)
        self.registrations.asks(asked)
        if event == FloorBid.wire_name and "label" in payload:
            self._labels.add(payload["label"])
        repeated = payload.get("requestId")
        return self._first_asked.setdefault(repeated, asked) if repeated else asked

    def gave_up(self, seat: Seat) -> None:
        """Nobody waits for the answer any more; an `error` that comes for it is still this phone's."""
        self.refusals.due(seat, LOST)

    def answered(self, seat: Seat, asked: SentCommand, answer: Reply, *, in_vain: bool) -> None:
        """What came of it. `in_vain`: nothing did in time, though its connection held."""
        self.refusals.due(seat, answer)
        self.put_off.answered(asked.event, answer)
        self.spans.answered(asked, answer)
        self.people.answered(asked, answer)
        self.maxima.answered(asked, answer)
        self.registrations.answered(asked, answer)
        if answer.ok is not None:
            self._first_asked.pop(str(asked.payload.get("requestId")), None)
        if answer.ok is False:
            self.reasons.refused(asked, answer.data)
        elif answer.ok:
            self.reasons.done(asked, answer.data)
        elif in_vain and asked.line == seat.line:
            self.connections.silent(asked)
        if "ok" in answer.data:
            self.connections.answered()
            self._acknowledgements.look(
                asked.event, asked.payload, answer.data, numbered=bool(self.numbered)
            )

    # --- what a phone hears

    def joining(self, seat: Seat, auction_id: int, *, resumes: bool) -> None:
        """Before the phone asks to join."""
        room = seat.rooms.get(auction_id)
        if room is None or not resumes:
            seat.rooms[auction_id] = SeatInRoom()
        else:
            room.awaiting = True

    def joined(self, seat: Seat, auction_id: int, answer: Reply) -> None:
        """The phone is in. Where a state came with the answer, it is looked at."""
        room = seat.rooms.get(auction_id)
        self.rooms.skipped.came(seat, auction_id)
        self.counts.joined(auction_id, seat.label, answer.data.get("userCount"))
        self.maxima.look_at_state(seat, answer.data)
        said = {name: value for name, value in answer.data.items() if name != "ok"}
        if room is not None and "auction" in said and said != room.told:
            if room.awaiting:
                self.rooms.state(seat, said)
            else:  # `auctionState` came first, and said something else
                self.states.look(said)
        if not self.numbered:
            self.truth(auction_id).is_live()
        if room is not None and room.awaiting and "seq" not in answer.data:
            self.rooms.without_state(seat, room)

    def left(self, seat: Seat, auction_id: int) -> None:
        """The server said that the phone is out."""
        seat.rooms.pop(auction_id, None)
        self.rooms.skipped.left(seat, auction_id)

    def heard(self, seat: Seat, frame: Frame) -> None:
        if frame.name in NEWS:
            if frame.name == AuctionStarted.wire_name:
                self.starts.heard(seat, seat.auction_of(frame))
            if seat.lists and (missing := LISTED.get(frame.name)) and missing not in frame.data:
                what = f"{frame.name}: {seat.label} reads lists, and {missing} is missing"
                self.findings.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, frame.text)
            self.rooms.heard(seat, frame)
        else:
            self._heard_aside(seat, frame)

    def _heard_aside(self, seat: Seat, frame: Frame) -> None:
        if frame.name == Error.wire_name:
            if not self._puts_out(seat, frame):
                self.refusals.heard(seat, frame)
        elif frame.name == MaximumChanged.wire_name:
            self.maxima.heard(seat, frame)
        elif frame.name == AuctionState.wire_name:
            room = seat.rooms.get(frame.auction_id or 0)
            if room is None:
                self.findings.heard_outside(seat.label, "its state", frame.text)
            else:
                room.told = frame.data
                if room.awaiting:
                    self.rooms.state(seat, frame.data)
                else:
                    self.rooms.told_anew(seat, frame)
        elif frame.name == UserCountUpdate.wire_name:
            room = seat.rooms.get(seat.auction_of(frame))
            if room is not None:
                room.count = frame.data.get("userCount")
                self.findings.looked(Promise.ROOMS_ARE_CLOSED)
            else:
                self.findings.heard_outside(seat.label, "its count", frame.text)

    def _puts_out(self, seat: Seat, frame: Frame) -> bool:
        """Whether this `error` says that its user was blocked; then the phone is out of the room (D47)."""
        if frame.data.get("code") != Code.BLOCKED or frame.data.get("event"):
            return False
        blocked_in = [
            auction_id
            for auction_id in seat.rooms
            if self.spans.may_have_been_asked((auction_id, seat.user_id, Kind.BLOCKED))
        ]
        for auction_id in blocked_in:
            self.people.is_put_out(seat, auction_id, seat.rooms[auction_id].last)
            self.left(seat, auction_id)
        return bool(blocked_in)

    def count(
        self, auction_id: int, heard: int | None, there: int, when: str, *, fewer: int, more: int
    ) -> None:
        """The count that was last heard, at a moment when nobody comes or goes.

        It may be smaller by `fewer`, who were dropped and do not know it yet, and larger by `more`,
        who left without a word.
        """
        self.findings.expect(
            Promise.COUNTS_AGREE,
            heard is not None and there - fewer <= heard <= there + more,
            f"auction {auction_id}, {when}: the count is {heard}, and {there} are there",
        )

    def finish(self, seats: Iterable[Seat]) -> None:
        """Report what can only be said when everything has been heard."""
        self.rooms.skipped.finish()
        self.reasons.later.finish()
        self.clocks.later.finish()
        self.people.finish()
        self.maxima.later.finish()
        self.registrations.later.finish()
        self.put_off.finish()
        self.connections.finish()
        self.announcements.finish()
        self.answers.finish()
        self.starts.finish()
        for seat in seats:
            self.rooms.finish(seat)
            self.refusals.finish_seat(seat)
        self._say_what_was_not_checked()

    def stop(self) -> None:
        """Report what can be said of a run that broke off, too: nothing more will be heard."""
        self.rooms.skipped.judge(self._awake())
        self.reasons.later.judge()
        self.clocks.later.judge()
        self.people.finish()
        self.put_off.finish()
        self.connections.finish()

    def _say_what_was_not_checked(self) -> None:
        def unchecked(promise: Promise, why: str) -> None:
            self.findings[promise].unchecked = why

        if not self.answers.acknowledged:
            unchecked(Promise.ACKNOWLEDGED_IS_ANNOUNCED, "no bid was acknowledged with a number")
        if not self.connections.answers:
            unchecked(Promise.COMMANDS_ARE_ANSWERED, "the server acknowledges nothing")
        if not self.rooms.told_states:
            unchecked(Promise.ANNOUNCED_IS_KEPT, "joiners are not told the state")
        if self.numbered is False:
            unchecked(Promise.ONE_ORDER, "announcements have no seq: the order was seen, not gaps")
        if not self.findings[Promise.STARTS_ARE_TOLD].checked:
            unchecked(Promise.STARTS_ARE_TOLD, "nobody was connected before it was started")
        database = self.findings[Promise.DATABASE_AGREES]
        if not database.checked:
            database.unchecked = "no --database-url was given"
