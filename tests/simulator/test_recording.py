"""A sale that took place, read from its history and done again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from baraka_cli.database import open_store
from baraka_cli.simulator.crowd.cast import Place
from baraka_cli.simulator.crowd.replaying import Replay, played_by
from baraka_cli.simulator.recording import BadRecording, read_recording
from baraka_cli.simulator.result import Result
from baraka_server.store import audit
from tests.support.clients.command_line import invoke
from tests.support.clients.simulated import EVENING, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.sales import run_sale

LOT = {"product": "Ring", "minimum_price": 100, "start_price": 120, "market_price": 900}


def entry(seq: int, kind: str, data: dict[str, Any], at: str = "10:00:00", **more: Any) -> Any:
    moment = f"2027-01-31T{at}.000Z"
    fields = {"seq": seq, "round": 1, "at": moment, "kind": kind, "userId": 1, "who": "Amina"}
    return fields | {"what": "did it", "data": data, "known": True} | more


OPENED = entry(1, "lot_opened", {"lot": LOT})


def written(folder: Path, value: Any) -> Path:
    file = folder / "history.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_times_count_from_the_first_command_and_never_go_back(tmp_path: Path):
    entries = [
        entry(1, "started", {}, at="09:00:00"),
        entry(2, "lot_opened", {"lot": LOT}, at="10:00:00"),
        entry(3, "bid", {"amount": 120}, at="10:00:05", userId=7),
        entry(4, "comment", {"comment": "Oh"}, at="10:00:03", userId=8),
        entry(5, "bid", {"amount": 130}, at="10:01:00", userId=8),
        entry(6, "standing_bid_changed", {}),
        entry(7, "auctioneer_sneezed", {}, known=False),
        entry(8, "ended", {}),
    ]
    found = read_recording(written(tmp_path, entries))
    assert [deed.at for deed in found.deeds] == [0, 5, 5, 60]
    assert found.people == [7, 8]
    assert [lot.product for lot in found.lots] == ["Ring"]
    assert found.left_out == {"standing_bid_changed": 1, "auctioneer_sneezed": 1}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", "is not JSON"),
        ({}, "baraka auction history ID --json makes one"),
        ([{"seq": 1}], "is not a history of an auction: "),
        ([], "no lot was put up in this sale"),
        ([OPENED, entry(2, "bid", {})], "entry 2 lacks 'amount'"),
    ],
)
def test_what_is_no_history_is_said(value, told, tmp_path: Path):
    with pytest.raises(BadRecording, match=told):
        read_recording(written(tmp_path, value))


def test_everybody_is_played_by_themselves_or_by_somebody_with_no_other_part():
    place = Place(1, None, 1, [2, 3, 4])
    assert played_by([3, 99, 1], place) == {3: 3, 99: 2, 1: 4}
    assert played_by([2, 3, 4, 98, 99], place) == {2: 2, 3: 3, 4: 4, 98: 2, 99: 3}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--replay=history.json", "--rate=5", "--bidders=2"], "--bidders, --rate: with --replay"),
        (["--speed=4"], "--speed: of what?"),
        (["--replay=gone.json"], "--replay: gone.json: No such file"),
    ],
)
def test_what_the_record_says_cannot_be_said_again(words, told, tmp_path, monkeypatch):
    written(tmp_path, [OPENED])
    monkeypatch.chdir(tmp_path)
    done = invoke("simulate", *words)
    assert done.code == 2
    assert told in done.err


async def history(database: Path, file: Path) -> Any:
    """The history of a sale that users 61 to 63 held in this database, who are nobody's crowd."""
    url = f"sqlite+aiosqlite:///{database}"
    async with open_store(url) as store:
        sale = await run_sale(store)
        entries = [one async for one in audit.history(store, sale.auction.id)]
    rows = [one.model_dump(mode="json") for one in entries]
    file.write_text(json.dumps(rows))
    return rows


async def done_again(database: Path, file: Path, speed: float = 50) -> Result:
    recording = await asyncio.to_thread(read_recording, file)
    nobody = {"bidders": 0, "commenters": 0, "rate": 0, "duration": 1, "lots": 2}
    scenario = EVENING.model_copy(update=nobody)
    async with broken_server(database) as server:
        return await hold(server.url, scenario, replay=Replay(recording, speed))


async def test_a_sale_is_done_again_by_others_and_comes_to_the_same(database, tmp_path):
    await history(database, tmp_path / "history.json")
    result = await done_again(database, tmp_path / "history.json")
    assert not result.could_not
    assert result.kept
    again = result.replay
    assert again is not None
    assert again.done == again.deeds == 14
    assert result.totals.accepted == 7
    assert result.totals.turnover == 1_200
    assert sorted(again.differences) == [
        "user 2 does what user 62 did, who is not here",
        "user 3 does what user 63 did, who is not here",
        "user 4 does what user 61 did, who is not here",
    ]


async def test_what_differs_from_the_record_is_said(database, tmp_path):
    file = tmp_path / "history.json"
    rows = await history(database, file)
    awarded = next(row for row in rows if row["kind"] == "awarded")
    awarded["data"]["high"]["amount"] = 1_300
    bids = [row for row in rows if row["kind"] == "bid"]
    bids[2]["data"]["amount"] = 900
    file.write_text(json.dumps(rows))
    result = await done_again(database, file)
    again = result.replay
    assert again is not None
    assert result.kept, "it was a wrong record, and a right server"
    assert again.done == again.deeds - 1
    told = "\n".join(again.differences)
    assert f"number {bids[2]['seq']}, Bilal bid 1000: Bid must be higher than" in told
    assert "'Gold Ring' went to user 3 for 1,200, not to user 3 for 1,300" in told
