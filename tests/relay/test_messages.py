"""Messages of the relay: they come back as they were, and nothing that was not signed is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Commented, LedgerEntry, Unknown
from baraka_server.live.relay import RelayedEntries
from baraka_server.relay.messages import (
    MAC_CHARS,
    MESSAGE_BYTES_MAX,
    Beat,
    Codec,
    Counts,
    Entries,
    Start,
    Takes,
    Unreadable,
)

CODEC = Codec("a secret of one house")
AT = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)


def entry(seq: int, event: object = None, user_id: int | None = 7) -> LedgerEntry:
    return LedgerEntry(
        seq, 3, user_id, AT, event or BidPlaced(1500 + seq, bid_id=seq), f"{seq:064}"
    )


def news(*entries: LedgerEntry) -> RelayedEntries:
    first, last = entries[0], entries[-1]
    return RelayedEntries(42, first.seq - 1, "0" * 64, last.seq, last.hash, entries)


@pytest.mark.parametrize(
    "message",
    [
        Beat("n1", "boot", "1.0.0", "10.0.0.1:3000", {42: 3, 7: 1}, "boot of the server"),
        Counts("n1", {42: 0}, "boot"),
        Takes("n1", "bids_per_second_max", {7: 2, "h0a": 0.5}, "boot"),
        Start("n1", 42),
        Entries("n1", news(entry(8), entry(9, Commented("«سبحان» 💍", comment_id=3)))),
        Entries("n1", news(entry(1, user_id=None))),
    ],
)
def test_a_message_is_read_as_it_was_written(message: Beat | Counts | Start | Entries) -> None:
    assert CODEC.read(CODEC.written(message)) == message


def test_an_entry_keeps_its_hash() -> None:
    read = CODEC.read(CODEC.written(Entries("n1", news(entry(8)))))

    assert isinstance(read, Entries)
    assert [one.hash for one in read.news.entries] == [f"{8:064}"]


@pytest.mark.parametrize("where", [0, MAC_CHARS - 1, MAC_CHARS, -1])
def test_a_message_that_was_altered_is_not_believed(where: int) -> None:
    written = bytearray(CODEC.written(Start("n1", 42)))
    written[where] ^= 1

    assert CODEC.read(bytes(written)) is None


@pytest.mark.parametrize("data", [b"", b"x", b"0" * MAC_CHARS, b"{}", b"\xff" * 200])
def test_what_no_node_wrote_is_not_believed(data: bytes) -> None:
    assert CODEC.read(data) is None


def test_another_house_is_not_believed() -> None:
    assert Codec("another house's secret").read(CODEC.written(Start("n1", 42))) is None


def test_more_than_fits_says_where_to_read_it() -> None:
    long = [entry(seq, Commented("x" * 190, comment_id=seq)) for seq in range(5, 500)]

    written = CODEC.written(Entries("n1", news(*long)))

    assert len(written) <= MESSAGE_BYTES_MAX
    assert CODEC.read(written) == Entries("n1", replace(news(*long), entries=()))


def signed(said: object) -> bytes:
    return CODEC.signed(json.dumps(said).encode())


@pytest.mark.parametrize(
    "said",
    [
        {"v": 2, "n": "n2", "t": "entries", "a": 42},
        {"v": 1, "n": "n2", "t": "of a later release", "a": 42},
        {"v": 1, "n": "n2", "t": "entries", "a": 42, "e": [["?"]]},
        {"v": 1, "n": "n2", "t": "counts", "a": 42, "c": [1, 2]},
        {"v": 1, "n": "n2", "t": "counts", "a": 42, "c": {"1": float("inf")}},
    ],
)
def test_of_what_a_newer_node_says_the_auction_is_understood(said: object) -> None:
    assert CODEC.read(signed(said)) == Unreadable("n2", 42)


@pytest.mark.parametrize("body", [b"[1, 2]", b"7", b"null", b"\x81\xa1v\x02"])
def test_a_newer_node_that_writes_in_another_form_makes_no_older_one_deaf(body: bytes) -> None:
    assert CODEC.read(CODEC.signed(body)) == Unreadable("", None)


def test_what_a_newer_node_added_is_ignored() -> None:
    more = {"v": 1, "n": "n2", "mood": "good"}
    row = [8, 3, 7, "2026-03-01T12:00:00.123Z", {"v": 1, "rule": True, "amount": 9, "x": 1}]
    told = {
        "a": 42,
        "f": 8,
        "l": 8,
        "p": "0",
        "h": "1",
        "e": [[*row[:2], "bid", *row[2:], "1", "more"]],
    }

    assert CODEC.read(signed(more | {"t": "start", "a": 42})) == Start("n2", 42)
    beat = more | {
        "t": "beat",
        "b": "boot",
        "ver": "9.1.0",
        "addr": "",
        "c": {"42": 3},
        "load": [1],
    }
    assert CODEC.read(signed(beat)) == Beat("n2", "boot", "9.1.0", "", {42: 3})
    read = CODEC.read(signed(more | {"t": "entries"} | told))
    assert isinstance(read, Entries)
    assert [one.event for one in read.news.entries] == [BidPlaced(9)]


def test_a_kind_that_is_not_known_yet_is_read_as_such() -> None:
    unknown = Unknown("of_a_later_release", is_rule=True, said={"v": 3, "rule": True, "x": 1})
    read = CODEC.read(CODEC.written(Entries("n2", news(entry(8, unknown)))))

    assert isinstance(read, Entries)
    assert read.news.entries[0].event == unknown
