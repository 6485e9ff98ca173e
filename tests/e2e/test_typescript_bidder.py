"""The published types: the example compiles with them, wrong uses do not, and it bids on a real server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.test_examples import EXAMPLES, LOT, Example, amina_and_bilal, database_url
from tests.support.checks.not_run import not_run
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET

__all__ = ["amina_and_bilal", "database_url"]

FOLDER = EXAMPLES / "typescript-bidder"
TSC = FOLDER / "node_modules" / ".bin" / "tsc"
PROJECT = Path(__file__).parents[1] / "js" / "tsconfig.json"
BUILT = FOLDER / "dist/of-tests/examples/typescript-bidder/bidder.js"


@pytest.fixture
def bidder() -> Path:
    """The example as `tsc --strict` made it, beside wrong uses that must not compile."""
    if not TSC.exists():
        not_run("the TypeScript example", "its packages are missing. Try: make node")
    done = subprocess.run([TSC, "-p", PROJECT], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    return BUILT


async def test_the_typescript_bidder_bids_up_to_its_limit(bidder, baraka, amina_and_bilal):
    amina, bilal = amina_and_bilal
    async with Example("node", str(bidder), baraka.url, "1", token(SECRET, 5), "200") as typescript:
        await typescript.prints("In the room of")
        await amina.emits("changeCuurentProduct", {"auctionId": 1} | LOT)
        await amina.hears("newBid", lambda heard: heard["newBid"]["bid"] == 100)
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 150})
        await amina.hears("newBid", lambda heard: heard["newBid"]["bid"] == 151)
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 200})
        await typescript.prints("201 is more than I would give.")
        await amina.emits("awardingAuction", {"auctionId": 1, "product": "Ring"})
        await typescript.prints("for 200")
        await amina.emits("endAuction", {"auctionId": 1})
        await typescript.prints("The auction has been ended.")
        assert await typescript.ends() == 0
    bidders = [heard["newBid"]["user_id"] for heard in amina.heard("newBid")]
    assert bidders == [5, 2, 5, 2]
