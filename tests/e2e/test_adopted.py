"""A sale on a database that the existing system made, from where that system left it (D27)."""

from __future__ import annotations

import pytest

from baraka_server.store import audit, migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.checks.schema import query
from tests.support.checks.shapes import SHAPES, assert_shape
from tests.support.clients.command_line import run
from tests.support.clients.phones import NodePhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.existing import existing_database
from tests.support.servers.others import CASES, FOUR, LEADER, database_of_others

OWNER, NORA, LAYLA, BARAKA = 1, 2, 3, 6
LIVE, WAITING, ENDED, CANCELED = 2, 1, 3, 5


@pytest.fixture
def existing_url(mariadb):
    with existing_database(mariadb) as url:
        yield url


@pytest.mark.mariadb
async def test_the_sale_goes_on_where_the_existing_system_left_it(existing_url, tmp_path):
    NodePhones.require()
    with pytest.raises(migrate.OutOfDate, match="baraka db upgrade"):
        await migrate.require_fit(existing_url)
    upgraded = run("db", "upgrade", "--database-url", existing_url, folder=tmp_path)
    assert upgraded.code == 0

    async with Baraka(existing_url, tmp_path) as server, NodePhones() as phones:

        async def pick_up(user_id):
            return await phones.open(server.url, auth={"token": token(SECRET, user_id)})

        owner, nora, layla = [await pick_up(user_id) for user_id in (OWNER, NORA, LAYLA)]
        state = await nora.emits("joinAuction", {"auctionId": LIVE})
        assert state["auction"]["current_product"] == "Silver Necklace – 925"
        assert [bid["bid"] for bid in state["auctionBids"]] == [1350, 1350, 1200, 1100, 1050]
        assert [comment["user"]["id"] for comment in state["auctionComments"]] == [1, 3, 7, 5]
        assert state["auctionBids"][0]["user"] | {"name": ""} == {
            "id": BARAKA,
            "name": "",
            "type": "Normal",
            "category_id": None,
            "number": "••••••06",
            "otpCode": None,
            "createdAt": "2026-02-02T06:07:08.009Z",
            "updatedAt": "2026-02-02T06:07:08.009Z",
        }
        await layla.emits("joinAuction", {"auctionId": LIVE})

        low = await nora.emits("placeBid", {"auctionId": LIVE, "amount": 1350})
        assert low["message"] == "Bid must be higher than the current bid (1350)"
        assert (await nora.emits("placeBid", {"auctionId": LIVE, "amount": 1400}))["ok"]
        heard = await layla.hears("newBid")
        assert [bid["bid"] for bid in heard["auctionBids"]] == [1400, 1350, 1350, 1200, 1100, 1050]
        assert heard["seq"] == state["seq"] + 1  # no gap for those who were there before

        award = {"auctionId": LIVE, "product": "Silver Necklace – 925", "weight": "18g"}
        assert (await owner.emits("awardingAuction", award))["ok"]
        ended = await layla.hears("auctionEnded")
        assert (ended["winningUser"]["id"], ended["winningBid"]["bid"]) == (NORA, 1400)

        assert (await owner.emits("startLiveAuction", {"auctionId": WAITING}))["ok"]
        for auction_id, message in (
            (ENDED, "Auction is already Ended"),
            (CANCELED, "Auction is already canceled"),
        ):
            starter = owner if auction_id == ENDED else await pick_up(5)
            refused = await starter.emits("startLiveAuction", {"auctionId": auction_id})
            assert refused["message"] == message
        for event, payload in layla.events:
            assert_shape(payload, SHAPES[event], event)

    store = Store(open_engine(existing_url), timeout_seconds=10)
    for auction_id in (LIVE, WAITING, ENDED, CANCELED):
        assert (await audit.verify(store, auction_id)).ok
    await store.close()
    won = run("winnings", "list", "--json", "--database-url", existing_url, folder=tmp_path)
    assert '"+962790000002"' in won.out
    assert "482913" not in won.out


@pytest.mark.mariadb
async def test_the_highest_of_equal_bids_is_the_first(existing_url, tmp_path):
    """The existing system let two equal bids in: whoever was first has it."""
    NodePhones.require()
    await migrate.upgrade(existing_url)
    async with Baraka(existing_url, tmp_path) as server, NodePhones() as phones:
        owner = await phones.open(server.url, auth={"token": token(SECRET, OWNER)})
        await owner.emits("joinAuction", {"auctionId": LIVE})
        award = {"auctionId": LIVE, "product": "Silver Necklace – 925", "weight": "18g"}
        await owner.emits("awardingAuction", award)
        ended = await owner.hears("auctionEnded")
        assert (ended["winningBid"]["id"], ended["winningUser"]["id"]) == (15, LAYLA)


@pytest.mark.mariadb
async def test_a_sale_on_a_database_with_many_oddities_at_once(mariadb, tmp_path):
    """A real server and the official client; the tables change in the middle of the sale."""
    NodePhones.require()
    change = "; ".join(
        CASES[name].change
        for name in (
            *("a number is NULL", "another member in a VARCHAR", "an auction of NULLs"),
            *("a larger bid in a BIGINT", "another column of auctions", "a zero date"),
            *("comments in a utf8mb3 column", "zero dates of bids and comments"),
        )
    )
    with database_of_others(mariadb, change) as url:
        assert run("db", "upgrade", "--database-url", url, folder=tmp_path).code == 0
        async with Baraka(url, tmp_path) as server, NodePhones() as phones:
            owner, leader, four = [
                await phones.open(server.url, auth={"token": token(SECRET, user_id)})
                for user_id in (OWNER, LEADER, FOUR)
            ]
            state = await four.emits("joinAuction", {"auctionId": LIVE})
            assert [one["bid"] for one in state["auctionBids"]] == [130, 110]
            assert state["auctionBids"][0]["user"]["type"] == "Normal"
            assert state["auction"]["title"] == "auction 2"
            await leader.emits("joinAuction", {"auctionId": LIVE})

            assert (await leader.emits("placeBid", {"auctionId": LIVE, "amount": 150}))["ok"]
            await query(url, "ALTER TABLE users MODIFY name VARCHAR(191) NULL")
            await query(url, "UPDATE users SET name = NULL WHERE id = 3")
            low = await four.emits("placeBid", {"auctionId": LIVE, "amount": 150})
            assert low["code"] == "bid_too_low"
            assert (await leader.emits("placeBid", {"auctionId": LIVE, "amount": 160}))["ok"]
            refused = await four.emits("comment", {"auctionId": LIVE, "comment": "😍"})
            assert refused["code"] == "unsuited"
            award = {"auctionId": LIVE, "product": "Ring A", "weight": "5g"}
            assert (await owner.emits("awardingAuction", award))["ok"]
            ended = await four.hears("auctionEnded")
            assert (ended["winningUser"]["id"], ended["winningUser"]["name"]) == (LEADER, "user 3")
            assert (await owner.emits("endAuction", {"auctionId": LIVE}))["ok"]
        assert not [line for line in server.log if "incident" in str(line)]
        assert not [line for line in server.log if "Traceback" in str(line)]
        unread = [line for line in server.log if "row 3: name" in str(line)]
        assert len(unread) == 1
        verified = run("auction", "verify", LIVE, folder=tmp_path, BARAKA_DATABASE_URL=url)
        assert verified.code == 0, verified.out
