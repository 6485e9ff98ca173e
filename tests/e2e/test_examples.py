"""The examples work as their first lines say, against a real server."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.checks.not_run import not_run
from tests.support.clients.phones import PATIENCE_SECONDS, PythonPhones, token
from tests.support.servers.baraka import SECRET

EXAMPLES = Path(__file__).parents[2] / "examples"
LOT = {"product": "Gold Ring", "minBidPrice": 100, "bidPrice": 100, "actualPrice": 300}


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


class Example:
    """A running example, and what it prints."""

    def __init__(self, *command: str) -> None:
        self._command = command
        self.lines: list[str] = []

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return self

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def prints(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await self._process.stdout.readline()).decode():
                self.lines.append(line)
                if text in line:
                    return
        raise AssertionError(f"it never said {text!r}: {self.lines}")

    async def ends(self) -> int:
        return await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)


def python_bidder(url: str) -> Example:
    script = str(EXAMPLES / "python_bidder.py")
    return Example(sys.executable, script, url, "1", token(SECRET, 5), "--up-to=260", "--step=50")


def node_viewer(url: str) -> Example:
    folder = EXAMPLES / "node-viewer"
    node = shutil.which("node")
    if node is None or not (folder / "node_modules").exists():
        not_run("the Node example", "node or its packages are missing. Try: make node")
    return Example(node, str(folder / "viewer.mjs"), url, "1", token(SECRET, 6))


def python_host(url: str, quiet: int = 1) -> Example:
    script, lots = str(EXAMPLES / "python_host.py"), str(EXAMPLES / "lots.csv")
    return Example(sys.executable, script, url, "1", token(SECRET, 1), lots, f"--quiet={quiet}")


@pytest.fixture
async def amina_and_bilal(baraka):
    async with PythonPhones() as phones:
        people = []
        for user_id in (1, 2):
            auth = {"token": token(SECRET, user_id)}
            people.append(await phones.open(baraka.url, user_id, auth=auth))
        await people[0].emits("startLiveAuction", {"auctionId": 1})
        for one in people:
            await one.emits("joinAuction", {"auctionId": 1})
        yield people


async def test_the_python_bidder_bids_up_to_its_limit_and_no_further(baraka, amina_and_bilal):
    amina, bilal = amina_and_bilal
    async with python_bidder(baraka.url) as bidder:
        await bidder.prints("In the room of")
        await amina.emits("changeCuurentProduct", {"auctionId": 1} | LOT)
        await amina.hears("newBid", lambda heard: heard["newBid"]["bid"] == 100)
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 150})
        await amina.hears("newBid", lambda heard: heard["newBid"]["bid"] == 200)
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 220})
        await bidder.prints("270 is more than I would give.")
        await amina.emits("awardingAuction", {"auctionId": 1, "product": "Ring", "weight": "5g"})
        await bidder.prints("for 220")
        await amina.emits("endAuction", {"auctionId": 1})
        await bidder.prints("The auction has been ended.")
        assert await bidder.ends() == 0
    bidders = [heard["newBid"]["user_id"] for heard in amina.heard("newBid")]
    assert bidders == [5, 2, 5, 2]


async def test_the_node_viewer_tells_what_the_room_hears(baraka, amina_and_bilal):
    amina, bilal = amina_and_bilal
    async with node_viewer(baraka.url) as viewer:
        await viewer.prints("In the room of")
        await amina.emits("changeCuurentProduct", {"auctionId": 1} | LOT)
        await viewer.prints("◆ Gold Ring, minimum 100")
        await bilal.hears("auction_change_product")
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 150})
        await viewer.prints("150 by ")
        await amina.emits("awardingAuction", {"auctionId": 1, "product": "Ring", "weight": "5g"})
        await viewer.prints("★ Sold to")
        await amina.emits("endAuction", {"auctionId": 1})
        await viewer.prints("The auction has been ended.")
        assert await viewer.ends() == 0


async def test_the_python_host_holds_a_sale_that_the_others_take_part_in(baraka):
    async with python_host(baraka.url) as host:
        await host.prints("On the block: Gold Ring")
        async with python_bidder(baraka.url) as bidder:  # gives up to 260: nothing for this ring
            await host.prints("Passed.")
            await host.prints("On the block: Silver Necklace")
            await bidder.prints("more than I would give")
            await host.prints("The sale is over.")
            await bidder.prints("The auction has been ended.")
        assert await host.ends() == 0


async def test_both_say_why_they_were_turned_away(baraka):
    script = str(EXAMPLES / "python_bidder.py")
    async with Example(sys.executable, script, baraka.url, "1", "nonsense") as bidder:
        await bidder.prints("Refused: Invalid or expired token")
        assert await bidder.ends() == 0


async def test_the_python_bidder_does_not_bid_against_itself_after_the_line_was_lost(
    baraka, amina_and_bilal
):
    amina, bilal = amina_and_bilal
    async with python_bidder(baraka.url) as bidder:
        await bidder.prints("In the room of")
        await amina.emits("changeCuurentProduct", {"auctionId": 1} | LOT)
        await amina.hears("newBid", lambda heard: heard["newBid"]["bid"] == 100)
        await restart(baraka)
        await bidder.prints("My bid of 100 leads.")
        async with PythonPhones() as phones:
            bilal = await phones.open(baraka.url, 2, auth={"token": token(SECRET, 2)})
            await bilal.emits("joinAuction", {"auctionId": 1})
            await bilal.emits("placeBid", {"auctionId": 1, "amount": 150})
            await bilal.hears("newBid", lambda heard: heard["newBid"]["bid"] == 200)
            bids = bilal.heard("newBid")[-1]["auctionBids"]
    assert [(one["user_id"], one["bid"]) for one in bids] == [(5, 200), (2, 150), (5, 100)]


async def test_the_python_bidder_does_not_bid_against_itself_when_it_is_started_again(
    baraka, amina_and_bilal
):
    amina, _ = amina_and_bilal
    await amina.emits("changeCuurentProduct", {"auctionId": 1} | LOT)
    for said in ("bids 100", "My bid of 100 leads."):
        async with python_bidder(baraka.url) as bidder:
            await bidder.prints(said)


async def test_the_python_host_hears_the_room_again_after_the_line_was_lost(baraka):
    """It would hammer a lot down while people bid on it."""
    async with python_host(baraka.url, quiet=5) as host, PythonPhones() as phones:
        await host.prints("On the block: Gold Ring")
        await restart(baraka)
        bilal = await phones.open(baraka.url, 2, auth={"token": token(SECRET, 2)})
        await bilal.emits("joinAuction", {"auctionId": 1})
        await host.prints("Back in the room.")
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 1000})
        await host.prints("1000 by ")
        await host.prints("★ Sold to")
    assert "for 1000" in host.lines[-1]


async def restart(baraka):
    await baraka.kill()
    await baraka.start()
