"""Delivery of one-time codes beside the requests that asked for them: bounded, tried again, one a number."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from baraka_server.live.sign_in_counts import Counts, Outcome
from baraka_server.store import codes
from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store

log = logging.getLogger(__name__)

WAITING_MAX = 1_000
AT_ONCE_MAX = 8
PAUSES_SECONDS = (1, 2, 4, 8, 16, 32)
"""Pauses between attempts, of which each takes up to half more, so that retries do not come together."""
CLOSE_SECONDS_MAX = 0.5


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number: in E.164, and as users of other programs may have it. `prefix` is its range."""

    e164: str = field(repr=False)
    spellings: tuple[str, ...] = field(repr=False)
    prefix: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToSend:
    """A code on its way. `id` is the same in each attempt; `code_hash` is what the database has of it."""

    id: str
    number: Number
    code: str = field(repr=False)
    code_hash: str
    expires_at: datetime


class NotDelivered(Exception):
    """An attempt failed. `for_good`: another one would fail as well. The text names no number and no code."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Channel(Protocol):
    """The way on which codes reach telephones."""

    async def send(self, sending: ToSend) -> None:
        """Make one attempt. Raises `NotDelivered`."""

    async def close(self) -> None: ...


class CodeDelivery:
    """Sends codes by a channel. Nobody waits for it: how long it takes tells nothing of a number.

    A number of nobody is sent none unless `sign_up`; one of two users never. `in_users` writes codes into
    `users.otpCode` too (D50). `pauses` are in seconds.
    """

    def __init__(
        self,
        store: Store,
        channel: Channel,
        counts: Counts,
        *,
        sign_up: bool,
        in_users: bool,
        waiting_max: int = WAITING_MAX,
        pauses: tuple[float, ...] = PAUSES_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._channel = channel
        self.counts = counts
        self._sign_up = sign_up
        self._in_users = in_users
        self._waiting_max = waiting_max
        self._pauses = pauses
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._sending: dict[str, asyncio.Task[None]] = {}

    @property
    def waiting(self) -> int:
        return len(self._sending)

    @property
    def full(self) -> bool:
        return self.waiting >= self._waiting_max

    def put(self, sending: ToSend) -> None:
        """Begin to deliver a code. An earlier one of the same number is not tried again."""
        number = sending.number.e164
        if former := self._sending.get(number):
            former.cancel()
        task = self._sending[number] = asyncio.create_task(self._deliver(sending))
        task.add_done_callback(lambda done: self._forget(number, done))

    async def drained(self) -> None:
        """Return when nothing is on its way."""
        while self._sending:
            await asyncio.wait(list(self._sending.values()))
            await asyncio.sleep(0)

    async def close(self) -> None:
        tasks = list(self._sending.values())
        if tasks:
            log.warning(
                "stopping before %s one-time codes were delivered: they are asked for again",
                len(tasks),
                extra={"event": "code_not_delivered"},
            )
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS_MAX)
        await self._channel.close()

    def _forget(self, number: str, task: asyncio.Task[None]) -> None:
        if self._sending.get(number) is task:
            del self._sending[number]

    async def _deliver(self, sending: ToSend) -> None:
        reason = "it is over"
        for attempt, pause in enumerate((0, *self._pauses)):
            await asyncio.sleep(pause * random.uniform(1, 1.5))  # noqa: S311
            if self._clock() >= sending.expires_at:
                break
            try:
                async with self._turns:
                    await self._attempt(sending)
                self.counts[Outcome.CODE_SENT_AGAIN if attempt else Outcome.CODE_SENT] += 1
                return
            except _NothingToSend:
                return
            except NotDelivered as error:
                reason = str(error)
                if error.for_good:
                    break
            except StoreError:
                reason = "the database cannot be used"
            except Exception as error:  # its text might have the number in it
                reason = type(error).__name__
                log.error("a one-time code met a fault: %s", reason, extra={"event": "fault"})
                break
        self.counts[Outcome.CODE_NOT_SENT] += 1
        log.warning(
            "a one-time code was not delivered: %s",
            reason,
            extra={"event": "code_not_delivered"},
        )

    async def _attempt(self, sending: ToSend) -> None:
        number = sending.number.e164
        if not await codes.still_good(self._store, number, sending.code_hash):
            raise _NothingToSend
        found = await codes.find_users(self._store, sending.number.spellings)
        if len(found) > 1:
            self.counts[Outcome.NUMBER_DOUBLED] += 1
            log.warning(
                "users %s and %s have the same telephone number: neither can sign in",
                *found,
                extra={"event": "number_doubled", "user": found[0]},
            )
            raise _NothingToSend
        if not found and not self._sign_up:
            self.counts[Outcome.CODE_FOR_NOBODY] += 1
            raise _NothingToSend
        if found and self._in_users:
            written = await codes.write_into_user(
                self._store, number, sending.code_hash, found[0], sending.code
            )
            if not written:
                raise _NothingToSend
        await self._channel.send(sending)


class _NothingToSend(Exception):
    """There is nobody to send a code to, or it was used or replaced since."""


class ConsoleChannel:
    """Prints codes in the log, for development alone (D49)."""

    async def send(self, sending: ToSend) -> None:
        log.info(
            "the code for %s is %s",
            sending.number.e164,
            sending.code,
            extra={"event": "one_time_code"},
        )

    async def close(self) -> None:
        pass
