"""Declaration of a fault, and the kinds of tampering that many faults share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from baraka_cli.simulator.result import Promise
from baraka_cli.simulator.scenario import Scenario
from baraka_server.contract.refusals import TEXTS, Code
from tests.support.clients.simulated import (
    AUCTION,
    STORM,
)
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper, sound


@dataclass(frozen=True)
class Fault:
    name: str
    promise: Promise
    words: str
    """A pattern that the first breach fits."""
    tamper: Callable[[], Tamper] = lambda: sound
    rules: Callable[[], AbstractContextManager[Any]] = nullcontext
    scenario: Scenario = STORM
    is_silent: bool = False
    """Whether there are no answers, or none that decide, for which nobody should wait as for slow ones."""
    is_long: bool = False
    """Whether it is left to the long proofs: a shorter one, or the first of its module, breaks its promise."""


FAULTS: list[Fault] = []


def wire(
    promise: Promise,
    words: str,
    scenario: Scenario = STORM,
    *,
    is_silent: bool = False,
    is_long: bool = False,
) -> Any:
    def add(make: Callable[[], Tamper]) -> Callable[[], Tamper]:
        kinds = {"is_silent": is_silent, "is_long": is_long}
        _add(make, promise, words, tamper=make, scenario=scenario, **kinds)
        return make

    return add


def rule(
    promise: Promise,
    words: str,
    scenario: Scenario = STORM,
    *,
    is_silent: bool = False,
    is_long: bool = False,
) -> Any:
    def add(broken: Callable[[], Any]) -> Callable[[], Any]:
        kinds = {"is_silent": is_silent, "is_long": is_long}
        _add(broken, promise, words, rules=contextmanager(broken), scenario=scenario, **kinds)
        return broken

    return add


_short: set[tuple[str, Promise]] = set()


def _add(
    make: Callable[[], Any], promise: Promise, words: str, *, is_long: bool, **fields: Any
) -> None:
    """Of each module one fault for each promise is short; a sale for each of them all takes minutes."""
    name, area = make.__name__.replace("_", " "), (make.__module__, promise)
    FAULTS.append(Fault(name, promise, words, is_long=is_long or area in _short, **fields))
    if not is_long:
        _short.add(area)


def refusing(change: Callable[[Said], dict[str, Any] | None]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if said.answers == "placeBid":
            return [replace(said, data=change(said) or said.data)]
        return [said]

    return tamper


def saying_no(code: Code, **values: Any) -> Tamper:
    """Every good bid of a few is refused so, and never gets to the room."""
    no = {"ok": False, "code": code, "message": TEXTS[code].format(**values)}
    return refusing(lambda said: no if said.data.get("code") == Code.BID_TOO_LOW else None)


def rewording(more: str) -> Tamper:
    """Every comment has other words, wherever it is told."""

    def reworded(value: Any) -> Any:
        if isinstance(value, list):
            return [reworded(item) for item in value]
        if not isinstance(value, dict):
            return value
        fields = {name: reworded(item) for name, item in value.items()}
        return fields | ({"comment": value["comment"] + more} if "comment" in value else {})

    return lambda _to, said: [replace(said, data=reworded(said.data))]


def listing(event: str, field: str, change: Callable[[list[Any]], list[Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        listed = said.data.get(field) if said.name == event else None
        if not listed or len(listed) < 3:
            return [said]
        return [said.saying(**{field: change(listed)})]

    return tamper


def stating(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        if (said.answers == "joinAuction" and said.data["ok"]) or said.name == "auctionState":
            return [replace(said, data=said.data | change(said.data))]
        return [said]

    return tamper


def changing(event: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Tamper:
    def tamper(_to: Listener, said: Said) -> list[Said]:
        return [replace(said, data=change(said.data))] if said.name == event else [said]

    return tamper


def leaving_out(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: {key: value for key, value in data.items() if key != name}


def user(said: Said, **fields: Any) -> Said:
    row = said.data["newBid"]
    return said.saying(newBid=row | {"user": row["user"] | fields})


def leaking(event: str, whom: int) -> Tamper:
    """What the host hears is told to somebody else too."""
    leaked: set[str] = set()

    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == event and said.packet not in leaked and said.data["auctionId"] == AUCTION:
            leaked.add(said.packet)
            for other in to.owner.listeners:
                if other.user_id == whom:
                    to.owner.tells(other, said)
        return [said]

    return tamper


def overhearing(whom: int) -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name == "error" and to.user_id != whom:
            for other in to.owner.listeners:
                if other.user_id == whom:
                    to.owner.tells(other, said)
        return [said]

    return tamper


def third_bid() -> Callable[[Said], bool]:
    """Whether this is the third bid that anybody is told of, for all who are told of it."""
    seen: list[int] = []

    def is_it(said: Said) -> bool:
        seq = bid_number(said)
        if seq is not None and seq not in seen:
            seen.append(seq)
        return seq is not None and seen.index(seq) == 2

    return is_it


def bid_number(said: Said) -> int | None:
    return said.data["seq"] if said.name == "newBid" else None


def without(missed: list[Any], is_it: Callable[[Said], bool]) -> list[Any]:
    return [one for one in missed if not is_it(Said(one["event"], one["data"]))]
