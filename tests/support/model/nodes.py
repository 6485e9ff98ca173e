"""Two servers of one database, with their phones, and time that passes when a script says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import zip_longest
from typing import Any, Self

import pytest

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.refusals import Refusal
from baraka_server.live import announcer, clock_keeper, just_done, room, transaction
from baraka_server.live.house import House
from baraka_server.store import attendance
from baraka_server.store.store import Store
from tests.support.clients.guide_screen import Shown, after
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.model.hearing import NOT_NEWS, Names
from tests.support.model.notes import Entry, Facts

OPENING = datetime(2026, 1, 2, 18, tzinfo=UTC)
STEP_MS = 400
"""Time passes in steps that no node takes for standing still."""


class Time:
    """The time of all nodes and of the database, in milliseconds since the evening began."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> float:
        return 1_000 + self.ms / 1000

    def wall(self) -> datetime:
        return OPENING + timedelta(milliseconds=self.ms)

    @contextmanager
    def rules(self) -> Iterator[None]:
        """It is the time of everything that asks for one; commands that are repeated are told each time."""
        wall = self.wall

        class Wall(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return wall()  # type: ignore[return-value]

        async def database_time(_connection: object) -> datetime:
            return wall()

        with pytest.MonkeyPatch.context() as patch:
            for module in (transaction, room, announcer):
                patch.setattr(module, "datetime", Wall)
            patch.setattr(attendance, "database_time", database_time)
            patch.setattr(just_done, "SECONDS", 0)
            patch.setattr(clock_keeper, "FIND_OUT_SECONDS", 0.001)
            yield


@dataclass
class Phone:
    """A socket of a user at a node, what it heard so far, and what it still has to hear."""

    user: int
    viewer: Any = None
    inside: bool = False
    heard: int = 0
    last_seq: int | None = None
    due: list[Facts] = field(default_factory=list)


class Node:
    """A server, its room, and a phone that knows the guide alone."""

    def __init__(self, store: Store, auction_id: int, time: Time, users: list[int]) -> None:
        self.store, self.auction_id, self.time = store, auction_id, time
        self.phones = [Phone(user) for user in users]
        self.names = Names()
        self.told = 0
        """The entries that the room was told."""
        self.screen = Shown()

    def open(self) -> None:
        self.hall = Hall()
        self.house: House = open_house(
            self.store, self.hall, clock=self.time, seconds=self.time, poll_seconds=0
        )
        for phone in self.phones:
            phone.viewer, phone.inside, phone.heard, phone.due = viewer(phone.user), False, 0, []

    async def join(self, phone: Phone) -> Facts | str:
        """The state that the phone is answered, or the code of a refusal."""
        event = JoinAuction(auction_id=self.auction_id, last_seq=phone.last_seq)
        outcome = await self.house.submit(phone.viewer, event, acknowledged=True)
        if isinstance(outcome, Refusal):
            return outcome.code.value
        phone.inside, phone.due = True, []
        phone.heard = len(self.hall.heard[phone.viewer])
        return self.names.state(outcome)

    async def looks(self) -> None:
        """Read what others did, as servers do from time to time."""
        await self.house.look_for_others()
        await self.house.settled()

    async def beats(self) -> None:
        self.house.beat()
        await self.house.settled()

    def tells(self, ledger: list[Entry]) -> None:
        """Note what each phone has to hear of the entries that its node tells of now."""
        for entry in ledger[self.told :]:
            for phone in self.phones:
                if not phone.inside:
                    continue
                phone.last_seq = self.told + 1
                phone.due += [told for user, told in entry.private if user == phone.user]
                if entry.puts_out == phone.user:
                    phone.inside = False
                    continue
                phone.due += [told for told in entry.told if told["event"] not in NOT_NEWS]
            self.told += 1

    def assert_heard(self) -> None:
        """Every phone heard exactly what it had to."""
        for phone in self.phones:
            news = self.hall.heard[phone.viewer][phone.heard :]
            phone.heard += len(news)
            for name, payload in news if phone is self.phones[0] else ():
                self.screen = after(self.screen, name, payload)
            heard = [self.names.facts(*one) for one in news if one[0] not in NOT_NEWS]
            assert heard == phone.due, difference(phone, heard)
            phone.due = []


def difference(phone: Phone, heard: list[Facts]) -> str:
    """The first announcement that a phone should not have heard, or should have heard otherwise."""
    pairs = zip_longest(heard, phone.due)
    said, due = next((one, other) for one, other in pairs if one != other)
    if said is None or due is None:
        return f"user {phone.user} heard {said}, and was to hear {due}"
    differ = {
        name: (said.get(name), due.get(name))
        for name in said | due
        if said.get(name, "absent") != due.get(name, "absent")
    }
    return f"user {phone.user} heard in {said['event']}, and was to hear: {differ}"
