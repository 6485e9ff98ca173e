"""`baraka top`: the numbers of a real sale, what is wrong, and who is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from rich.console import Console
from textual.widgets import Static

from baraka_cli.top.app import Top
from baraka_cli.top.picture import picture
from baraka_cli.top.reading import Change, Reading
from baraka_cli.top.server import State, Watched
from baraka_cli.top.summary import Summary, troubles, unwatched, workers
from baraka_server.metrics.counting import SECONDS
from tests.support.clients.command_line import invoke, run
from tests.support.clients.terminal import terminal
from tests.support.servers.baraka import BARAKA, environment
from tests.support.servers.clock import Clock
from tests.support.servers.free_port import listen
from tests.support.servers.neighbours import Neighbourhood, server_in_process, street
from tests.wire.test_metrics import TOKEN

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("baraka_server.measured.REPORT_SECONDS", 0)
    return tmp_path


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Neighbourhood]:
    async with server_in_process(tmp_path, metrics_token=SecretStr(TOKEN), node_id="n1") as house:
        yield house


def shown(watched: list[Watched], width: int, height: int) -> str:
    console = Console(file=StringIO(), width=width, legacy_windows=False)
    with console.capture() as capture:
        console.print(picture(watched, width, height))
    return capture.get()


def said(metrics: dict[str, Any], **more: Any) -> Reading:
    return Reading(
        more.pop("at", 0.0),
        {
            "node": "n1",
            "metrics": {f"baraka_{name}": rows for name, rows in metrics.items()},
            "bounds": {"baraka_answer_seconds": list(SECONDS)},
            **more,
        },
    )


WELL = {"database_healthy": [[1]], "workers": [[2]], "workers_wanted": [[2]]}


async def test_a_server_is_shown_as_it_is_then_as_gone(house: Neighbourhood) -> None:
    clock = Clock()
    watched = Watched(house.url, TOKEN, clock)
    await watched.look()
    await house.bilal_bids()
    await house.bilal_bids()
    clock.now += 2
    await watched.look()
    assert watched.state is State.UP
    assert watched.change
    summary = Summary.of(watched.change)
    assert (summary.viewers, summary.bids_per_second, summary.workers) == (2, 1.0, 1)
    assert summary.answer_seconds
    assert summary.answer_seconds > 0
    for width, height in ((80, 24), (120, 40)):
        text = shown([watched], width, height)
        assert len(text.splitlines()) <= height
        assert all(len(line) <= width for line in text.splitlines())
        for word in ("n1", "2 viewers", "1.0 bids/s", "1 Friday Night Gold", "ok"):
            assert word in text, text
    watched.url = NOBODY
    clock.now += 3
    await watched.look()
    assert watched.state is State.GONE
    assert "gone" in (text := shown([watched], 80, 24))
    assert "n1: does not answer" in text
    assert ", for 3 s" in text


async def test_the_screen_is_kept_up_to_date_and_q_quits(house: Neighbourhood) -> None:
    app = Top([Watched(house.url, TOKEN)], 0.05)
    async with app.run_test(size=(80, 24)) as pilot:
        text = ""
        while "2 viewers" not in text:
            await pilot.pause(0.05)
            console = Console(file=StringIO(), width=80)
            with console.capture() as capture:
                console.print(app.query_one("#picture", Static).content)
            text = capture.get()
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": "a token of somebody else"}, "asks for another token"),
        ({"token": None}, "asks for a token: --token or BARAKA_METRICS_TOKEN"),
    ],
)
async def test_whoever_may_not_know_is_told_what_to_do(
    house: Neighbourhood, given: dict[str, Any], told: str
) -> None:
    watched = Watched(house.url, **given)
    await watched.look()
    assert watched.state is State.REFUSES
    assert watched.trouble == told


async def test_what_is_not_baraka_or_tells_no_numbers_is_named(tmp_path: Path) -> None:
    app = web.Application()

    async def other(_request: web.Request) -> web.Response:
        return web.json_response(["something", "else"])

    app.router.add_get("/metrics/top", other)
    runner, url = await listen(app)
    watched = Watched(url, None)
    await watched.look()
    assert watched.state is State.GONE
    await runner.cleanup()
    async with server_in_process(tmp_path) as house:
        silent = Watched(house.url, TOKEN)
        await silent.look()
        assert "set BARAKA_METRICS_TOKEN there" in silent.trouble


def test_scripts_are_told_the_errors_and_exit_codes() -> None:
    done = invoke("top", "--once", "--url", NOBODY)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"{NOBODY}: the server does not answer (Connection refused)\n"
    done = invoke("top", "--json", "--url", NOBODY, "--url", NOBODY)
    assert done.code == 1
    (one,) = json.loads(done.out)
    assert one["state"] == "gone"
    assert invoke("top", "--url", "127.0.0.1").code == 2


async def test_the_command_prints_a_picture_and_json_of_a_real_server(folder: Path) -> None:
    settings = {"BARAKA_METRICS_TOKEN": TOKEN}
    async with street(folder, **settings) as here:
        await here.bilal_bids()
        words = ("top", "--every", 1, "--url", here.url)
        done = await asyncio.to_thread(run, *words, "--json", folder=folder, **settings)
        assert (done.code, done.err) == (0, "")
        (one,) = json.loads(done.out)
        assert (one["state"], one["viewers"], one["auctions"][0]["id"]) == ("up", 2, 1)
        command = (BARAKA, "top", "--url", here.url)
        env = environment(TERM="xterm-256color", **settings)
        async with terminal(*command, folder=folder, environment=env) as screen:
            await screen.sees("2 viewers")
            screen.types("q")
            assert await screen.ends() == 0
        assert "\x1b[?1049h" in screen.raw  # it left what was on the screen alone
        assert "\x1b[?1049l" in screen.raw


def test_times_are_those_below_which_99_of_100_new_ones_were() -> None:
    before = said({"answer_seconds": [[[1.0, 900, *[0] * 14]]]})
    now = said({"answer_seconds": [[[9.0, 900, 50, 0, 0, 0, 0, 0, 0, 50, *[0] * 6]]]}, at=1.0)
    # Half took up to 1 ms, half 0.1 to 0.2 s; what was before does not count.
    assert Change(now, before).quantile("baraka_answer_seconds") == pytest.approx(0.198)
    assert Change(now, now).quantile("baraka_answer_seconds") is None
    begun_anew = said({"answer_seconds": []})
    assert Change(now, begun_anew).quantile("baraka_answer_seconds") is not None
    too_long = said({"answer_seconds": [[[99.0, *[0] * 14, 3]]]})
    assert Change(too_long, begun_anew).quantile("baraka_answer_seconds") == SECONDS[-1]


def test_a_counter_that_began_anew_has_no_rate() -> None:
    before, now = said({"bids_total": [["accepted", 9]]}), said({"bids_total": [["accepted", 2]]})
    assert Change(now, before).rate("baraka_bids_total", "accepted") == 0


def test_what_is_wrong_is_told_the_worst_first() -> None:
    watched = Watched("http://n1", None)
    watched.state = State.UP
    fails = WELL | {
        "database_healthy": [[0]],
        "workers": [[1]],
        "relay_healthy": [[0]],
        "bids_total": [["accepted", 5], ["failed", 30]],
        "answer_seconds": [[[9.0, *[0] * 11, 100, 0, 0, 0]]],
        "worker_silent_seconds": [["1", 0.1], ["2", 12]],
        "sockets": [[90]],
        "sockets_max": [[100]],
        "slow_viewers_dropped_total": [[4]],
    }
    none = {"bids_total": [["accepted", 0], ["failed", 0]], "answer_seconds": [[[0, *[0] * 15]]]}
    watched.change = Change(said(fails, at=2.0, nodes=["n2"]), said(WELL | none))
    assert list(troubles(watched)) == [
        "cannot use its database: no bid is accepted",
        "15.0 bids a second fail by its own fault",
        "worker 2 has been silent for 12 s",
        "has 1 of 2 workers",
        "does not hear the others at once: Redis?",
        "answers are slow (1990 ms)",
        "has 90 of 100 sockets",
        "closes 2.0 viewers a second that do not read",
    ]
    assert unwatched([watched]) == ["n2"]
    text = shown([watched], 80, 24)
    assert "! and 4 more" in text
    assert "other servers are heard that are not watched (--url): n2" in text


def test_silent_workers_are_shown_before_those_that_are_late() -> None:
    watched = Watched("http://n1", None)
    watched.state = State.UP
    numbers = WELL | {
        "worker_silent_seconds": [["1", 0.1], ["2", 0.2], ["3", 0.1], ["4", 60]],
        "worker_lag_seconds": [["1", 0.01], ["2", 0.03], ["3", 0.02], ["4", 0]],
    }
    watched.change = Change(said(numbers, at=1.0), said(numbers))
    assert [one.number for one in workers(watched)] == [4, 2, 3, 1]
    assert "60 s ago" in shown([watched], 80, 24)  # where there is room for three of the four


def test_titles_obey_nobody_and_fifty_auctions_fit_the_screen() -> None:
    auctions = [{"id": n, "title": "\x1b[2J\nRings", "viewers": n, "bids": n} for n in range(50)]
    watched = Watched("http://n1", None)
    watched.state = State.UP
    now = said(WELL, at=1.0, auctions=auctions)
    watched.change = Change(now, said(WELL, auctions=[]))
    text = shown([watched], 80, 24)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 24
    assert "49" in text
    assert "Rings" in text
