"""`Hall`: an audience without sockets that keeps what each viewer of a real house is sent."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from baraka_server.domain.decision import HouseRules
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.clock_measure import seconds_counted
from baraka_server.live.context import Limits
from baraka_server.live.encoded import Encoded, Pieces
from baraka_server.live.house import House
from baraka_server.live.owners import Owners
from baraka_server.live.relay import Relay
from baraka_server.store.store import Store
from tests.support.checks import declared

_numbers = itertools.count(1)


def viewer(user_id: int) -> Viewer:
    """A viewer on a socket of its own."""
    return Viewer(f"socket {next(_numbers)}", user_id)


class Hall:
    """An `Audience`. Everything that was heard, by viewer, in order."""

    def __init__(self) -> None:
        self.heard: dict[Viewer, list[tuple[str, Any]]] = defaultdict(list)
        self.rooms: dict[int, set[Viewer]] = defaultdict(set)

    async def to_everyone(
        self, event: str, payload: Encoded, *, but_room: int | None = None
    ) -> None:
        there = self.rooms[but_room] if but_room is not None else set()
        for viewer in self.heard.keys() - there:
            self._hears(viewer, event, payload)

    async def to_room(
        self,
        auction_id: int,
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None:
        for viewer in self.rooms[auction_id]:
            self._hears(viewer, event, whole if viewer.wants_lists else brief)

    async def to_viewer(
        self, viewer: Viewer, event: str, payload: Pieces, shows: RoundShown | None = None
    ) -> None:
        self._hears(viewer, event, "".join(payload))

    def _hears(self, viewer: Viewer, event: str, text: str) -> None:
        payload = json.loads(text)
        declared.heard(declared.HOUSE, event, payload)
        self.heard[viewer].append((event, payload))

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None:
        self.rooms[auction_id].add(viewer)

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None:
        self.rooms[auction_id].discard(viewer)

    def news_of(self, viewer: Viewer) -> list[tuple[str, Any]]:
        return [heard for heard in self.heard[viewer] if heard[0] != "userCountUpdate"]


def open_house(
    store: Store,
    hall: Hall,
    *,
    poll_seconds: float = 0,
    rows_look_seconds: float = 0,
    clock: Callable[[], float] = time.monotonic,
    seconds: Callable[[], float] = seconds_counted,
    beat_seconds: float = 0,
    relay: Relay | None = None,
    owners: Owners | None = None,
    gap_seconds: float = 0,
    rules: HouseRules | None = None,
    **limits: Any,
) -> House:
    usual = {"asks_waiting_max": 10_000, "resume_events_max": 1_000, "whole_numbers": False}
    house = House(
        store,
        hall,
        rules or HouseRules(),
        Limits(**(usual | limits)),
        ledger_poll_seconds=poll_seconds,
        rows_look_seconds=rows_look_seconds,
        clock=clock,
        seconds=seconds,
        beat_seconds=beat_seconds,
        relay=relay,
        owners=owners,
        gap_seconds=gap_seconds,
    )
    house.open()
    return house
