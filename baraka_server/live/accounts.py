"""Looks for users who are blocked everywhere or deleted, whose sockets are closed on every node (D47)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.store import accounts, erasure
from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store

log = logging.getLogger(__name__)

LAST_LOOK_SECONDS_MAX = 0.5

Close = Callable[[int, Refusal], Awaitable[None]]
"""Tells the sockets of a user why, and closes them."""
Forget = Callable[[AbstractSet[int]], None]
"""Has the auctions forget what they keep of users who were erased."""


class Accounts:
    """Closes the sockets of users who may have none any more, every `seconds`; 0 is never.

    A user is taken for deleted who was there while connected and is missing in two looks, one behind the
    other: a program that fills the table anew ends no sale. One who never was there stays connected (D4).
    """

    def __init__(
        self, store: Store, seconds: float, forget: Forget = lambda user_ids: None
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._forget = forget
        self._blocked: frozenset[int] = frozenset()
        self._erased: AbstractSet[int] = frozenset()
        self._seen: AbstractSet[int] = frozenset()
        self._missing: AbstractSet[int] = frozenset()
        self._looking: asyncio.Task[None] | None = None

    def refusal(self, user_id: int) -> Refusal | None:
        """The refusal of a user who was blocked everywhere or erased, by the last look."""
        if user_id in self._erased:
            return Refusal(Code.USER_NOT_FOUND)
        return Refusal(Code.BLOCKED_EVERYWHERE) if user_id in self._blocked else None

    def open(self, connected: Callable[[], AbstractSet[int]], close: Close) -> None:
        """Begin to look. `connected` are the users who have sockets here."""
        if self._seconds:
            self._looking = asyncio.create_task(self._look_again_and_again(connected, close))

    async def close(self) -> None:
        if self._looking:
            self._looking.cancel()
            # Its query lets go of the database, which is closed next; a frozen one is not waited for.
            await asyncio.wait([self._looking], timeout=LAST_LOOK_SECONDS_MAX)

    async def look(self, connected: Callable[[], AbstractSet[int]], close: Close) -> None:
        """Look once."""
        await self._read_blocked()
        deleted = await self._deleted(connected())
        for user_id in connected() & self._blocked:
            await close(user_id, self.refusal(user_id) or Refusal(Code.BLOCKED_EVERYWHERE))
        for user_id in deleted:
            await close(user_id, Refusal(Code.USER_NOT_FOUND))

    async def _read_blocked(self) -> None:
        """Read who is blocked; those among them who were erased are as if deleted (D56)."""
        blocked = await accounts.read_blocked(self._store)
        # Also one who was blocked before may have been erased since.
        erased = await erasure.erased_among(self._store, blocked - self._erased)
        self._blocked, self._erased = blocked, (self._erased & blocked) | erased
        if erased:
            self._forget(erased)

    async def _deleted(self, connected: AbstractSet[int]) -> AbstractSet[int]:
        there = await accounts.existing(self._store, connected)
        self._seen = (self._seen | there) & connected
        missing = self._seen - there
        deleted = missing & self._missing
        self._seen -= deleted  # one who comes again is one who never was there
        self._missing = missing - deleted
        return deleted

    async def _look_again_and_again(
        self, connected: Callable[[], AbstractSet[int]], close: Close
    ) -> None:
        while True:
            try:
                await self.look(connected, close)
            except StoreError:
                pass  # the store has logged it; nobody is put out for a database that does not answer
            except Exception:
                log.exception("looking for users who were blocked failed", extra={"event": "fault"})
            await asyncio.sleep(self._seconds)
