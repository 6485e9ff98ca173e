"""Messages between nodes: JSON, signed, at most 64 KB.

    {"v": 1, "n": node, "t": "entries", "a": 7, "f": 101, "l": 108, "p": hash of 100, "h": hash of 108, "e": [...]}

`v`, `n`, `t` and, of entries, `a f l p h` keep their meaning for ever. What a newer node added is
ignored; of another `v` or an unknown `t` only `a` is read: look at that auction's ledger. Users do not
travel, and no free text: who lacks one reads it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baraka_server.contract.fields import iso_time
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.kinds import event_of
from baraka_server.live.relay import RelayedEntries

VERSION = 1
MESSAGE_BYTES_MAX = 64 * 1024
"""The largest message. Redis cuts a subscriber off for what is much larger and waits."""
MAC_CHARS = 64

_PURPOSE = b"baraka relay v1"
_encoded = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Beat:
    """A node says once a second that it is alive, and how many viewers each auction has on it."""

    node: str
    boot: str
    version: str
    address: str = ""
    counts: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of viewers of some auctions on a node, between two beats."""

    node: str
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Start:
    """An auction went live on a node, or its start was told again."""

    node: str
    auction_id: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that a node committed."""

    node: str
    news: RelayedEntries


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message of a newer node about an auction, whose ledger has to be read."""

    node: str
    auction_id: int | None


Message = Beat | Counts | Start | Entries | Unreadable


class Codec:
    """Writes and reads the messages of nodes that share a secret.

    `read` returns None for what no node with this secret wrote.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def written(self, message: Beat | Counts | Start | Entries) -> bytes:
        body = _encoded({"v": VERSION, "n": message.node, **_fields(message)}).encode()
        if len(body) > MESSAGE_BYTES_MAX - MAC_CHARS and isinstance(message, Entries):
            news = _without_entries(message.news)
            return self.written(Entries(message.node, news))
        return self.signed(body)

    def signed(self, body: bytes) -> bytes:
        """The body behind its signature, as it travels."""
        return self._mac(body) + body

    def read(self, data: bytes) -> Message | None:
        body = data[MAC_CHARS:]
        if len(data) > MESSAGE_BYTES_MAX or not hmac.compare_digest(
            self._mac(body), data[:MAC_CHARS]
        ):
            return None
        said = json.loads(body)
        try:
            return _message(said)
        except (KeyError, TypeError, ValueError):
            auction_id = said.get("a")
            return Unreadable(str(said.get("n", "")), auction_id if _is_id(auction_id) else None)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256").hex().encode()


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _without_entries(news: RelayedEntries) -> RelayedEntries:
    return RelayedEntries(
        news.auction_id, news.before_seq, news.before_hash, news.last_seq, news.last_hash
    )


def _fields(message: Beat | Counts | Start | Entries) -> dict[str, Any]:
    match message:
        case Beat():
            return {
                "t": "beat",
                "b": message.boot,
                "ver": message.version,
                "addr": message.address,
                "c": dict(message.counts),
            }
        case Counts(counts=counts):
            return {"t": "counts", "c": dict(counts)}
        case Start(auction_id=auction_id):
            return {"t": "start", "a": auction_id}
        case Entries(news=news):
            return {
                "t": "entries",
                "a": news.auction_id,
                "f": news.before_seq + 1,
                "l": news.last_seq,
                "p": news.before_hash,
                "h": news.last_hash,
                "e": _rows(news.entries),
            }


def _rows(entries: Sequence[LedgerEntry]) -> list[list[Any]]:
    """The entries as their ledger has them; none where one has free text, which does not travel."""
    if any(entry.event.texts for entry in entries):
        return []
    return [
        [e.seq, e.round, e.kind, e.user_id, iso_time(e.at), _stored(e.event), e.hash]
        for e in entries
    ]


def _stored(event: Event) -> dict[str, Any]:
    return {"v": event.v, "rule": event.rule, **event.data()}


def _message(said: Mapping[str, Any]) -> Message:
    node, kind = str(said["n"]), said["t"]
    if said["v"] != VERSION:
        raise ValueError(said["v"])
    match kind:
        case "beat":
            counts = _counts(said["c"])
            return Beat(node, str(said["b"]), str(said["ver"]), str(said["addr"]), counts)
        case "counts":
            return Counts(node, _counts(said["c"]))
        case "start":
            return Start(node, int(said["a"]))
        case "entries":
            news = RelayedEntries(
                int(said["a"]),
                int(said["f"]) - 1,
                str(said["p"]),
                int(said["l"]),
                str(said["h"]),
                tuple(_entry(*row[:7]) for row in said["e"]),
            )
            return Entries(node, news)
    raise ValueError(kind)


def _counts(said: Mapping[str, int]) -> dict[int, int]:
    return {int(auction): int(count) for auction, count in said.items()}


def _entry(
    seq: int,
    round_: int,
    kind: str,
    user_id: int | None,
    at: str,
    data: Mapping[str, Any],
    hash_: str,
) -> LedgerEntry:
    return LedgerEntry(
        seq, round_, user_id, datetime.fromisoformat(at), event_of(kind, data), hash_
    )
