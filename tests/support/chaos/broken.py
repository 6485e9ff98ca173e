"""`baraka` with one part taken out: `python broken.py NAME serve …`. The checks must notice each of them."""

from __future__ import annotations

import hmac
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[3]))
if sys.path[1] == str(
    Path(__file__).parent
):  # whose modules are not to be found by their bare names
    del sys.path[1]


def _put(owner: object, name: str, part: object) -> None:
    """Have a part in place of ours until the process ends."""
    patch.object(owner, name, part).start()


class AnyHash(str):
    """A hash that is equal to every other."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False

    __hash__ = str.__hash__


def without_gap_filler() -> None:
    """What is published is played, whatever is missing before it."""
    from baraka_server.domain.events import LedgerEntry
    from baraka_server.live import hearing
    from baraka_server.live.announcer import Announcer
    from baraka_server.live.relay import RelayedEntries
    from baraka_server.live.view import AuctionView

    class News:
        def __init__(self, announcer: Announcer, *_: object) -> None:
            self._announcer = announcer
            self._waiting: list[RelayedEntries] = []

        def add(self, news: RelayedEntries) -> None:
            self._waiting.append(news)

        async def play(self, view: AuctionView, before: int | None = None) -> Sequence[LedgerEntry]:
            waiting, self._waiting = self._waiting, []
            for news in waiting:
                for entry in news.entries:
                    if entry.seq > view.seq:
                        view.seq = entry.seq - 1
                        view.rules = replace(view.rules, seq=view.seq)
                        await self._announcer.play(view, [entry])
            return ()

    _put(hearing, "News", News)


def without_polling() -> None:
    """Nobody looks at ledger and rows unless something was published: a lost last message stays lost."""
    from baraka_server.live.house import House

    async def nothing(_self: House) -> None: ...

    _put(House, "look_for_others", nothing)
    _put(House, "check_rows", nothing)


def without_fence() -> None:
    """No row is locked, and the end of the ledger is what the node believes it to be."""
    from sqlalchemy.sql.selectable import Select

    _put(Select, "with_for_update", lambda self, **_: self)


def without_rereading() -> None:
    """What other nodes committed is not folded into the state on which a command is decided."""
    from baraka_server.domain.state import State
    from baraka_server.store.locked import LockedAuction

    whole = LockedAuction.state
    known: dict[int, State] = {}

    async def state(self: LockedAuction) -> State:
        mine = known.setdefault(self.record.id, await whole(self))
        return replace(mine, seq=self.tail.seq, hash=self.tail.hash, round=self.tail.round)

    async def nothing(_self: LockedAuction, _seq: int, _limit: int) -> list[Any]:
        return []

    _put(LockedAuction, "state", state)
    _put(LockedAuction, "entries_after", nothing)


def without_echo() -> None:
    """A node believes that it hears, whatever it hears."""
    from baraka_server.relay.node_relay import NodeRelay

    _put(NodeRelay, "healthy", property(lambda _self: True))


def without_expiry() -> None:
    """A peer that is silent is there for ever."""
    from baraka_server.relay.peers import Peers

    _put(Peers, "expire", lambda _self: set())


def without_epoch() -> None:
    """Histories are compared by their numbers alone."""
    from baraka_server.store.ends import Ends
    from baraka_server.store.locked import LockedAuction
    from baraka_server.store.store import Store

    begin, entries_after = LockedAuction.__init__, LockedAuction.entries_after
    ends, read_after = Store.ends, Store.entries_after

    def anyhow(self: LockedAuction, connection: Any, record: Any, ends: Ends) -> None:
        tail = replace(ends.tail, hash=AnyHash(ends.tail.hash))
        begin(self, connection, record, replace(ends, tail=tail))

    async def locked_after(self: LockedAuction, seq: int, limit: int) -> list[Any]:
        found = await entries_after(self, seq, limit)
        return [replace(entry, hash=AnyHash(entry.hash)) for entry in found]

    async def store_after(self: Store, *words: Any) -> Any:
        found, users = await read_after(self, *words)
        return [replace(entry, hash=AnyHash(entry.hash)) for entry in found], users

    async def store_ends(self: Store, *words: Any) -> Any:
        found = await ends(self, *words)
        return {auction: (seq, AnyHash(hash_)) for auction, (seq, hash_) in found.items()}

    _put(LockedAuction, "__init__", anyhow)
    _put(LockedAuction, "entries_after", locked_after)
    _put(Store, "entries_after", store_after)
    _put(Store, "ends", store_ends)


def without_request_ids() -> None:
    """A request that is sent again is decided again."""
    from baraka_server.store.locked import LockedAuction

    async def nothing(_self: LockedAuction, _keys: Any) -> dict[Any, Any]:
        return {}

    _put(LockedAuction, "answered", nothing)


def without_signature() -> None:
    """Whoever can publish is believed."""
    from baraka_server.relay import messages

    believing = SimpleNamespace(digest=hmac.digest, compare_digest=lambda _one, _other: True)
    _put(messages, "hmac", believing)


def unready_without_redis() -> None:
    """A server whose relay is interrupted says that it is not ready."""
    from aiohttp import web

    from baraka_server.wire.health import Health

    genuine = Health.ready

    async def ready(self: Health, request: web.Request) -> web.Response:
        answer = await genuine(self, request)
        if b"degraded" in bytes(answer.body or b""):  # type: ignore[arg-type]
            return web.json_response({"ok": False}, status=503)
        return answer

    _put(Health, "ready", ready)


BROKEN: dict[str, Callable[[], None]] = {
    "gap filler": without_gap_filler,
    "polling": without_polling,
    "fence": without_fence,
    "re-reading": without_rereading,
    "echo": without_echo,
    "expiry": without_expiry,
    "epoch": without_epoch,
    "request ids": without_request_ids,
    "signature": without_signature,
    "readiness": unready_without_redis,
}
"""What can be taken out."""


def main() -> None:
    BROKEN[sys.argv[1]]()
    from baraka_cli.main import app

    sys.argv = ["baraka", *sys.argv[2:]]
    app(prog_name="baraka")


if __name__ == "__main__":
    main()
