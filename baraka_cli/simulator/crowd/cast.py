"""`cast`: makes the members of the crowd, with a phone for every part of the scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.sockets import Socket, SocketPool
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.crowd.people import MIX, Bidder, Commenter, Temper, View
from baraka_cli.simulator.processes.phones import PhoneSpec, make_phone
from baraka_cli.simulator.processes.workers import Workers
from baraka_cli.simulator.scenario import Scenario, Transport
from baraka_server.contract.server_events import LotAwarded, LotChanged

SLOW_SECONDS = 0.1
"""Time that a slow phone takes for each message."""
FIRST_COMERS_MAX = 2
"""Of each part: phones that are connected before an auction is started."""


class Part(StrEnum):
    HOST = "host"
    BIDDER = "bidder"
    COMMENTER = "commenter"
    VIEWER = "viewer"
    PASSER_BY = "passer-by"
    AUDITOR = "auditor"


@dataclass(slots=True)
class Board:
    """Display of an auction on a phone."""

    minimum: int = 0
    market: int = 0
    top: int | None = None
    leader: int | None = None
    open: bool = False
    round: int | None = None
    lot: int = 0
    """Number of lots that were seen."""

    def state(self, state: Mapping[str, Any]) -> None:
        auction = state.get("auction")
        if not isinstance(auction, dict):
            return
        was_open, was_round = self.open, self.round
        self.open = auction.get("current_product") is not None
        self._priced(auction)
        self.round = state.get("round")
        bids = state.get("auctionBids")
        high = bids[0] if isinstance(bids, list) and bids else None
        self.top, self.leader = _standing(high)
        if self.open and (not was_open or self.round != was_round):
            self.lot += 1

    def frame(self, frame: Frame) -> None:
        if frame.bid is not None:
            self.leader, self.top = frame.bid
        elif frame.name == LotChanged.wire_name:
            data = frame.data
            if not self.open or data.get("round") != self.round or self.round is None:
                self.top = self.leader = None
                self.lot += 1
            self._priced(data)
            self.round, self.open = data.get("round"), True
        elif frame.name == LotAwarded.wire_name:
            self.open, self.top, self.leader = False, None, None

    def _priced(self, fields: Mapping[str, Any]) -> None:
        # A price that is none is the proof's business; the bidder takes it for 0.
        self.minimum, self.market = (
            _number(fields.get(n)) or 0 for n in ("minBidPrice", "actualPrice")
        )

    def view(self, user_id: int, elapsed: float) -> View:
        return View(self.minimum, self.market, self.top, self.leader == user_id, elapsed)


def _standing(bid: object) -> tuple[int | None, int | None]:
    """The amount and the user of the bid at the head of a list."""
    if not isinstance(bid, dict):
        return None, None
    return _number(bid.get("bid")), _number(bid.get("user_id"))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


@dataclass(eq=False)
class Member:
    """Socket of the crowd, and whose it is."""

    phone: Socket
    part: Part
    seat: Seat
    auction_id: int | None
    """The room that it belongs in; None for who only connects."""
    number: int = 0
    """Which of those with this part; a second tab has the number of the first."""
    slow: bool = False
    board: Board = field(default_factory=Board)
    bidder: Bidder | None = None
    commenter: Commenter | None = None
    inside: bool = False
    busy: bool = False
    """It is coming back, or closing a gap."""
    lot_seen: int = 0
    lot_seen_at: float = 0.0
    """By `time.perf_counter()`."""


Mint = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Place:
    """Auction and users of a sale. `next_door` is a live auction that must hear nothing of it."""

    auction_id: int
    next_door: int | None
    host_id: int
    others: Sequence[int]
    """The users who are there beside the host."""
    named: bool = False
    """Whether a person named the auction, who may have started it for this crowd."""


def member(
    pool: SocketPool,
    mint: Mint,
    part: Part,
    number: int,
    user_id: int,
    auction_id: int | None,
    *,
    lists: bool = True,
    slow: bool = False,
    compress: bool = False,
    transports: Sequence[str] = (),
    workers: Workers | None = None,
) -> Member:
    """A member with a light phone, unless `transports` are given. One of `workers` may hold it."""
    label = f"{part} {number} (user {user_id})" if number else f"the {part} (user {user_id})"
    if transports:
        label += ", " + "+".join(transports)
    spec = PhoneSpec(
        label,
        user_id,
        mint(user_id),
        lists=lists,
        transports=tuple(transports),
        slow_seconds=SLOW_SECONDS if slow else 0,
        compress=compress,
    )
    worker = workers.holder(number) if workers is not None else None
    phone = worker.add(pool, spec) if worker is not None else make_phone(pool, spec)
    seat = Seat(label, user_id, lists=lists, slow=slow)
    return Member(phone, part, seat, auction_id, number, slow=slow)


def cast(
    scenario: Scenario, place: Place, pool: SocketPool, mint: Mint, workers: Workers
) -> list[Member]:
    """Make everybody but the host. The seed decides who has which phone.

    `workers` hold their part of the viewers. Whoever bids or speaks has a phone in this process, which
    says when.
    """
    chance = Random(f"cast of {scenario.seed}")
    everybody: list[Member] = []

    def user(number: int) -> int:
        return place.others[number % len(place.others)]

    def add(part: Part, number: int, user_id: int, auction_id: int | None) -> Member:
        kw: dict[str, Any] = {"lists": chance.random() >= scenario.delta_share}
        draw = chance.random()
        if scenario.transport is Transport.POLLING or (
            scenario.transport is Transport.MIXED and draw < scenario.polling_share
        ):
            kw["transports"] = ["polling"]
        elif draw < scenario.polling_share + scenario.full_share:
            # A share of them upgrades, as browsers do.
            upgrades = scenario.transport is Transport.MIXED and chance.random() < 0.5
            kw["transports"] = ["polling", "websocket"] if upgrades else ["websocket"]
        else:
            kw["compress"] = chance.random() < scenario.compressed_share
            kw["slow"] = part is Part.VIEWER and chance.random() < scenario.slow_share
        if part is Part.VIEWER:
            kw["workers"] = workers
        one = member(pool, mint, part, number, user_id, auction_id, **kw)
        everybody.append(one)
        return one

    storm = scenario.rate == 0
    for number in range(1, scenario.bidders + 1):
        temper = Temper.TIRELESS if storm else MIX[(number - 1) % len(MIX)]
        one = add(Part.BIDDER, number, user(number - 1), place.auction_id)
        one.bidder = Bidder(one.phone.user_id, temper, scenario.seed)
    for number in range(1, scenario.commenters + 1):
        who = user(scenario.bidders + number - 1)
        one = add(Part.COMMENTER, number, who, place.auction_id)
        one.commenter = Commenter(who, scenario.seed)
    for number in range(1, scenario.viewers + 1):
        who = user(scenario.bidders + scenario.commenters + number - 1)
        one = add(Part.VIEWER, number, who, place.auction_id)
        if chance.random() < scenario.two_tabs_share:
            tab = add(Part.VIEWER, number, who, place.auction_id)
            tab.seat.label += ", second tab"
    for number in range(1, scenario.passers_by + 1):
        add(Part.PASSER_BY, number, user(-number), place.next_door if number % 2 else None)
    return everybody


def first_comers(everybody: Iterable[Member]) -> list[Member]:
    """Who is connected before an auction is started: some in no room, some who are in it later."""
    found: list[Member] = []
    for part in (Part.PASSER_BY, Part.VIEWER, Part.BIDDER):
        found += [one for one in everybody if one.part is part and not one.slow][:FIRST_COMERS_MAX]
    return found


def staff(
    scenario: Scenario, place: Place, pool: SocketPool, mint: Mint
) -> tuple[Member, list[Member]]:
    """The host, and who goes out and in again to see what joiners are told."""
    polls = scenario.transport is Transport.POLLING
    transports = ("polling",) if polls else ()
    host = member(pool, mint, Part.HOST, 0, place.host_id, place.auction_id, transports=transports)
    auditors = [
        member(pool, mint, Part.AUDITOR, n, place.host_id, place.auction_id, lists=n == 1)
        for n in (1, 2)
    ]
    return host, auditors
