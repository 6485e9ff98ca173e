"""Messages between nodes: JSON, signed, at most 64 KB.

    {"v": 1, "n": node, "t": "entries", "a": 7, "f": 101, "l": 108, "p": hash of 100, "h": hash of 108, "e": [...]}

`v`, `n`, `t` and, of entries, `a f l p h` keep their meaning for ever; `b` is the start of the process that
says it, which tells two nodes of one name apart. What a newer node added is ignored; of another `v` or an unknown `t` only `a` is read: look at that auction's ledger. Users do not
travel, and no free text: who lacks one reads it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from baraka_server.contract.fields import iso_time
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.kinds import event_of
from baraka_server.live.relay import RelayedEntries, TakerKey

VERSION = 1
MESSAGE_BYTES_MAX = 64 * 1024
"""The largest message. Redis cuts a subscriber off for what is much larger and waits."""
MAC_CHARS = 64

_PURPOSE = b"baraka relay v1"
_encoded = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Beat:
    """A node says once a second that it is alive, and how many viewers each auction has on it.

    `boot` is the start of its process, `server` that of the server: all of its workers have the same.
    """

    node: str
    boot: str
    version: str
    address: str = ""
    counts: Mapping[int, int] = field(default_factory=dict)
    server: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of viewers of some auctions on a node, between two beats."""

    node: str
    counts: Mapping[int, int]
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Takes:
    """What was taken on a node from a limit that holds over all of them, by key."""

    node: str
    limit: str
    amounts: Mapping[TakerKey, float]
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """An auction went live on a node, or its start was told again."""

    node: str
    auction_id: int
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that a node committed."""

    node: str
    news: RelayedEntries
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message of a newer node about an auction, whose ledger has to be read."""

    node: str
    auction_id: int | None
    boot: str = ""


Sent = Beat | Counts | Start | Entries | Takes
Message = Sent | Unreadable


class Codec:
    """Writes and reads the messages of nodes that share a secret.

    `read` returns None for what no node with this secret wrote.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def written(self, message: Sent) -> bytes:
        body = _encoded(
            {"v": VERSION, "n": message.node, "b": message.boot, **_fields(message)}
        ).encode()
        if len(body) > MESSAGE_BYTES_MAX - MAC_CHARS and isinstance(message, Entries):
            return self.written(replace(message, news=_without_entries(message.news)))
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
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        try:
            return _message(said)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            known = said if isinstance(said, dict) else {}
            auction_id = known.get("a")
            about = auction_id if _is_id(auction_id) else None
            return Unreadable(str(known.get("n", "")), about, str(known.get("b", "")))

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256").hex().encode()


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _without_entries(news: RelayedEntries) -> RelayedEntries:
    return RelayedEntries(
        news.auction_id, news.before_seq, news.before_hash, news.last_seq, news.last_hash
    )


def _fields(message: Sent) -> dict[str, Any]:
    match message:
        case Beat():
            return {
                "t": "beat",
                "s": message.server,
                "ver": message.version,
                "addr": message.address,
                "c": dict(message.counts),
            }
        case Counts(counts=counts):
            return {"t": "counts", "c": dict(counts)}
        case Takes():
            return {"t": "takes", "k": message.limit, "s": dict(message.amounts)}
        case Start(auction_id=auction_id):
            return {"t": "start", "a": auction_id}
        case Entries(news=news):
            return {"t": "entries", **entries_fields(news)}


def entries_fields(news: RelayedEntries) -> dict[str, Any]:
    """Entries as they travel, also over a link."""
    return {
        "a": news.auction_id,
        "f": news.before_seq + 1,
        "l": news.last_seq,
        "p": news.before_hash,
        "h": news.last_hash,
        "e": _rows(news.entries),
    }


def relayed_entries(said: Mapping[str, Any]) -> RelayedEntries:
    """The entries that travelled so. Raises `KeyError`, `TypeError` or `ValueError`."""
    return RelayedEntries(
        int(said["a"]),
        int(said["f"]) - 1,
        str(said["p"]),
        int(said["l"]),
        str(said["h"]),
        tuple(_entry(*row[:7]) for row in said["e"]),
    )


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


def _message(said: Any) -> Message:
    node, kind, boot = str(said["n"]), said["t"], str(said.get("b", ""))
    if said["v"] != VERSION:
        raise ValueError(said["v"])
    match kind:
        case "beat":
            counts, server = _counts(said["c"]), str(said.get("s", ""))
            return Beat(node, boot, str(said["ver"]), str(said["addr"]), counts, server)
        case "counts":
            return Counts(node, _counts(said["c"]), boot)
        case "takes":
            return Takes(node, str(said["k"]), _amounts(said["s"]), boot)
        case "start":
            return Start(node, int(said["a"]), boot)
        case "entries":
            return Entries(node, relayed_entries(said), boot)
    raise ValueError(kind)


def _counts(said: Mapping[str, int]) -> dict[int, int]:
    return {int(auction): int(count) for auction, count in said.items()}


def _amounts(said: Mapping[str, float]) -> dict[TakerKey, float]:
    return {int(key) if key.isdecimal() else key: float(amount) for key, amount in said.items()}


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
