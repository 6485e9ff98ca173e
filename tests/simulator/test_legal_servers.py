"""Servers that do what most do not, and may: a run against them finds nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baraka_cli.simulator.crowd import visits
from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.scenario import Scenario
from tests.support.clients.simulated import CHAOS, EVENING, STORM, VICTIM, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.man_in_the_middle import Listener, ManInTheMiddle, Said, Tamper

ASKED = {"placeBid", "comment"}
WAIT_SECONDS = 0.7
LISTS = {"newBid": "auctionBids", "newComment": "comments"}


def answers_late() -> Tamper:
    """Behind everything that came of it, and some when nobody waits for them any more."""
    return lambda _to, said: [said.held_back(1.2 if said.answers in ASKED else 0)]


def answers_early() -> Tamper:
    """Before it is announced: announcements are on their way for longer."""
    return lambda _to, said: [said if said.answers in ASKED else said.held_back(0.15)]


class Coalesced:
    """Every third list is told. The others wait until one takes their place, or something else comes.

    Which are told is decided once for all, as a server does for a room: in the order of their numbers.
    """

    def __init__(self, whom: Callable[[Listener], bool], *, late: float = 0) -> None:
        self._whom, self._late = whom, late
        self._waiting: dict[Listener, dict[str, Said]] = defaultdict(dict)
        self._newest: dict[str, int] = {}
        """The number of the newest list of each kind that anybody was to be told."""
        self._told: set[int] = set()
        self._is_due = False

    def __call__(self, to: Listener, said: Said) -> list[Said]:
        if not self._whom(to):
            return [said]
        return [one.held_back(self._late) for one in self._tells(to, said)]

    def _tells(self, to: Listener, said: Said) -> list[Said]:
        if said.name not in LISTS:
            if said.name in {"userCountUpdate", "error"} or said.answers in ASKED:
                return [said]
            if said.answers == "joinAuction" and "lastSeq" in said.asked:
                return [said]  # it may overtake what waits for the whole room
            self._decide()
            return [*self._taken(to), said]
        seq = said.data["seq"]
        if seq > self._newest.get(said.name, 0):
            self._newest[said.name] = seq
            if seq % 3 == 0:
                self._decide()  # and what waits before it
        if to.delta:
            return [said]
        if not self._is_due:
            self._is_due = True
            to.owner.later(WAIT_SECONDS, self._flush, to.owner)
        decided = self._taken(to)  # by what others were told, meanwhile
        self._waiting[to][said.name] = said
        return decided + (self._taken(to) if seq in self._told else [])

    def _decide(self) -> None:
        """What is newest now is told to everybody, wherever it still waits."""
        self._told.update(self._newest.values())

    def _taken(self, to: Listener) -> list[Said]:
        waiting = self._waiting[to]
        taken = [said for said in waiting.values() if said.data["seq"] in self._told]
        for said in taken:
            del waiting[said.name]
        return sorted(taken, key=lambda said: said.data["seq"])

    async def _flush(self, owner: ManInTheMiddle) -> None:
        """Tell everybody at once what waits."""
        self._is_due = False
        self._decide()
        for to in list(self._waiting):
            for said in self._taken(to):
                if self._late:
                    owner.later(self._late, to.tell, said.packet)
                else:  # at once: what comes next is told at once, too
                    await to.tell(said.packet)


def lists_are_told_less_often() -> Tamper:
    return Coalesced(lambda to: True)


def one_viewer_is_too_slow_for_its_lists() -> Tamper:
    """It hears everything late, and of what waits only the newest."""
    return Coalesced(lambda to: to.user_id == VICTIM, late=1.3)


def there_are_more_fields() -> Tamper:
    """Those that are decided, of payloads and of bids: additions are for who knows them."""

    def more(value: Any) -> Any:
        if isinstance(value, list):
            return [more(item) for item in value]
        return value | {"paddle": 7} if isinstance(value, dict) and "bid" in value else value

    def tamper(_to: Listener, said: Said) -> list[Said]:
        data = {name: more(value) for name, value in said.data.items()}
        of_lots = said.name in {"newBid", "auction_change_product", "auctionEnded", "auctionState"}
        joined = said.answers == "joinAuction" and said.data["ok"]
        return [said.but(data | ({"nextBid": 100} if of_lots or joined else {}))]

    return tamper


def nothing_is_told_again() -> Tamper:
    """Who comes back gets the whole state, and is told that it is not all that was missed (D34)."""

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if "missed" in said.data:
            return [said.saying(missed=[], missedComplete=False)]
        return [said]

    return tamper


def a_bidder_takes_another_name() -> Tamper:
    """In the middle, by another program: from then on rows have it, with the time of that."""
    bids: set[int] = set()
    new = {"name": "Dina the Second", "updatedAt": "2031-01-01T00:00:00.000Z"}

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        fields = {name: renamed(item) for name, item in value.items()}
        return fields | new if "otpCode" in fields and fields["id"] == 3 else fields

    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.name == "newBid":
            bids.add(said.data["seq"])
        return [said.but(renamed(said.data)) if len(bids) > 5 else said]

    return tamper


LEGAL: dict[Callable[[], Tamper], Scenario] = {
    answers_late: EVENING,
    answers_early: STORM,
    lists_are_told_less_often: STORM,
    one_viewer_is_too_slow_for_its_lists: STORM,
    there_are_more_fields: STORM,
    nothing_is_told_again: CHAOS,
    a_bidder_takes_another_name: STORM,
}


def found(result: Result) -> list[str]:
    return [f"{one.promise}: {one.first[0].what}" for one in result.findings if one.broken]


@pytest.mark.parametrize("legal", LEGAL, ids=lambda legal: legal.__name__.replace("_", " "))
async def test_nothing_is_found_where(
    database: Path, legal: Callable[[], Tamper], monkeypatch: pytest.MonkeyPatch
):
    if legal is answers_late:
        monkeypatch.setattr(visits, "ANSWER_SECONDS_MAX", 1)
    async with broken_server(database) as server:
        server.man.tamper = legal()
        result = await hold(server.url, LEGAL[legal].model_copy(update={"duration": 3}))
        assert server.man.transports == {"websocket", "compressed", "polling"}
    assert found(result) == []
    assert not result.could_not
    if legal is lists_are_told_less_often:
        assert result.totals.superseded == result.totals.missed_live > 0


async def test_gaps_and_what_was_missed_are_counted(database: Path):
    """Three bids do not come to one viewer; resumes bring them."""
    bids: list[int] = []

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name != "newBid" or to.user_id != VICTIM:
            return [said]
        bids.append(said.data["seq"])
        return [] if len(bids) in {2, 6, 7} else [said]

    async with broken_server(database) as server:
        server.man.tamper = tamper
        calm = {"comment_rate": 0, "rate": 40, "duration": 3, "lots": 1}
        result = await hold(server.url, STORM.model_copy(update=calm))
    lost = {one.promise: one for one in result.findings}[Promise.ONE_ORDER]
    assert (result.totals.missed_live, result.totals.superseded, lost.broken) == (3, 0, 3)
    assert 2 <= result.totals.gaps <= 3
    assert [one.promise for one in result.findings if one.broken] == [Promise.ONE_ORDER]
