"""Unverified sessions or connections by address, and which of them is evicted first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Unverified(Generic[K]):
    """Keys by address. The oldest key of the address that has most is evicted first.

    So a flood from a few addresses evicts itself, and not the phones that connect beside it. Every
    operation takes constant time.
    """

    def __init__(self) -> None:
        self._address: dict[K, str] = {}
        self._of: defaultdict[str, dict[K, None]] = defaultdict(dict)
        """The keys of each address, the oldest first."""
        self._with: defaultdict[int, dict[str, None]] = defaultdict(dict)
        """The addresses by the number of keys that they have."""
        self._most = 0

    def __len__(self) -> int:
        return len(self._address)

    def __contains__(self, key: K) -> bool:
        return key in self._address

    @property
    def addresses(self) -> AbstractSet[str]:
        """The addresses that have a key."""
        return self._of.keys()

    def add(self, key: K, address: str) -> None:
        if key not in self._address:
            self._address[key] = address
            self._of[address][key] = None
            self._count(address, len(self._of[address]) - 1)

    def discard(self, key: K) -> None:
        address = self._address.pop(key, None)
        if address is None:
            return
        mine = self._of[address]
        del mine[key]
        self._count(address, len(mine) + 1)
        if not mine:
            del self._of[address]

    def next_to_evict(self, address: str | None = None) -> K | None:
        """The key to evict: of this address, or of the one that has most. None where there is none."""
        if address is None:
            address = next(iter(self._with.get(self._most, ())), "")
        return next(iter(self._of.get(address, ())), None)

    def _count(self, address: str, before: int) -> None:
        now = len(self._of[address])
        if before:
            del self._with[before][address]
            if not self._with[before]:
                del self._with[before]
        if now:
            self._with[now][address] = None
        if now > self._most or self._most not in self._with:
            self._most = now
