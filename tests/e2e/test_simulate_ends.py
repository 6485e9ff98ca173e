"""Runs of `baraka simulate` that end early, and what they print before it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from baraka_cli.simulator.result import Result
from tests.support.clients.command_line import run
from tests.support.clients.crowd import Crowd
from tests.support.clients.phones import Phone
from tests.support.servers import forks
from tests.support.servers.baraka import BARAKA, Baraka, environment
from tests.support.servers.databases import only_sqlite

SMALL = ("--users=40", "--viewers=5", "--json")
LONG = ("--duration=10m",)


class Simulation:
    """A run that goes on until it is told not to."""

    def __init__(
        self,
        baraka: Baraka,
        folder: Path,
        *words: str,
        scenario: Sequence[str] = (*SMALL, *LONG),
    ) -> None:
        self._out, self._err = folder / "out.json", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = forks.start(
                ["simulate", f"--url={baraka.url}", *scenario, *words],
                folder=folder,
                env=environment(),
                stdout=out.fileno(),
                stderr=err.fileno(),
            )

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self) -> tuple[int, Result, str]:
        code = await asyncio.wait_for(self._process.wait(), 60)
        err = self._err.read_text()
        assert "Traceback" not in err, err
        return code, Result.model_validate_json(self._out.read_text()), err


async def watch(owner: Phone, onlooker: Phone, auction_id: int) -> None:
    """Be in the room before the crowd comes, and counts who is there."""
    assert (await owner.emits("startLiveAuction", {"auctionId": auction_id}))["ok"]
    assert (await onlooker.emits("joinAuction", {"auctionId": auction_id}))["ok"]


@only_sqlite
async def test_a_signal_ends_the_auction_and_then_the_run_with_a_report(
    baraka: Baraka, crowd: Crowd, tmp_path: Path
):
    onlooker = await crowd.pick_up(baraka.url, 50)
    amina = await crowd.pick_up(baraka.url, 1)
    for number, name, auction_id in (
        (signal.SIGTERM, "SIGTERM", 3),
        (signal.SIGINT, "Ctrl-C", 1),
    ):
        await watch(amina, onlooker, auction_id)
        words = ("--report=run.html", "--processes=2")
        simulation = Simulation(baraka, tmp_path, f"--auction={auction_id}", *words)
        await onlooker.hears("newBid")
        simulation.send(number)
        await onlooker.hears("auctionFinished")
        code, result, _ = await simulation.ended()
        assert code == 128 + number
        assert result.could_not == f"It was interrupted by {name}. The auction was ended."
        assert result.interrupted == number
        assert result.still_live == []
        totals = result.totals
        assert totals.asked == totals.accepted + totals.refused + totals.unanswered > 0
        assert "was interrupted" in (tmp_path / "run.html").read_text()
        again = await amina.emits("startLiveAuction", {"auctionId": auction_id})
        assert again["message"] == "Auction is already Ended"


@only_sqlite
async def test_a_signal_ends_the_auction_of_the_probes_too(
    baraka: Baraka, crowd: Crowd, tmp_path: Path
):
    onlooker = await crowd.pick_up(baraka.url, 50)
    for number, name, auction_id in (
        (signal.SIGTERM, "SIGTERM", 3),
        (signal.SIGINT, "Ctrl-C", 1),
    ):
        words = ("--users=40", "--json", f"--auction={auction_id}")
        simulation = Simulation(baraka, tmp_path, *words, scenario=("hostile",))
        await onlooker.hears("auctionStarted")
        assert (await onlooker.emits("joinAuction", {"auctionId": auction_id}))["ok"]
        await onlooker.hears("newBid")
        simulation.send(number)
        await onlooker.hears("auctionFinished")
        code, result, _ = await simulation.ended()
        assert code == 128 + number
        assert result.could_not == f"It was interrupted by {name}. No auction is left live."
        assert [one.faults for one in result.probes if one.faults] == []
        assert any(one.checked for one in result.probes)
        assert any(one.unchecked == "the run broke off before" for one in result.probes)


@only_sqlite
async def test_to_leave_a_sale_that_somebody_else_holds_is_no_failure(
    baraka: Baraka, crowd: Crowd, tmp_path: Path
):
    amina = await crowd.pick_up(baraka.url, 1)
    assert (await amina.emits("startLiveAuction", {"auctionId": 2}))["ok"]
    assert (await amina.emits("joinAuction", {"auctionId": 2}))["ok"]
    simulation = Simulation(baraka, tmp_path, "--no-host", "--auction=2")
    prices = {"minBidPrice": 100, "bidPrice": 120, "actualPrice": 900}
    lot = {"auctionId": 2, "product": "Ring"} | prices
    assert (await amina.emits("changeCuurentProduct", lot))["ok"]
    await amina.hears("newBid")
    simulation.send(signal.SIGINT)
    code, result, _ = await simulation.ended()
    assert (code, result.could_not) == (0, "")
    assert (await amina.emits("endAuction", {"auctionId": 2}))["ok"], "it goes on without them"


@only_sqlite
async def test_a_server_that_is_gone_is_said_to_be_gone_and_its_auctions_to_be_live(
    baraka: Baraka, crowd: Crowd, tmp_path: Path
):
    onlooker = await crowd.pick_up(baraka.url, 50)
    await watch(await crowd.pick_up(baraka.url, 1), onlooker, 3)
    simulation = Simulation(baraka, tmp_path, "--auction=3", "--patience=1s")
    await onlooker.hears("newBid")
    await baraka.kill()
    code, result, told = await simulation.ended()
    assert code == 2
    assert "! The server is gone: " in told
    assert result.could_not.startswith("The server is gone: ")
    assert "still live" in result.could_not
    assert 3 in result.still_live


def test_too_few_descriptors_are_said_with_the_command_that_mends_it(tmp_path: Path):
    few = "ulimit -n 300; exec " + BARAKA + " simulate rush"
    done = subprocess.run(
        ["bash", "-c", few], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "open files, and the system allows 300." in done.stderr
    assert "sudo prlimit --pid $$ --nofile=" in done.stderr


@only_sqlite
async def test_a_limit_is_looked_for_until_something_breaks(baraka: Baraka, tmp_path: Path):
    words = ("--rate=40", "--find-limit=1s", "--max-p99-ms=0", "--junit=found.xml", "--auction=1")
    code, result, _ = await Simulation(baraka, tmp_path, *words).ended()
    assert code == 1, "not even the first rate was held"
    assert result.could_not == ""
    assert result.kept
    (step,) = result.steps
    assert step.why.startswith("delivery p99 was")
    assert "--find-limit" in (tmp_path / "found.xml").read_text()
    assert result.totals.bidding_seconds < 60, "the sale ended when that was known"


@only_sqlite
async def test_a_sale_is_held_again_on_auctions_of_its_own(baraka: Baraka, tmp_path: Path):
    again = ("--repeat=2", "--duration=1s", "--save=series.json")
    code, result, _ = await Simulation(baraka, tmp_path, *again).ended()
    assert code == 0
    assert len(result.runs) == 2
    assert result.runs[0].auctions != result.runs[1].auctions
    assert Result.model_validate_json((tmp_path / "series.json").read_text()) == result


@only_sqlite
async def test_a_sale_that_was_held_is_held_again_from_its_history(baraka: Baraka, tmp_path: Path):
    _, first, _ = await Simulation(baraka, tmp_path, "--auction=3", "--duration=2s").ended()
    words = ("auction", "history", 3, "--json", f"--database-url={baraka.database_url}")
    told = await asyncio.to_thread(run, *words, folder=tmp_path)
    (tmp_path / "history.json").write_text(told.out)
    words = ("--replay=history.json", "--speed=4", "--auction=1", "--report=again.html")
    code, again, _ = await Simulation(baraka, tmp_path, *words, scenario=SMALL).ended()
    assert code == 0
    assert again.replay is not None
    assert again.replay.differences == []
    assert again.replay.done == again.replay.deeds
    assert (again.totals.accepted, again.totals.turnover) == (
        first.totals.accepted,
        first.totals.turnover,
    )
    assert "--replay history.json --speed 4" in (tmp_path / "again.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--report=."], "cannot be written: Is a directory"),
        (["--save=x.json", "--junit=x.json"], "cannot be the same file"),
        (["--fail-on-worse"], "--fail-on-worse: worse than what?"),
        (["--bidders=0"], "a sale without bids proves nothing. Bring one at least: --bidders 1"),
        (["--no-host", "--bidders=0", "--viewers=0", "--commenters=0"], "nobody would come"),
        (["--repeat=2", "--auction=1"], "leave --auction and --no-host out"),
        (["--compare=other.json", "--fail-on-worse"], "viewers 9 then, 20 now"),
    ],
)
def test_what_cannot_be_is_said_before_the_sale(words, told, tmp_path: Path):
    other = Result(url="http://x", started_at="", scenario={"viewers": 9})
    (tmp_path / "other.json").write_text(other.model_dump_json())
    done = run("simulate", *words, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other.json"]
