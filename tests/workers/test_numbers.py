"""Numbers of a node: workers together, replaced ones, and those of another release."""

from __future__ import annotations

import json

from baraka_server.metrics.counting import SECONDS, Histogram
from baraka_server.metrics.report import AuctionNow, Distribution, Report, decoded, value
from baraka_server.workers.numbers import NodeNumbers

BIDS = "baraka_bids_total"


def report(bids: int, *, viewers: int = 0, rooms: tuple[int, ...] = (), lag: float = 0) -> Report:
    commit = Histogram(SECONDS)
    for _ in range(bids):
        commit.observe(0.003)
    return Report(
        {
            BIDS: {("accepted",): bids},
            "baraka_viewers": {(): viewers},
            "baraka_rooms": {(): len(rooms)},
            "baraka_relay_healthy": {(): 1 if lag == 0 else 0},
            "baraka_commit_seconds": {(): Distribution.of(commit)},
        },
        [AuctionNow(one, "Rings", viewers, bids=bids, lag_seconds=lag) for one in rooms],
        frozenset(rooms),
    )


def test_workers_are_added_up_by_the_kind_of_each_metric() -> None:
    numbers = NodeNumbers()
    numbers.heard(1, report(3, viewers=10, rooms=(7, 8)).encoded())
    numbers.heard(2, report(2, viewers=5, rooms=(7,), lag=0.5).encoded())
    node = numbers.report({1: 0.1, 2: 30.0}, wanted=2)
    assert value(node.values, BIDS, "accepted") == 5
    assert value(node.values, "baraka_viewers") == 15
    assert value(node.values, "baraka_rooms") == 2  # one of them has viewers on both
    assert value(node.values, "baraka_relay_healthy") == 0
    assert node.values["baraka_commit_seconds"][()] == Distribution(
        (0, 0, 0, 5, *[0] * (len(SECONDS) - 3)), node.values["baraka_commit_seconds"][()].sum
    )
    assert value(node.values, "baraka_worker_silent_seconds", "2") == 30
    assert [(one.id, one.viewers, one.lag_seconds) for one in node.auctions] == [
        (7, 15, 0.5),
        (8, 10, 0),
    ]


def test_what_a_worker_counted_stays_when_it_is_gone_and_what_it_held_does_not() -> None:
    numbers = NodeNumbers()
    numbers.heard(1, report(3, viewers=10, rooms=(7,)).encoded())
    numbers.heard(2, report(2, viewers=5).encoded())
    numbers.gone(1)
    numbers.gone(1)
    numbers.heard(3, report(1, viewers=1).encoded())
    node = numbers.report({2: 0, 3: 0}, wanted=2)
    assert value(node.values, BIDS, "accepted") == 6
    assert value(node.values, "baraka_viewers") == 6
    assert value(node.values, "baraka_rooms") == 0
    commits = node.values["baraka_commit_seconds"][()]
    assert isinstance(commits, Distribution)
    assert sum(commits.counts) == 6
    numbers.gone(2)  # after another one
    numbers.gone(3)
    node = numbers.report({}, wanted=2)
    assert value(node.values, BIDS, "accepted") == 6
    assert value(node.values, "baraka_viewers") == 0


def test_a_report_of_a_newer_program_is_read_as_far_as_it_is_known() -> None:
    said = json.loads(report(3, rooms=(7,)).encoded())
    said["metrics"] |= {"baraka_of_tomorrow": [[1]], "baraka_viewers": [["a label", 1]]}
    said["metrics"]["baraka_commit_seconds"] = [[[0.1, 1, 2]]]
    said["auctions"][0]["mood"] = "good"
    read = decoded(json.dumps(said).encode())
    assert set(read.values) == {BIDS, "baraka_rooms", "baraka_relay_healthy"}
    assert read.auctions[0].id == 7
    numbers = NodeNumbers()
    numbers.heard(1, b"what is this")
    assert value(numbers.report({1: 0}, wanted=1).values, "baraka_workers") == 1


def test_the_report_of_a_full_worker_fits_in_one_message() -> None:
    from baraka_server.metrics.report import AUCTIONS_MAX, ROOMS_MAX, TITLE_CHARS_MAX
    from baraka_server.workers.channel import MESSAGE_BYTES_MAX

    rooms = range(10**9, 10**9 + 2 * ROOMS_MAX)
    auctions = [
        AuctionNow(one, "م" * TITLE_CHARS_MAX, *[10**6] * 5, 1.23456789)
        for one in rooms[:AUCTIONS_MAX]
    ]
    metrics = {f"baraka_{n}_total": {("x" * 20,): 10**9} for n in range(800)}
    full = Report(metrics, auctions, frozenset(rooms))
    assert len(full.encoded()) < MESSAGE_BYTES_MAX
