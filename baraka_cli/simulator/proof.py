"""What a server promises, looked at in everything that the crowd hears and is answered.

Each check counts how often it looked, so that a promise that was never looked at is not called
kept. Nothing here waits: what cannot be judged yet is judged when the rest is known.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from baraka_cli.simulator.frames import Frame, Frames
from baraka_cli.simulator.phones import Answer
from baraka_cli.simulator.result import Breach, Finding, Promise
from baraka_cli.simulator.truth import Core, Moment, Row, Truth, core_of, rows
from baraka_server.contract.records import BidWithUser, CommentWithUser
from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT, Code
from baraka_server.contract.server_events import SERVER_EVENTS, AuctionState, Error, Scope

FIRST_MAX = 5
"""How many breaches of a promise are kept whole."""
MESSAGE_CHARS_MAX = 2_000
_JOINED = "the answer to joinAuction"

NEWS = frozenset(
    name
    for name, event in SERVER_EVENTS.items()
    if name not in {"userCountUpdate", AuctionState.wire_name, Error.wire_name}
)
"""Events that stand in an auction's sequence."""

ADDED_FIELDS: dict[str, Any] = {
    "auctionId": 0,
    "seq": 0,
    "round": 0,
    "serverTime": "2026-01-01T00:00:00.000Z",
}
"""Stand-ins for what a server that knows the guide alone does not send."""

LISTS: dict[str, type] = {
    "auctionBids": BidWithUser,
    "comments": CommentWithUser,
    "auctionComments": CommentWithUser,
}
"""Lists of rows that payloads carry again and again."""

CONNECTION_TEXTS = frozenset({TEXTS[Code.NO_TOKEN], TEXTS[Code.INVALID_TOKEN]})
"""What is said to whom nobody knows, before anything was asked."""

ANNOUNCED_AS: dict[str, tuple[str, str]] = {
    "comment": ("newComment", "comment"),
    "changeCuurentProduct": ("auction_change_product", "product"),
    "awardingAuction": ("auctionEnded", ""),
    "endAuction": ("auctionFinished", ""),
}
"""What is announced when it was done, and the field of the ask that is told again."""

NOT_ITS_FAULT = frozenset({Code.TOO_FAST, Code.BUSY, Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN})
"""Refusals that say nothing about the ask: it may be tried again."""


@dataclass(eq=False, slots=True)
class Room:
    """One phone's place in one auction."""

    last: int | None = None
    """The number that it heard last; None until it has a first one."""
    awaiting: bool = True
    """It asked to join, and the state is not there yet."""
    gap: int | None = None
    """The last number before something that it did not hear, until a resume closes that."""
    held: list[Frame] = field(default_factory=list)
    told: Mapping[str, Any] | None = None
    """The `auctionState` that came last: the answer to the join says the same."""


@dataclass(eq=False, slots=True)
class Seat:
    """What the proof knows about one phone. The counts are of one connection."""

    label: str
    rooms: dict[int, Room] = field(default_factory=dict)
    asking: int = 0
    """Asks that are under way."""
    refused: int = 0
    unanswered: int = 0
    """Asks that were refused, and asks that may have been: each is an `error` that is due (D20)."""
    errors: int = 0
    """How many came: one may come before the answer that it goes with, or behind it."""

    def reconnects(self) -> None:
        self.refused = self.unanswered = self.errors = 0


@dataclass(slots=True)
class _Made:
    """How often a bid of this user and amount was asked for, by what came of it."""

    accepted: int = 0
    unknown: int = 0
    refused: int = 0


class Proof:
    """`clock` gives seconds since the run began. `numbers_are_whole` for private deployments (D17)."""

    def __init__(self, clock: Callable[[], float], *, numbers_are_whole: bool = False) -> None:
        self.findings = {promise: Finding(promise=promise) for promise in Promise}
        self.frames = Frames(self._admit)
        self.truths: dict[int, Truth] = {}
        self.numbered: bool | None = None
        """Whether the server numbers its announcements (D22); None until one was heard."""
        self.tells_states = False
        self.acknowledges = False
        self.refusals: Counter[str] = Counter()
        self._clock = clock
        self._numbers_are_whole = numbers_are_whole
        self._made: dict[int, dict[tuple[int, int], _Made]] = {}
        self._bidders: set[int] = set()
        self._awaited: dict[tuple[int, int], str] = {}
        self._quoted: list[tuple[int, Code, int, str]] = []
        self._rows: dict[tuple[type, Any], Mapping[str, Any]] = {}
        self._orders: dict[int, list[Frame]] = {}
        self._unplaced: Counter[tuple[int, int, int]] = Counter()
        """Auction, user and amount of bids that were acknowledged without a number."""

    # --- talking about it

    def broken(self, promise: Promise, what: str, message: object = "") -> None:
        finding = self.findings[promise]
        finding.checked += 1
        finding.broken += 1
        if len(finding.first) < FIRST_MAX:
            text = str(message)
            if len(text) > MESSAGE_CHARS_MAX:
                text = text[:MESSAGE_CHARS_MAX] + f"… ({len(text)} characters)"
            finding.first.append(Breach(at=round(self._clock(), 3), what=what, message=text))

    def looked(self, promise: Promise, times: int = 1) -> None:
        self.findings[promise].checked += times

    def _expect(self, promise: Promise, holds: bool, what: str, message: object = "") -> None:
        if holds:
            self.looked(promise)
        else:
            self.broken(promise, what, message)

    def truth(self, auction_id: int) -> Truth:
        truth = self.truths.get(auction_id)
        if truth is None:
            truth = self.truths[auction_id] = Truth(auction_id, partial(self._judge, auction_id))
        return truth

    # --- what a frame says, looked at once

    def _admit(self, frame: Frame) -> None:
        is_news = frame.name in NEWS
        if is_news and self.numbered is None:
            self.numbered = frame.seq is not None
        self._look_at_shape(frame)
        self._look_for_secrets(frame)
        if is_news and frame.seq is not None and frame.auction_id is not None:
            self._place(frame.auction_id, frame.seq, frame)

    def _place(self, auction_id: int, seq: int, frame: Frame) -> None:
        """Note what stands at `seq`, and look whether everybody was told the same."""
        core = _core(frame)
        truth = self.truth(auction_id)
        stands = truth.take(seq, core)
        if stands != core and not (core == ("auctionStarted",) and seq <= (truth.known or 0)):
            self.broken(
                Promise.ONE_ORDER,
                f"auction {auction_id}: number {seq} is {_said(stands)} for some and "
                f"{_said(core)} for others",
                frame.text,
            )
            return
        if frame.name == "auctionEnded":
            self._look_at_winner(auction_id, seq, frame)
        if "auctionBids" in frame.data or "comments" in frame.data or frame.name == "auctionEnded":
            truth.when(seq, partial(self._look_at_lists, truth, seq, frame))

    def _look_at_winner(self, auction_id: int, seq: int, frame: Frame) -> None:
        """Who is named beside the bid must be its bidder. What the bid must be, `_judge` knows."""
        bid, user = frame.data.get("winningBid"), frame.data.get("winningUser")
        bidder = bid.get("user_id") if isinstance(bid, dict) else None
        named = user.get("id") if isinstance(user, dict) else None
        self._expect(
            Promise.AWARD_IS_HIGHEST,
            bidder == named,
            f"auction {auction_id}, number {seq}: the winning bid is user {bidder}'s, but the "
            f"winning user is {named}",
            frame.text,
        )

    def _look_at_shape(self, frame: Frame) -> None:
        kind = SERVER_EVENTS.get(frame.name)
        if kind is None:
            self.broken(
                Promise.PAYLOADS_ARE_DOCUMENTED,
                f"'{frame.name}' is no documented event",
                frame.text,
            )
            return
        self._look_at_fields(frame.name, kind, frame.data, frame.text)

    def _look_at_fields(self, who: str, kind: type, said: Mapping[str, Any], text: object) -> None:
        data = dict(said)
        for name, record in LISTS.items():
            if isinstance(data.get(name), list):
                self._look_at_rows(who, name, data[name], record)
                data[name] = []
        if not self.numbered:
            data = ADDED_FIELDS | data
        try:
            _adapter(kind).validate_json(_json(data), strict=True)
        except (ValidationError, ValueError) as error:
            problem = _problem(error)
        else:
            problem = _wrong_user(data)
        self._expect(Promise.PAYLOADS_ARE_DOCUMENTED, not problem, f"{who}: {problem}", text)

    def _look_at_rows(self, who: str, name: str, listed: list[Any], record: type) -> None:
        """Rows were looked at when they were new; a row that has changed is looked at again."""
        for row in listed:
            key = (record, row.get("id") if isinstance(row, dict) else None)
            if self._rows.get(key) == row:
                continue
            try:
                _adapter(record).validate_json(_json(row), strict=True)
            except (ValidationError, ValueError) as error:
                what = f"{who}, a row of {name}: {_problem(error)}"
                self.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, _json(row))
                return
            self._rows[key] = row

    def _look_for_secrets(self, frame: Frame) -> None:
        self._look_for_secrets_in(frame.name, frame.data, frame.text)

    def _look_for_secrets_in(self, who: str, data: Mapping[str, Any], text: object) -> None:
        told = next(_secrets(data, numbers_are_whole=self._numbers_are_whole), None)
        self._expect(Promise.SECRETS_STAY, told is None, f"{who}: {told}", text)

    def _look_at_lists(self, truth: Truth, seq: int, frame: Frame) -> None:
        if seq <= truth.begins:
            return
        try:
            if frame.name == "newBid":
                listed = list(reversed(rows(frame.data["auctionBids"], "bid")))
                self._compare(truth, seq, "bids", listed, truth.bids_at(seq), frame.text)
            elif frame.name == "newComment":
                listed = rows(frame.data["comments"], "comment")
                self._compare(truth, seq, "comments", listed, truth.comments_at(seq), frame.text)
            else:
                cleared = not (frame.data["auction"].get("Auction_bids"))
                self._expect(
                    Promise.LISTS_ARE_THE_FOLD,
                    cleared,
                    f"auction {truth.auction_id}, number {seq}: bids stand after the award",
                    frame.text,
                )
        except (KeyError, TypeError, AttributeError):
            pass  # its shape was found wrong already

    def _compare(
        self, truth: Truth, seq: int, name: str, listed: list[Row], folded: list[Row], text: str
    ) -> None:
        self._expect(
            Promise.LISTS_ARE_THE_FOLD,
            listed == folded,
            f"auction {truth.auction_id}, number {seq}: the {name} are "
            f"{_differ(listed, folded)} by what was announced",
            text,
        )

    def _judge(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """What an announcement may say, given what was said before it."""
        where = f"auction {auction_id}, number {seq}"
        match core:
            case ("newBid", _, _, int(amount)):
                if before.bids:
                    top = before.bids[-1][2]
                    rises = amount > top
                    what = f"{where}: a bid of {amount} was accepted after one of {top}"
                else:
                    rises = before.lot is None or amount >= before.lot.minimum
                    least = before.lot.minimum if before.lot else 0
                    what = f"{where}: a first bid of {amount} is below the minimum of {least}"
                self._expect(Promise.BIDS_RISE, rises, what)
            case ("auctionEnded", won):
                top = before.bids[-1] if before.bids else None
                self._expect(
                    Promise.AWARD_IS_HIGHEST,
                    won == top,
                    f"{where}: awarded to {_bid(won)}, but the highest is {_bid(top)}",
                )

    # --- what a phone hears

    def joining(self, seat: Seat, auction_id: int, *, resumes: bool) -> None:
        """Before the phone asks to join."""
        room = seat.rooms.get(auction_id)
        if room is None or not resumes:
            seat.rooms[auction_id] = Room()
        else:
            room.awaiting = True

    def joined(self, seat: Seat, auction_id: int, answer: Answer) -> None:
        """The phone is in. Where a state came with the answer, it is looked at."""
        room = seat.rooms.get(auction_id)
        said = {name: value for name, value in answer.said.items() if name != "ok"}
        if room is not None and "auction" in said and said != room.told:
            self._look_at_fields(_JOINED, AuctionState, said, said)
            self._look_for_secrets_in(_JOINED, said, said)
            if room.awaiting:
                self.state(seat, said)
            else:  # `auctionState` came first, and said something else
                self._look_at_whole_state(said)
        if room is not None and room.awaiting and "seq" not in answer.said:
            room.awaiting = False  # no state will come
            held, room.held = room.held, []
            for frame in held:
                self.heard(seat, frame)

    def last_number(self, auction_id: int) -> int:
        """How far the announcements of an auction have come."""
        if auction_id in self._orders:
            return len(self._orders[auction_id])
        truth = self.truth(auction_id)
        return max(truth.cores, default=truth.known or 0)

    def left(self, seat: Seat, auction_id: int) -> None:
        """The server said that the phone is out."""
        seat.rooms.pop(auction_id, None)

    def heard(self, seat: Seat, frame: Frame) -> None:
        """Called for every frame of every phone: what is repeated thousands of times stays short."""
        if frame.name not in NEWS:
            self._heard_aside(seat, frame)
            return
        auction_id = self._auction_of(seat, frame)
        room = seat.rooms.get(auction_id)
        if room is None:
            self._heard_outside(seat, frame)
        elif frame.seq is None:
            self._heard_unnumbered(seat, room, auction_id, frame)
        elif room.awaiting:
            room.held.append(frame)
        elif room.last is not None and frame.seq == room.last + 1:
            room.last = frame.seq
            self.findings[Promise.ONE_ORDER].checked += 1
        else:
            self._heard_out_of_line(seat, room, frame, frame.seq)

    def _auction_of(self, seat: Seat, frame: Frame) -> int:
        if frame.auction_id is not None:
            return frame.auction_id
        if frame.name == "auctionStarted" and isinstance(frame.data.get("id"), int):
            return int(frame.data["id"])
        return next(iter(seat.rooms), 0)

    def _heard_outside(self, seat: Seat, frame: Frame) -> None:
        everyone = SERVER_EVENTS[frame.name].scope is Scope.EVERYONE
        self._expect(
            Promise.ROOMS_ARE_CLOSED,
            everyone,
            f"{seat.label} is not in the room and heard {frame.name}",
            frame.text,
        )

    def _heard_out_of_line(self, seat: Seat, room: Room, frame: Frame, seq: int) -> None:
        if room.last is None:
            room.last = seq
        elif seq > room.last + 1:
            if room.gap is None:
                room.gap = room.last
            room.last = seq
        elif frame.name != "auctionStarted":  # a start is told again to who asks again (D5)
            self.broken(
                Promise.ONE_ORDER,
                f"{seat.label} heard number {seq} of auction {frame.auction_id} "
                f"after number {room.last}",
                frame.text,
            )

    def _heard_unnumbered(self, seat: Seat, room: Room, auction_id: int, frame: Frame) -> None:
        """Without numbers, who hears something first makes the order that all others must hear."""
        order = self._orders.setdefault(auction_id, [])
        self.truth(auction_id).begin_with_nothing()
        room.awaiting = False
        if room.last is None:  # its first one: wherever the others heard it last
            places = [at for at, known in enumerate(order) if known.says_the_same(frame)]
            room.last = places[-1] if places else len(order)
        if room.last < len(order) and not order[room.last].says_the_same(frame):
            ahead = any(known.says_the_same(frame) for known in order[room.last :])
            self.broken(
                Promise.ONE_ORDER,
                f"{seat.label} heard {_said(_core(frame))} where others heard "
                f"{_said(_core(order[room.last]))}" + (" before it" if ahead else ""),
                frame.text,
            )
            room.last = None
            return
        if room.last == len(order):
            order.append(frame)
            self._place(auction_id, len(order), frame)
        room.last += 1
        self.looked(Promise.ONE_ORDER)

    def _heard_aside(self, seat: Seat, frame: Frame) -> None:
        if frame.name == Error.wire_name:
            self._heard_error(seat, frame)
        elif frame.name == AuctionState.wire_name:
            room = seat.rooms.get(frame.auction_id or 0)
            if room is None:
                self.broken(
                    Promise.ROOMS_ARE_CLOSED,
                    f"{seat.label} is not in the room and heard its state",
                    frame.text,
                )
            else:
                room.told = frame.data
                if room.awaiting:
                    self.state(seat, frame.data)
        elif frame.name == "userCountUpdate":
            inside = self._auction_of(seat, frame) in seat.rooms
            self._expect(
                Promise.ROOMS_ARE_CLOSED,
                inside,
                f"{seat.label} is not in the room and heard its count",
                frame.text,
            )

    def _heard_error(self, seat: Seat, frame: Frame) -> None:
        message, code = frame.data.get("message"), frame.data.get("code")
        if message in CONNECTION_TEXTS:
            return
        seat.errors += 1
        event = str(frame.data.get("event", ""))
        if not _is_documented(event, str(code or ""), str(message)):
            what = f"'error' has words that are not documented: {message}"
            self.broken(Promise.REFUSALS_ARE_RIGHT, what, frame.text)
        due = seat.asking or seat.errors <= seat.refused + seat.unanswered
        self._expect(
            Promise.ROOMS_ARE_CLOSED,
            bool(due) or code in NOT_ITS_FAULT,
            f"{seat.label} asked nothing and heard what somebody else was refused",
            frame.text,
        )

    def refused(self, seat: Seat, answer: Answer) -> None:
        """The phone has an answer to an ask, or will not get one."""
        if answer.ok is False:
            seat.refused += 1
        elif answer.ok is None:
            seat.unanswered += 1

    # --- states

    def state(self, seat: Seat, data: Mapping[str, Any]) -> None:
        """The state that a joiner got (D21), whichever way it came."""
        auction_id, seq = data.get("auctionId"), data.get("seq")
        if not isinstance(auction_id, int) or not isinstance(seq, int) or "auction" not in data:
            return
        self.tells_states = True
        room = seat.rooms.get(auction_id)
        if room is None or not room.awaiting:
            return
        if self._look_at_whole_state(data):
            self._resumed(seat, room, data, seq)

    def _look_at_whole_state(self, data: Mapping[str, Any]) -> bool:
        """Whether it could be read at all. It is compared as soon as all before it was heard."""
        try:
            auction_id, seq = int(data["auctionId"]), int(data["seq"])
            truth = self.truth(auction_id)
            listed = list(reversed(rows(data["auctionBids"], "bid")))
            said = rows(data["auctionComments"], "comment")
            product = data["auction"]["current_product"]
            truth.begin_with(seq, data)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.broken(
                Promise.PAYLOADS_ARE_DOCUMENTED, "the state of a joiner lacks its fields", data
            )
            return False
        truth.when(seq, partial(self._look_at_state, truth, seq, listed, said, product))
        return True

    def _resumed(self, seat: Seat, room: Room, data: Mapping[str, Any], seq: int) -> None:
        before = room.last if room.gap is None else room.gap
        room.awaiting = False
        if before is None:
            room.last = seq
        else:
            room.last = before
            for one in data.get("missed") or ():
                frame = self.frames.made_of(one.get("event"), one.get("data"))
                if frame.seq is not None and frame.seq > room.last:
                    if frame.seq > room.last + 1:
                        break
                    room.last = frame.seq
            complete = data.get("missedComplete") is not False
            self._expect(
                Promise.ONE_ORDER,
                room.last >= seq or not complete,
                f"{seat.label} resumed behind number {before} and was told up to {room.last}, "
                f"but the state is number {seq}",
            )
            room.last = max(room.last, seq)
            room.gap = None
        held, room.held = room.held, []
        for frame in held:
            if frame.seq is not None and frame.seq > (room.last or 0):
                self.heard(seat, frame)

    def _look_at_state(
        self, truth: Truth, seq: int, listed: list[Row], said: list[Row], product: object
    ) -> None:
        if seq < truth.begins:
            return
        where = f"auction {truth.auction_id}, the state at number {seq}"
        folded = truth.bids_at(seq)
        self._expect(
            Promise.ANNOUNCED_IS_KEPT,
            listed == folded,
            f"{where}: the bids are {_differ(listed, folded)} by what was announced",
        )
        folded = truth.comments_at(seq)
        self._expect(
            Promise.ANNOUNCED_IS_KEPT,
            said == folded,
            f"{where}: the comments are {_differ(said, folded)} by what was announced",
        )
        if seq == truth.known:
            lot = truth.lot.product if truth.lot else None
            self._expect(
                Promise.ANNOUNCED_IS_KEPT,
                product == lot,
                f"{where}: '{product}' is on the block, but '{lot}' was announced",
            )

    # --- answers

    def asks_bid(self, user_id: int) -> None:
        self._bidders.add(user_id)

    def answered_bid(
        self,
        auction_id: int,
        user_id: int,
        payload: Mapping[str, Any],
        answer: Answer,
        *,
        malformed: bool,
    ) -> None:
        """What came of a bid. `malformed` ones must be refused (D12, D16)."""
        amount = payload.get("amount")
        self._count_bid(auction_id, user_id, amount, answer)
        if answer.ok is False:
            self._look_at_refusal(auction_id, "placeBid", payload, answer, malformed=malformed)
        elif answer.ok and malformed:
            self.broken(
                Promise.REFUSALS_ARE_RIGHT,
                f"a bid of {amount!r} was accepted",
                dict(answer.said),
            )
        elif answer.ok and isinstance(answer.said.get("seq"), int):
            self.acknowledges = True
            seq, bid_id = answer.said["seq"], answer.said.get("bidId")
            what = f"bid {bid_id} of {amount}, acknowledged with number {seq} of {auction_id}"
            self._awaited[auction_id, seq] = what
            core = ("newBid", bid_id, user_id, amount)
            look = partial(self._look_at_acknowledged, auction_id, seq, core, what)
            self.truth(auction_id).when(seq, look)
        elif answer.said.get("ok") and isinstance(amount, int):
            self.acknowledges = True
            self._unplaced[auction_id, user_id, amount] += 1

    def _count_bid(self, auction_id: int, user_id: int, amount: object, answer: Answer) -> None:
        if not isinstance(amount, int | float) or isinstance(amount, bool):
            return
        made = self._made.setdefault(auction_id, {}).setdefault((user_id, int(amount)), _Made())
        if answer.ok:
            made.accepted += 1
        elif answer.ok is None or answer.code == Code.OUTCOME_UNKNOWN:
            made.unknown += 1
        else:
            made.refused += 1

    def _look_at_acknowledged(self, auction_id: int, seq: int, core: Core, what: str) -> None:
        self._awaited.pop((auction_id, seq), None)
        truth = self.truth(auction_id)
        if seq <= truth.begins:
            return
        stands = truth.cores.get(seq)
        self._expect(
            Promise.ACKNOWLEDGED_IS_ANNOUNCED,
            stands == core,
            f"{what}, was not announced: that number is {_said(stands)}",
        )

    def answered(
        self, auction_id: int, event: str, payload: Mapping[str, Any], answer: Answer
    ) -> None:
        """What came of anything but a bid."""
        if answer.ok is False:
            self._look_at_refusal(auction_id, event, payload, answer, malformed=False)
        seq = answer.said.get("seq")
        if answer.ok and event in ANNOUNCED_AS and isinstance(seq, int):
            what = f"{event}, acknowledged with number {seq} of {auction_id}"
            self._awaited[auction_id, seq] = what
            look = partial(self._look_at_done, auction_id, seq, event, payload, what)
            self.truth(auction_id).when(seq, look)

    def _look_at_done(
        self, auction_id: int, seq: int, event: str, payload: Mapping[str, Any], what: str
    ) -> None:
        self._awaited.pop((auction_id, seq), None)
        truth = self.truth(auction_id)
        if seq <= truth.begins:
            return
        stands = truth.cores.get(seq)
        name, value = ANNOUNCED_AS[event]
        rightly = stands is not None and stands[0] == name
        if rightly and stands is not None and value:
            rightly = payload.get(value) in stands
        self._expect(
            Promise.ACKNOWLEDGED_IS_ANNOUNCED,
            rightly,
            f"{what}, was not announced: that number is {_said(stands)}",
        )

    def _look_at_refusal(
        self,
        auction_id: int,
        event: str,
        payload: Mapping[str, Any],
        answer: Answer,
        *,
        malformed: bool,
    ) -> None:
        self.refusals[answer.code or answer.message] += 1
        code = answer.code
        if not _is_documented(event, code, answer.message):
            what = f"{event} was refused in words that are not documented: {answer.message}"
            self.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.said))
            return
        if malformed != (code == Code.MALFORMED) and code and code not in NOT_ITS_FAULT:
            what = f"{event} with {dict(payload)} was refused as '{answer.message}'"
            self.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.said))
            return
        if code == Code.TOO_FAST and not isinstance(answer.said.get("retryAfterMs"), int):
            what = "'too fast' without retryAfterMs"
            self.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.said))
            return
        self.looked(Promise.REFUSALS_ARE_RIGHT)
        self._keep_quote(auction_id, payload, answer)

    def _keep_quote(self, auction_id: int, payload: Mapping[str, Any], answer: Answer) -> None:
        """The number in a refusal is looked at in the end: its bid may not be announced yet."""
        amount = payload.get("amount")
        if not isinstance(amount, int):
            return
        for code in (Code.BID_TOO_LOW, Code.BID_BELOW_MINIMUM):
            quoted = _fits(TEXTS[code], answer.message)
            if quoted is not None and quoted.isdigit():
                self._quoted.append((auction_id, code, int(quoted), f"{amount}"))
                rightly = (
                    amount <= int(quoted) if code is Code.BID_TOO_LOW else amount < int(quoted)
                )
                self._expect(
                    Promise.REFUSALS_ARE_RIGHT,
                    rightly,
                    f"a bid of {amount} was refused with '{answer.message}'",
                    dict(answer.said),
                )

    # --- counts

    def count(
        self, auction_id: int, heard: int | None, there: int, when: str, *, fewer: int, more: int
    ) -> None:
        """The count that was last heard, at a moment when nobody comes or goes.

        It may be smaller by `fewer`, who were dropped and do not know it yet, and larger by `more`,
        who left without a word.
        """
        self._expect(
            Promise.COUNTS_AGREE,
            heard is not None and there - fewer <= heard <= there + more,
            f"auction {auction_id}, {when}: the count is {heard}, and {there} are there",
        )

    # --- the end

    def finish(self, seats: Iterable[Seat]) -> None:
        """What can only be said when everything has been heard."""
        for auction_id, truth in self.truths.items():
            self._finish_order(auction_id, truth)
            self._finish_bids(auction_id)
        for (auction_id, seq), what in sorted(self._awaited.items()):
            self.broken(
                Promise.ACKNOWLEDGED_IS_ANNOUNCED,
                f"auction {auction_id}: {what}, never came ({seq})",
            )
        self._finish_unplaced()
        for seat in seats:
            self._finish_seat(seat)
            self._finish_errors(seat)
        for auction_id, code, quoted, amount in self._quoted:
            truth = self.truth(auction_id)
            among = truth.amounts if code is Code.BID_TOO_LOW else truth.minimums
            self._expect(
                Promise.REFUSALS_ARE_RIGHT,
                quoted in among,
                f"auction {auction_id}: a bid of {amount} was refused because of {quoted}, "
                "which never stood",
            )
        self._say_what_was_not_checked()

    def _finish_order(self, auction_id: int, truth: Truth) -> None:
        missing = truth.missing()
        if missing is not None:
            self.broken(
                Promise.ONE_ORDER, f"auction {auction_id}: number {missing} was heard by nobody"
            )
        elif truth.waiting:
            self.broken(
                Promise.ONE_ORDER,
                f"auction {auction_id}: number {truth.waiting[0]} was told of and not heard",
            )

    def _finish_bids(self, auction_id: int) -> None:
        made = self._made.get(auction_id, {})
        for (user_id, amount), times in self._announced(auction_id).items():
            if user_id not in self._bidders:
                continue
            one = made.get((user_id, amount), _Made())
            self._expect(
                Promise.REFUSED_STAYS_REFUSED,
                times <= one.accepted + one.unknown,
                f"auction {auction_id}: a bid of {amount} by user {user_id} was announced "
                f"{times} times; {one.accepted} were accepted, {one.refused} refused",
            )

    def _finish_unplaced(self) -> None:
        for (auction_id, user_id, number), times in sorted(self._unplaced.items()):
            told = self._announced(auction_id)[user_id, number]
            self._expect(
                Promise.ACKNOWLEDGED_IS_ANNOUNCED,
                told >= times,
                f"auction {auction_id}: a bid of {number} by user {user_id} was acknowledged "
                f"{times} times and announced {told} times",
            )

    def _announced(self, auction_id: int) -> Counter[tuple[int, int]]:
        """How often bids of a user and an amount were announced."""
        bids = self.truth(auction_id).all_bids()
        return Counter((user_id, amount) for _, (_, user_id, amount) in bids)

    def _finish_errors(self, seat: Seat) -> None:
        """Everybody who was refused something heard `error` for it, and nobody more than that."""
        most = seat.refused + seat.unanswered + seat.asking
        self._expect(
            Promise.ROOMS_ARE_CLOSED,
            seat.errors <= most,
            f"{seat.label} was refused {seat.refused} times and heard {seat.errors} errors: "
            "some were somebody else's",
        )
        self._expect(
            Promise.REFUSALS_ARE_RIGHT,
            seat.errors >= seat.refused,
            f"{seat.label} was refused {seat.refused} times and heard {seat.errors} errors",
        )

    def _finish_seat(self, seat: Seat) -> None:
        for auction_id, room in seat.rooms.items():
            truth = self.truth(auction_id)
            last = len(self._orders[auction_id]) if auction_id in self._orders else truth.known
            if room.gap is not None:
                self.broken(
                    Promise.ONE_ORDER,
                    f"{seat.label} never heard number {room.gap + 1} of auction {auction_id}",
                )
            elif room.last is not None and last is not None:
                self._expect(
                    Promise.ONE_ORDER,
                    room.last >= last,
                    f"{seat.label} heard nothing of auction {auction_id} after number {room.last}; "
                    f"others heard up to {last}",
                )

    def _say_what_was_not_checked(self) -> None:
        def unchecked(promise: Promise, why: str) -> None:
            self.findings[promise].unchecked = why

        if not self.acknowledges:
            unchecked(
                Promise.ACKNOWLEDGED_IS_ANNOUNCED, "no bid was acknowledged with a number (D20)"
            )
        if not self.tells_states:
            unchecked(Promise.ANNOUNCED_IS_KEPT, "joiners are not told the state (D21)")
        if self.numbered is False:
            unchecked(
                Promise.ONE_ORDER, "announcements have no seq (D22): the order was seen, not gaps"
            )
        database = self.findings[Promise.DATABASE_AGREES]
        if not database.checked:
            database.unchecked = "no --database-url was given"


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    return adapter


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def _is_documented(event: str, code: str, message: str) -> bool:
    """Whether these are the words for that refusal; without a code, for any."""
    if not code:
        texts = {*TEXTS.values(), *TEXTS_BY_EVENT.values()}
    elif code in set(Code) and code != Code.FAULT:
        texts = {TEXTS_BY_EVENT.get((event, Code(code))) or TEXTS[Code(code)]}
    else:
        return False
    return any(_fits(text, message) is not None for text in texts)


def _wrong_user(data: Mapping[str, Any]) -> str:
    """What is wrong with the user beside a new row, in words; empty when it is who the row says."""
    for name in ("newBid", "newComment"):
        row = data.get(name)
        if isinstance(row, dict) and row["user"]["id"] != row["user_id"]:
            return f"{name}.user: user {row['user']['id']} stands beside user_id {row['user_id']}"
    return ""


def _secrets(value: object, *, numbers_are_whole: bool) -> Iterator[str]:
    """What must not be in a payload (D17), in words that do not repeat it."""
    if isinstance(value, dict):
        if value.get("otpCode"):
            yield f"the one-time code of user {value.get('id')} is in it"
        number = value.get("number")
        if isinstance(number, str) and not numbers_are_whole and _digits(number) > 2:
            yield f"the whole phone number of user {value.get('id')} is in it"
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _secrets(item, numbers_are_whole=numbers_are_whole)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, numbers_are_whole=numbers_are_whole)


def _digits(number: str) -> int:
    return sum(char.isdigit() for char in number)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _fits(template: str, text: str) -> str | None:
    """The value in `text`, when it is the template filled in; empty for one without a value."""
    pattern = _PATTERNS.get(template)
    if pattern is None:
        parts = re.split(r"\{\w+\}", template)
        made = re.compile("(.+?)".join(map(re.escape, parts)) + r"\Z", re.DOTALL)
        pattern = _PATTERNS[template] = made
    match = pattern.match(text)
    if match is None:
        return None
    return match.group(1) if match.groups() else ""


def _core(frame: Frame) -> Core:
    """What the frame says; where fields are missing, only that it was said: the rest goes on."""
    try:
        return core_of(frame.name, frame.data)
    except (KeyError, TypeError):
        return (frame.name,)


def _said(core: Core | None) -> str:
    match core:
        case None:
            return "nothing"
        case ("newBid", bid_id, user_id, amount):
            return f"bid {bid_id} of {amount} by user {user_id}"
        case ("newComment", comment_id, user_id, _):
            return f"comment {comment_id} by user {user_id}"
        case ("auction_change_product", product, *_):
            return f"the lot '{product}'"
        case ("auctionEnded", won):
            return f"an award to {_bid(won)}"
        case (name, *_):
            return str(name)
    return str(core)


def _bid(bid: Row | None) -> str:
    return f"user {bid[1]} with {bid[2]}" if bid else "nobody"


def _differ(listed: list[Row], folded: list[Row]) -> str:
    for at, (one, other) in enumerate(zip(listed, folded, strict=False)):
        if one != other:
            return f"wrong at place {at + 1}: {one}, but {other}"
    return f"{len(listed)}, but {len(folded)}"
