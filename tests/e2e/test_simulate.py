"""`baraka simulate` as QA types it, against a real server on both databases."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from baraka_cli.simulator.result import OF_A_HOUSE, Promise, Result
from baraka_server.wire.identity import mint
from tests.support.clients.command_line import Answer, run
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite

SECONDS_MAX = 120
SHORT = ("--users=60", "--duration=4", "--viewers=12")


async def simulate(baraka: Baraka, folder: Path, *words: object, **settings) -> Answer:
    return await asyncio.to_thread(
        run,
        "simulate",
        f"--url={baraka.url}",
        *words,
        folder=folder,
        seconds_max=SECONDS_MAX,
        **settings,
    )


async def test_smoke_keeps_every_promise_and_says_so(baraka: Baraka, sale_database, tmp_path):
    done = await simulate(
        baraka,
        tmp_path,
        *("smoke", "--users=60", f"--database-url={sale_database}"),
        *(f"--server-pid={baraka.pid}", "--json"),
    )
    assert done.code == 0, done.out + done.err
    result = Result.model_validate_json(done.out)
    assert (result.could_not, result.bottleneck) == ("", "")
    checked = {finding.promise: finding.checked for finding in result.findings}
    assert all(checked[promise] for promise in set(Promise) - OF_A_HOUSE), checked
    assert not any(finding.broken or finding.unchecked for finding in result.findings)
    totals = result.totals
    assert totals.lots == totals.sold + totals.passed == 2
    assert totals.accepted > 0
    assert totals.asked == totals.accepted + totals.refused + totals.unanswered
    assert totals.reconnections > 0, "connections were to be cut, and to come back"
    assert result.delivery.count > totals.accepted
    (server,) = result.servers
    assert server.pid == baraka.pid
    assert server.cpu_seconds > 0


@only_sqlite
async def test_a_run_is_kept_shown_as_a_page_and_laid_beside_the_next(baraka, tmp_path):
    kept = ("--save=old.json", "--report=run.html", "--processes=2")
    first = await simulate(baraka, tmp_path, *SHORT, *kept)
    assert first.code == 0, first.out + first.err
    assert ", in 2 processes" in first.out
    assert "Every promise that was checked was kept" in first.out
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert page.startswith("<!")
    assert "Every promise that was checked was kept" in page
    second = await simulate(baraka, tmp_path, *SHORT, "--compare=old.json")
    assert second.code == 0, second.out + second.err
    assert "delivery p99" in second.out
    assert "The crowd was in 2 processes then, and is in 1 process now." in second.out


@only_sqlite
async def test_tokens_come_from_a_file_where_the_secret_is_not_ours(baraka, tmp_path):
    tokens = [mint(SECRET, user_id, timedelta(hours=1), {}) for user_id in range(1, 13)]
    (tmp_path / "tokens").write_text("\n".join(tokens))
    done = await simulate(
        baraka, tmp_path, *SHORT, "--tokens=tokens", "--json", BARAKA_JWT_SECRET=None
    )
    assert done.code == 0, done.out + done.err
    assert Result.model_validate_json(done.out).totals.accepted > 0
    assert not any(token in done.out + done.err for token in tokens)


@only_sqlite
async def test_a_server_is_not_blamed_for_a_token_of_the_file_that_expired(baraka, tmp_path):
    lives = [timedelta(hours=1)] * 12
    lives[7] = timedelta(hours=-1)  # a viewer's: the others are let in
    tokens = [mint(SECRET, user_id, life, {}) for user_id, life in enumerate(lives, 1)]
    (tmp_path / "tokens").write_text("\n".join(tokens))
    done = await simulate(
        baraka, tmp_path, *SHORT, "--tokens=tokens", "--json", BARAKA_JWT_SECRET=None
    )
    assert done.code == 2, done.out + done.err
    result = Result.model_validate_json(done.out)
    assert "(user 8): the server refuses the access token" in result.could_not
    assert "It expired at " in result.could_not
    assert [one for one in result.findings if one.broken] == []
    assert result.totals.dropped_by_server == 0


async def test_the_crowd_comes_to_a_sale_that_somebody_else_holds(baraka, crowd, tmp_path):
    amina = await crowd.pick_up(baraka.url, 1)
    words = ("--no-host", "--auction=2", "--users=60", "--rate=20", "--json")
    guests = asyncio.create_task(simulate(baraka, tmp_path, *words))
    await asyncio.sleep(0)  # it waits: there is nothing live yet
    auction = {"auctionId": 2}
    assert (await amina.emits("startLiveAuction", auction))["ok"]
    assert (await amina.emits("joinAuction", auction))["ok"]
    await amina.hears("userCountUpdate", lambda count: count["userCount"] > 20)
    prices = {"minBidPrice": 100, "bidPrice": 120, "actualPrice": 900}
    assert (await amina.emits("changeCuurentProduct", auction | prices | {"product": "Ring"}))["ok"]
    for _ in range(5):
        await amina.hears("newBid")
    award = auction | {"product": "Ring", "weight": "5g"}
    assert (await amina.emits("awardingAuction", award))["ok"]
    assert (await amina.emits("endAuction", auction))["ok"]
    done = await guests
    assert done.code == 0, done.out + done.err
    assert Result.model_validate_json(done.out).totals.sold == 1


@only_sqlite
async def test_an_auction_that_cannot_be_held_is_exit_2_and_one_sentence(baraka, crowd, tmp_path):
    amina = await crowd.pick_up(baraka.url, 1)
    assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
    assert (await amina.emits("endAuction", {"auctionId": 1}))["ok"]
    done = await simulate(baraka, tmp_path, "--auction=1")
    assert (done.code, done.out) == (2, "")
    assert "auction 1 cannot be started: Auction is already Ended" in done.err
    for taken in (2, 3):  # somebody's sale is not taken for one that nobody needs
        assert (await amina.emits("startLiveAuction", {"auctionId": taken}))["ok"]
    done = await simulate(baraka, tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "User 1 has no auction that can be started" in done.err
    done = await simulate(baraka, tmp_path, "--auction=3", "--database-url=sqlite:///new.db")
    assert (done.code, done.out) == (2, "")
    assert "baraka db upgrade" in done.err
    done = await simulate(baraka, tmp_path, "--host=7")
    assert (done.code, done.out) == (2, "")
    assert "User 7 has no auction that can be started" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["smoek"], "preset: there is no 'smoek'; there are smoke, evening-sale"),
        (["gone.toml"], "gone.toml: No such file or directory"),
        (["--transport=pigeon"], "transport: Input should be 'mixed', 'websocket' or 'polling'"),
        (["--lots=gone.csv"], "gone.csv: No such file or directory"),
        (["--compare=gone.json"], "--compare: gone.json"),
        (["--tokens=gone"], "--tokens: gone: No such file or directory"),
        (["--report=gone/run.html"], "there is no folder gone"),
        (["--url=ftp://x"], "--url: 'ftp://x' is not an address"),
        (["--url=http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached: "),
        (["--processes=0"], "--processes: '0' is neither auto nor a number from 1 to 64"),
        (["--processes=many"], "--processes: 'many' is neither auto nor a number from 1 to 64"),
        (
            ["hostile", "--processes=2"],
            "--processes is for a sale; hostile tries its probes on one",
        ),
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_names_what_is_wrong(words, told, tmp_path):
    done = run("simulate", *words, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_a_scenario_file_names_its_mistakes(tmp_path):
    (tmp_path / "sale.toml").write_text("viewers = 10\nvieers = 3\n")
    done = run("simulate", "sale.toml", folder=tmp_path)
    assert done.code == 2
    assert "vieers: there is no such field; there are viewers, bidders" in done.err


def test_numbers_of_another_format_are_refused(tmp_path):
    (tmp_path / "old.json").write_text(json.dumps({"format": 99}))
    done = run("simulate", "--compare=old.json", folder=tmp_path)
    assert done.code == 2
    assert "old.json" in done.err
