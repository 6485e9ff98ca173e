"""Counts of viewers that are compared while phones come back by themselves."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from baraka_cli.client.frames import Frames
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.seats import Seat, SeatInRoom
from baraka_cli.simulator.crowd import counting
from baraka_cli.simulator.crowd.counting import Counting
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.result import Promise

AUCTION = 1


class Room:
    """Members of ours, and the count that the host hears."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        monkeypatch.setattr(counting, "COUNTED_SECONDS_MAX", 0.1)
        monkeypatch.setattr(counting, "STILL_SECONDS", 0)
        self.proof = Proof(lambda: 0.0)
        sale: Any = Mock(place=SimpleNamespace(auction_id=AUCTION, next_door=None))
        sale.proof, sale.awake, sale.pool.acknowledges = self.proof, lambda: 0.0, False
        self.members = [
            SimpleNamespace(
                seat=Seat(str(n), rooms={AUCTION: SeatInRoom(count=count)}),
                auction_id=AUCTION,
                inside=True,
                busy=False,
                slow=False,
            )
            for n in range(3)
        ]
        visits = Mock(ghosts=lambda: 0, is_level=lambda _: True)
        self.counting = Counting(
            sale,
            self.members,
            self.members[0],
            visits,
            Errands(0.5),  # type: ignore[arg-type]
        )
        text = f'42["userCountUpdate",{{"auctionId":{AUCTION},"userCount":{count}}}]'
        self.counting.heard(Frames(lambda _: None).of(text))

    @property
    def found(self) -> list[str]:
        return [breach.what for breach in self.proof.findings[Promise.COUNTS_AGREE].first]


async def test_who_came_back_while_it_was_counted_is_there(monkeypatch: pytest.MonkeyPatch):
    room = Room(monkeypatch, count=3)
    late = room.members[2]
    late.inside = False  # the server hung up on it, and it is not noticed as coming back yet
    looking = asyncio.create_task(room.counting.look("before the end"))
    await asyncio.sleep(0)
    late.inside = True
    await looking
    assert room.found == []


async def test_who_is_on_the_way_back_may_be_counted_already(monkeypatch: pytest.MonkeyPatch):
    room = Room(monkeypatch, count=3)
    room.members[2].inside, room.members[2].busy = False, True
    await room.counting.look("before the end")
    assert room.found == []


async def test_who_is_counted_and_not_there_is_found(monkeypatch: pytest.MonkeyPatch):
    room = Room(monkeypatch, count=5)
    room.members[2].inside, room.members[2].busy = False, True
    await room.counting.look("before the end")
    assert room.found == ["auction 1, before the end: the count is 5, and 2 are there"]
