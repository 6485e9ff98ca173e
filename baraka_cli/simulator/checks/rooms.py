"""Checks what each phone hears in its rooms: everything, once, in the order of all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.simulator.checks.announcements import TAKES_BACK, Announcements
from baraka_cli.simulator.checks.cores import core_of
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat, SeatInRoom
from baraka_cli.simulator.checks.skipped import LISTED, Skipped
from baraka_cli.simulator.checks.states import States
from baraka_cli.simulator.result import Promise
from baraka_server.contract.server_events import AuctionStarted, LotChanged, NewBid, Scope
from baraka_server.contract.vocabulary import SERVER_EVENTS


class Rooms:
    """`frames` reads what a resume brings; `clock` and `awake` are those of the proof."""

    def __init__(
        self,
        findings: Findings,
        announcements: Announcements,
        states: States,
        frames: Frames,
        clock: Callable[[], float],
        awake: Callable[[], float],
    ) -> None:
        self.told_states = False
        """Whether any joiner was told the state (D21)."""
        self._findings = findings
        self._in_order = findings[Promise.ONE_ORDER]
        self._announcements = announcements
        self._states = states
        self._frames = frames
        self.skipped = Skipped(findings, announcements, clock, awake)
        self._clock = clock
        self._orders: dict[int, list[Frame]] = {}
        """Events of each auction of a server that numbers nothing, in the order of the first hearer."""

    def last_number(self, auction_id: int) -> int:
        """Number of the last announcement of an auction."""
        if auction_id in self._orders:
            return len(self._orders[auction_id])
        truth = self._announcements.truth(auction_id)
        return truth.last or truth.known or 0

    def heard(self, seat: Seat, frame: Frame) -> None:
        """Something that stands in an auction's sequence.

        Called for every frame of every phone: what is repeated thousands of times stays short.
        """
        auction_id = seat.auction_of(frame)
        room = seat.rooms.get(auction_id)
        if room is None:
            self._heard_outside(seat, frame)
        elif frame.seq is None:
            self._heard_unnumbered(seat, room, auction_id, frame)
        else:
            if seat.lists and frame.name in LISTED:
                self.skipped.list_came(auction_id, room, frame.name, frame.seq)
            if room.awaiting:
                room.held.append(frame)
            elif room.last is not None and frame.seq == room.last + 1:
                room.last = frame.seq
                self._in_order.checked += 1
                if room.unsaid is not None or frame.name in TAKES_BACK:
                    self._expect_the_guides_words(seat, room, frame)
            else:
                self._heard_out_of_line(seat, room, frame, frame.seq)
            if frame.name == LotChanged.wire_name:
                room.lot_at = self._clock()

    def _heard_outside(self, seat: Seat, frame: Frame) -> None:
        if SERVER_EVENTS[frame.name].scope is Scope.EVERYONE:
            self._findings.looked(Promise.ROOMS_ARE_CLOSED)
        else:
            self._findings.heard_outside(seat.label, frame.name, frame.text)

    def _expect_the_guides_words(self, seat: Seat, room: SeatInRoom, frame: Frame) -> None:
        """Expect that what was taken back was said in the guide's words before anything else.

        A newer list says it as well (D25).
        """
        contained = seat.lists and frame.name == NewBid.wire_name
        if room.unsaid is not None and not contained and not seat.slow:
            self._findings.broken(
                Promise.ONE_ORDER,
                f"{seat.label} heard {said(core_of(frame))}, and number {room.unsaid} before it was "
                "not said in the guide's words",
                frame.text,
            )
        room.unsaid = frame.seq if frame.name in TAKES_BACK else None

    def _heard_out_of_line(self, seat: Seat, room: SeatInRoom, frame: Frame, seq: int) -> None:
        if room.last is None:
            room.last = seq
        elif seq > room.last + 1:
            if room.gap is None:
                room.gap = room.last
            self.skipped.skips(seat, room, frame, range(room.last + 1, seq))
            room.last = seq
        elif self._announcements.told_again(frame):
            room.unsaid = None if room.unsaid == seq else room.unsaid
        elif frame.name != AuctionStarted.wire_name and not _comes_late(seat, room, frame, seq):
            # A start is told again to who asks again (D5).
            self._findings.broken(
                Promise.ONE_ORDER,
                f"{seat.label} heard number {seq} of auction {frame.auction_id} "
                f"after number {room.last}",
                frame.text,
            )

    def _heard_unnumbered(
        self, seat: Seat, room: SeatInRoom, auction_id: int, frame: Frame
    ) -> None:
        """Without numbers, who hears something first makes the order that all others must hear."""
        order = self._orders.setdefault(auction_id, [])
        self._announcements.truth(auction_id).begin_with_nothing()
        room.awaiting = False
        if room.last is None:  # its first one: wherever the others heard it last
            places = [at for at, known in enumerate(order) if known.says_the_same(frame)]
            room.last = places[-1] if places else len(order)
        if room.last < len(order) and not order[room.last].says_the_same(frame):
            ahead = any(known.says_the_same(frame) for known in order[room.last :])
            self._findings.broken(
                Promise.ONE_ORDER,
                f"{seat.label} heard {said(core_of(frame))} where others heard "
                f"{said(core_of(order[room.last]))}" + (" before it" if ahead else ""),
                frame.text,
            )
            room.last = None
            return
        if room.last == len(order):
            order.append(frame)
            self._announcements.place(auction_id, len(order), frame)
        room.last += 1
        self._in_order.checked += 1

    def state(self, seat: Seat, data: Mapping[str, Any]) -> None:
        """The state that a joiner got (D21), whichever way it came."""
        auction_id, seq = data.get("auctionId"), data.get("seq")
        if not isinstance(auction_id, int) or not isinstance(seq, int) or "auction" not in data:
            return
        self.told_states = True
        room = seat.rooms.get(auction_id)
        if room is None or not room.awaiting:
            return
        if self._states.look(data):
            self._resumed(seat, room, data, seq)

    def _resumed(self, seat: Seat, room: SeatInRoom, data: Mapping[str, Any], seq: int) -> None:
        heard, before = room.last, room.last if room.gap is None else room.gap
        room.awaiting, room.unsaid = False, None
        if before is None:
            room.last = seq
        else:
            room.last = before
            for one in data.get("missed") or ():
                frame = self._frames.made_of(one.get("event"), one.get("data"))
                if frame.seq is not None and frame.seq > room.last:
                    if frame.seq > room.last + 1:
                        break
                    room.last = frame.seq
            complete = data.get("missedComplete") is not False
            self._findings.expect(
                Promise.ONE_ORDER,
                room.last >= seq or not complete,
                f"{seat.label} resumed behind number {before} and was told up to {room.last}, "
                f"but the state is number {seq}",
            )
            room.last = max(room.last, seq)
            room.gap = None
            if heard is not None and seat.lists:
                room.overtaken = (heard, room.last)
                if room.line == seat.line:
                    came = {frame.seq for frame in room.held}
                    missing = (n for n in range(heard + 1, seq + 1) if n not in came)
                    self.skipped.told_in_a_state(int(data["auctionId"]), missing)
        room.line = seat.line
        held, room.held = room.held, []
        for frame in held:
            if frame.seq is not None and frame.seq > (room.last or 0):
                self.heard(seat, frame)

    def told_anew(self, seat: Seat, frame: Frame) -> None:
        """A whole state that nobody asked for takes the place of what was not heard."""
        room = seat.rooms[frame.auction_id or 0]
        if frame.seq is not None and room.last is not None and frame.seq > room.last:
            room.last, room.gap = frame.seq, None
        self._announcements.records.renew_auction(frame.auction_id or 0)
        self.skipped.forgive(room)

    def without_state(self, seat: Seat, room: SeatInRoom) -> None:
        """The phone is in, and no state will come."""
        room.awaiting = False
        held, room.held = room.held, []
        for frame in held:
            self.heard(seat, frame)

    def finish(self, seat: Seat) -> None:
        """It must have heard all that the others heard."""
        for auction_id, room in seat.rooms.items():
            truth = self._announcements.truth(auction_id)
            last = len(self._orders[auction_id]) if auction_id in self._orders else truth.known
            if room.gap is not None:
                self._findings.broken(
                    Promise.ONE_ORDER,
                    f"{seat.label} never heard number {room.gap + 1} of auction {auction_id}",
                )
            elif room.last is not None and last is not None:
                self.skipped.missed += max(0, last - room.last)
                self._findings.expect(
                    Promise.ONE_ORDER,
                    room.last >= last,
                    f"{seat.label} heard nothing of auction {auction_id} after number {room.last}; "
                    f"others heard up to {last}",
                )


def _comes_late(seat: Seat, room: SeatInRoom, frame: Frame, seq: int) -> bool:
    """Whether this is a list that waited for the whole room, while a state overtook it at this phone."""
    if room.overtaken is None or not seat.lists or frame.name not in LISTED:
        return False
    heard, stated = room.overtaken
    room.overtaken = (seq, stated)
    return heard < seq <= stated
