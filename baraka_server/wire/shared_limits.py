"""Shared limits: rates of a key that hold over all nodes, without anybody waiting for another node.

Each node has its own bucket for each key, takes from it at once, and tells the others a moment later
what was taken; theirs get as much emptier, into a debt if need be. So the average over all nodes is that
of one. What is allowed above a burst is what several nodes allow before they hear of each other, once,
and it is paid off before more is allowed. What does not arrive is not counted elsewhere: without a relay
that works, limits are those of each node.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Mapping

from baraka_server.live.relay import Relay, TakerKey
from baraka_server.wire.rate_limits import Rate, Rates, capacity

TELL_SECONDS = 0.25
"""How long what was taken waits for more before it is told."""
TELL_SOON_SECONDS = 0.02
"""The same once a key has taken a `SOON_SHARE` of its burst since it was told."""
SOON_SHARE = 0.1
DEBT_BURSTS_MAX = 10
"""The largest debt of a key, in bursts: who bids on many nodes at once waits no longer for it."""
KEYS_AT_ONCE = 1_000
"""How many keys stand in one message, which then stays below the relay's 64 KB."""

_PURPOSE = b"baraka shared limits v1"
_DIGEST_BYTES = 16


class SharedRates(Rates[TakerKey]):
    """A `Rate` for each key over all nodes. Made by `SharedLimits.rates`.

    A user's number is a key as it is. Text, such as a phone number, is kept and told as a digest only.
    """

    def __init__(
        self,
        per_second: float,
        setting: str,
        clock: Callable[[], float],
        burst: float | None,
        *,
        digest: Callable[[str], str],
        tell: Callable[[float], None] | None,
    ) -> None:
        super().__init__(per_second, setting, clock, burst)
        self._digest = digest
        self._tell = tell
        self._soon = SOON_SHARE * capacity(per_second, burst)
        self.untold: dict[TakerKey, float] = {}
        """What was taken by key since the others were told."""

    def take(self, key: TakerKey) -> float:
        wait = super().take(key)
        if self._tell and self._per_second and not wait:
            named = self._named(key)
            taken = self.untold[named] = self.untold.get(named, 0) + 1
            self._tell(TELL_SOON_SECONDS if taken >= self._soon else TELL_SECONDS)
        return wait

    def of(self, key: TakerKey) -> Rate:
        return super().of(self._named(key))

    def taken_elsewhere(self, amounts: Mapping[TakerKey, float]) -> None:
        """Count what other nodes allowed; text is a digest already."""
        if self._per_second:
            for named, amount in amounts.items():
                super().of(named).owe(amount, DEBT_BURSTS_MAX)

    def _named(self, key: TakerKey) -> TakerKey:
        return self._digest(f"{self.setting}:{key}") if isinstance(key, str) else key


class SharedLimits:
    """The limits that hold over all nodes of a relay, and what was taken from them on its way.

    `secret` is the server's: nodes that have the same name a key alike.

        limits = SharedLimits(relay, secret)
        codes = limits.rates(5 / 3600, "otp_requests_per_hour_max", burst=5)
        wait = limits.take((codes, number), (requests, address))  # 0, or the seconds until it may be
    """

    def __init__(
        self, relay: Relay, secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._relay = relay
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._clock = clock
        self._rates: dict[str, SharedRates] = {}
        self._telling: asyncio.TimerHandle | None = None
        relay.hear_takes(self._hear)

    def rates(self, per_second: float, name: str, *, burst: float | None = None) -> SharedRates:
        """A rate for each key, `burst` at once (else five seconds' worth). `name` is that of its setting."""
        rates = self._rates[name] = SharedRates(
            per_second,
            name,
            self._clock,
            burst,
            digest=self._digest,
            tell=self._tell_within if self._relay.wanted else None,
        )
        return rates

    @staticmethod
    def take(*each: tuple[SharedRates, TakerKey]) -> float:
        """Take one from each of some rates, or from none: then the seconds until all of them allow it."""
        wait = max(rates.wait(key) for rates, key in each)
        if not wait:
            for rates, key in each:
                rates.take(key)
        return wait

    def _tell_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._telling is not None:
            if self._telling.when() <= loop.time() + seconds:
                return
            self._telling.cancel()
        self._telling = loop.call_later(seconds, self.tell)

    def tell(self) -> None:
        """Tell the others what was taken since the last time."""
        self._telling = None
        for name, rates in self._rates.items():
            untold, rates.untold = list(rates.untold.items()), {}
            for at in range(0, len(untold), KEYS_AT_ONCE):
                self._relay.tell_of_takes(name, dict(untold[at : at + KEYS_AT_ONCE]))

    def _hear(self, name: str, amounts: Mapping[TakerKey, float]) -> None:
        rates = self._rates.get(name)
        if rates is not None:
            rates.taken_elsewhere(amounts)

    def _digest(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode(), "sha256")[:_DIGEST_BYTES]
        return "h" + digest.hex()
