"""`Proof`: gives everything that the crowd hears and is answered to the checks.

Nothing here waits: what cannot be judged yet is judged when the rest is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.answers import Answers
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.payloads import Payloads
from baraka_cli.simulator.checks.refusals import Refusals
from baraka_cli.simulator.checks.rooms import Rooms
from baraka_cli.simulator.checks.seats import Room, Seat
from baraka_cli.simulator.checks.states import States
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.server_events import SERVER_EVENTS, AuctionState, Error, UserCountUpdate

_JOINED = "the answer to joinAuction"

NEWS = frozenset(
    name
    for name, event in SERVER_EVENTS.items()
    if name not in {UserCountUpdate.wire_name, AuctionState.wire_name, Error.wire_name}
)
"""Events that stand in an auction's sequence."""


class Proof:
    """`clock` gives seconds since the run began. `numbers_are_whole` for private deployments (D17)."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        numbers_are_whole: bool = False,
        exempt: Collection[Promise] = frozenset(),
    ) -> None:
        self.findings = Findings(clock, exempt)
        self.frames = Frames(self._admit)
        self.announcements = Announcements(self.findings)
        self.states = States(self.findings, self.announcements)
        self.rooms = Rooms(self.findings, self.announcements, self.states, self.frames)
        self.refusals = Refusals(self.findings, self.announcements)
        self.answers = Answers(self.findings, self.announcements, self.refusals)
        self.numbered: bool | None = None
        """Whether the server numbers its announcements (D22); None until one was heard."""
        self._payloads = Payloads(self.findings, numbers_are_whole=numbers_are_whole)

    def truth(self, auction_id: int) -> Truth:
        return self.announcements.truth(auction_id)

    def _admit(self, frame: Frame) -> None:
        """Check a frame once, however many hear it."""
        is_news = frame.name in NEWS
        if is_news and self.numbered is None:
            self.numbered = frame.seq is not None
        self._payloads.look(frame, numbered=bool(self.numbered))
        if is_news and frame.seq is not None and frame.auction_id is not None:
            self.announcements.place(frame.auction_id, frame.seq, frame)

    # --- what a phone hears

    def joining(self, seat: Seat, auction_id: int, *, resumes: bool) -> None:
        """Before the phone asks to join."""
        room = seat.rooms.get(auction_id)
        if room is None or not resumes:
            seat.rooms[auction_id] = Room()
        else:
            room.awaiting = True

    def joined(self, seat: Seat, auction_id: int, answer: Reply) -> None:
        """The phone is in. Where a state came with the answer, it is looked at."""
        room = seat.rooms.get(auction_id)
        said = {name: value for name, value in answer.data.items() if name != "ok"}
        if room is not None and "auction" in said and said != room.told:
            numbered = bool(self.numbered)
            self._payloads.look_at(_JOINED, AuctionState, said, said, numbered=numbered)
            if room.awaiting:
                self.rooms.state(seat, said)
            else:  # `auctionState` came first, and said something else
                self.states.look(said)
        if room is not None and room.awaiting and "seq" not in answer.data:
            self.rooms.without_state(seat, room)

    def left(self, seat: Seat, auction_id: int) -> None:
        """The server said that the phone is out."""
        seat.rooms.pop(auction_id, None)

    def heard(self, seat: Seat, frame: Frame) -> None:
        if frame.name in NEWS:
            self.rooms.heard(seat, frame)
        else:
            self._heard_aside(seat, frame)

    def _heard_aside(self, seat: Seat, frame: Frame) -> None:
        if frame.name == Error.wire_name:
            self.refusals.heard(seat, frame)
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
            if seat.auction_of(frame) in seat.rooms:
                self.findings.looked(Promise.ROOMS_ARE_CLOSED)
            else:
                self.findings.heard_outside(seat.label, "its count", frame.text)

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
        self.announcements.finish()
        self.answers.finish()
        for seat in seats:
            self.rooms.finish(seat)
            self.refusals.finish_seat(seat)
        self.refusals.finish()
        self._say_what_was_not_checked()

    def _say_what_was_not_checked(self) -> None:
        def unchecked(promise: Promise, why: str) -> None:
            self.findings[promise].unchecked = why

        if not self.answers.acknowledged:
            unchecked(Promise.ACKNOWLEDGED_IS_ANNOUNCED, "no bid was acknowledged with a number")
        if not self.rooms.told_states:
            unchecked(Promise.ANNOUNCED_IS_KEPT, "joiners are not told the state")
        if self.numbered is False:
            unchecked(Promise.ONE_ORDER, "announcements have no seq: the order was seen, not gaps")
        database = self.findings[Promise.DATABASE_AGREES]
        if not database.checked:
            database.unchecked = "no --database-url was given"
