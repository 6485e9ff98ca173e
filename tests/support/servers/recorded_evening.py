"""An evening on a real server in which every event is sent, told and acknowledged once: the contract's examples.

`tools/contract_examples.py` keeps what was seen; a test plays it again and compares.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from baraka_server.contract.http_routes import ROUTES
from tests.support.clients.another_program import sql
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.sms_gateway import SmsGateway

AMINA, BILAL, DINA, LAYLA, FLOOR = 1, 2, 3, 4, 50
NUMBER = "+96555550002"
RING = {
    "product": "Gold Ring – 18K",
    "minBidPrice": 800,
    "bidPrice": 1000,
    "actualPrice": 1400,
}
LOTS = [
    {
        **RING,
        "lotNumber": 101,
        "weight": "5.2g",
        "description": "Yellow gold, hallmarked 750, size 54",
        "imageUrl": "https://example.com/ring.jpg",
        "reserve": 2000,
    },
    {"product": "خاتم ذهب عيار ٢١", "minBidPrice": 500, "bidPrice": 500, "actualPrice": 900},
    {"product": "Pearl Earrings", "minBidPrice": 450, "bidPrice": 450, "actualPrice": 900},
]
ROWS_SHOWN = 2

Examples = dict[str, dict[str, Any]]


@asynccontextmanager
async def evening_at(database_url: str, folder: Path) -> AsyncIterator[RecordedEvening]:
    """An evening on a server that signs people in, from when it listens."""
    async with SmsGateway() as gateway:
        server = Baraka(
            database_url,
            folder,
            BARAKA_SIGN_IN="webhook",
            BARAKA_SIGN_IN_WEBHOOK_URL=gateway.url,
            BARAKA_SIGN_IN_WEBHOOK_SECRET=SECRET,
            BARAKA_SIGN_IN_REQUESTS_PER_SECOND_MAX=0,
            BARAKA_PHONE_REGION="KW",
        )
        async with server:
            yield RecordedEvening(server, gateway)


class RecordedEvening:
    """What was sent and told, by events: of each the first; `all_told` has every payload."""

    def __init__(self, server: Baraka, gateway: SmsGateway) -> None:
        self._url = server.url
        self._database_url = server.database_url
        self._gateway = gateway
        self._phones: list[Phone] = []
        self.sent: Examples = {}
        self.refused: Examples = {}
        self.http: Examples = {}
        self.acknowledged: list[tuple[str, Any]] = []
        self.answered: list[tuple[str, Any]] = []
        """The rows or the answer of each route that was read."""

    async def is_played(self) -> None:
        async with PythonPhones() as phones:
            for user_id in (AMINA, BILAL, DINA, LAYLA):
                auth = {"token": token(SECRET, user_id)}
                self._phones.append(await phones.open(self._url, user_id, auth=auth))
            amina, bilal, dina, layla = self._phones
            await self._guides_sale(amina, bilal, dina)
            await self._house_is_set_up(amina, dina, layla)
            await self._lots_are_listed(amina)
            bid = await self._lot_is_bid_on(amina, bilal, dina)
            await self._order_is_kept(amina, bilal)
            await self._clock_runs(amina, bilal, dina)
            await self._lot_is_sold(amina, dina, bid)
            await self._another_program_writes(amina, bilal, dina)
            await self._it_is_read_over_http()
            await self._people_sign_in()
            await self._it_ends(amina, bilal)

    @property
    def all_told(self) -> list[tuple[str, Any]]:
        amina, *others = self._phones
        return [heard for phone in (*others, amina) for heard in phone.events]

    def examples(self) -> dict[str, Examples]:
        """The examples, with times and hashes that are the same in every evening."""
        told: Examples = {}
        for name, payload in self.all_told:
            told.setdefault(name, payload)
        found = {
            "clientToServer": self.sent,
            "refused": self.refused,
            "serverToClient": told,
            "http": self.http,
        }
        return {
            kind: {name: steady(one) for name, one in sorted(examples.items())}
            for kind, examples in found.items()
        }

    # --- the evening

    async def _guides_sale(self, amina: Phone, bilal: Phone, dina: Phone) -> None:
        await self._refused(bilal, "startLiveAuction")
        await self._refused(bilal, "joinAuction", announced=True)
        await self._done(amina, "startLiveAuction")
        await self._done(amina, "changeCuurentProduct", **RING)
        for phone in (bilal, dina):
            await self._done(phone, "joinAuction")
        await amina.emits("joinAuction", {"auctionId": 1})
        await self._done(bilal, "placeBid", amount=1500, round=1, requestId="b3f1c0de-1")
        await self._done(dina, "placeBid", amount=1600)
        await self._refused(bilal, "placeBid", amount=1600)
        await self._done(bilal, "comment", comment="Great item! 💍")
        await self._refused(bilal, "awardingAuction", product="Gold Ring – 18K", weight="5.2g")
        await self._done(amina, "awardingAuction", product="Gold Ring – 18K", weight="5.2g")
        await self._done(amina, "broadCasterLeave")
        await self._done(dina, "leaveAuction")
        await amina.hears("userCountUpdate", lambda heard: heard["userCount"] == 2)
        await dina.says("joinAuction", {"auctionId": 1, "lastSeq": 3})
        await dina.hears("auctionState")

    async def _house_is_set_up(self, amina: Phone, dina: Phone, layla: Phone) -> None:
        await layla.emits("joinAuction", {"auctionId": 1})
        rules = {"registration": "open", "maxima": True, "floorUserId": FLOOR}
        await self._done(amina, "setHouseRules", **rules)
        await self._done(amina, "setIncrements", increments=50)
        await self._done(amina, "setRole", userId=LAYLA, role="clerk")
        await layla.hears("roleChanged")
        await self._done(amina, "setRole", userId=LAYLA, role="clerk")
        await self._done(amina, "registerBidder", userId=DINA, approved=True, limit=5000)
        await self._done(amina, "registerBidder", userId=60, approved=True)
        await dina.hears("registrationChanged")

    async def _lots_are_listed(self, amina: Phone) -> None:
        self.lots = (await self._done(amina, "addLots", lots=LOTS))["lotIds"]
        version = (await amina.hears("lotsChanged"))["lotsVersion"]
        ring, second, third = self.lots
        await self._done(amina, "editLot", lotId=ring, version=version, weight="5.3g")
        await self._refused(amina, "editLot", lotId=ring, version=1, weight="5.4g")
        await self._refused(amina, "addLots", lots=LOTS[:1])
        await self._done(amina, "moveLot", lotId=third, before=second)
        await self._done(amina, "withdrawLot", lotId=third)
        await self._refused(amina, "openLot", lotId=third)
        await self._done(amina, "offerAgain", lotId=third)
        await self._done(amina, "openLot", lotId=ring)
        await self._refused(amina, "passLot", round=1)
        await self._done(amina, "repriceLot", bidPrice=900, reserve=2100)

    async def _lot_is_bid_on(self, amina: Phone, bilal: Phone, dina: Phone) -> int:
        """Returns the bid that is left standing."""
        await amina.emits("setIncrements", {"auctionId": 1, "increments": 100})
        await amina.hears("nextBidChanged")
        round_ = (await bilal.hears("auction_change_product", lambda it: "lotId" in it))["round"]
        await self._done(bilal, "placeBid", amount=800)
        await self._refused(dina, "placeBid", amount=850)
        await self._refused(dina, "placeBid", amount=6000)
        await self._refused(bilal, "setMaximumBid", amount=20, round=round_)
        await self._done(dina, "setMaximumBid", amount=1200, round=round_)
        await dina.hears("maximumChanged")
        automatic = await dina.hears("newBid", lambda heard: heard["newBid"].get("automatic"))
        await self._done(dina, "withdrawMaximum", round=round_)
        call = {"amount": 1300, "label": "tel 1", "requestId": "tel-1-1300"}
        floor = await self._done(amina, "floorBid", **call)
        await self._refused(amina, "undoBid", bidId=automatic["newBid"]["id"])
        await self._done(amina, "undoBid", bidId=floor["bidId"])
        await bilal.hears("bidUndone")
        await self._done(amina, "floorBid", **call)
        return int(automatic["newBid"]["id"])

    async def _order_is_kept(self, amina: Phone, bilal: Phone) -> None:
        said = await bilal.emits("comment", {"auctionId": 1, "comment": "Buy my coins instead!"})
        await self._done(amina, "removeComment", commentId=said["commentId"])
        await bilal.hears("commentRemoved")
        await self._done(amina, "restoreComment", commentId=said["commentId"])
        await self._done(amina, "muteUser", userId=BILAL, minutes=10)
        await self._refused(bilal, "comment", comment="Why?")
        await self._done(amina, "unmuteUser", userId=BILAL)
        await self._done(amina, "slowMode", seconds=5)
        await bilal.hears("slowMode")
        await bilal.emits("comment", {"auctionId": 1, "comment": "Sorry."})
        await self._refused(bilal, "comment", comment="Really.")
        await amina.emits("slowMode", {"auctionId": 1, "seconds": 0})
        await self._done(amina, "blockUser", userId=60)
        await self._done(amina, "unblockUser", userId=60)

    async def _clock_runs(self, amina: Phone, bilal: Phone, dina: Phone) -> None:
        await self._done(amina, "startClock", seconds=600, extendSeconds=10, windowSeconds=10)
        await dina.hears("auctionClock")
        await self._refused(amina, "startClock", seconds=60)
        await self._done(amina, "pauseClock")
        await self._done(amina, "resumeClock")
        await self._done(amina, "fairWarning", stage=1)
        await dina.hears("fairWarning")
        await self._done(amina, "pauseBidding")
        await dina.hears("biddingPaused")
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 4000})
        await self._done(amina, "resumeBidding")
        await dina.hears("biddingResumed")
        await self._done(amina, "stopClock")

    async def _lot_is_sold(self, amina: Phone, dina: Phone, bid: int) -> None:
        award = {"auctionId": 1, "product": RING["product"], "bidId": bid}
        await self._refused(amina, "awardingAuction", product=RING["product"])
        award |= {"belowReserve": True, "requestId": "ring-1"}
        await amina.emits("awardingAuction", award)
        await dina.hears("auctionEnded", lambda heard: heard.get("lotId"))
        await self._done(amina, "reopenLot")
        await dina.hears("lotReopened")
        await self._done(amina, "awardingAuction", **award)
        await self._done(amina, "passLot", withBids=bid)
        await dina.hears("auctionEnded", lambda heard: heard["passed"])

    async def _another_program_writes(self, amina: Phone, bilal: Phone, dina: Phone) -> None:
        await amina.emits("openLot", {"auctionId": 1, "lotId": self.lots[1]})
        await sql(self._database_url, "UPDATE Auction SET minBidPrice = 600 WHERE id = 1")
        await bilal.emits("placeBid", {"auctionId": 1, "amount": 700})
        await bilal.hears("auctionChanged")
        undone = await bilal.hears("newBid", lambda heard: heard["newBid"]["bid"] == 700)
        await amina.emits("undoBid", {"auctionId": 1, "bidId": undone["newBid"]["id"]})
        await self._done(bilal, "joinAuction", lastSeq=undone["seq"], ledger=undone["ledger"])
        lower = await bilal.emits("placeBid", {"auctionId": 1, "amount": 700})
        await dina.emits("placeBid", {"auctionId": 1, "amount": 800})
        sold = {"product": LOTS[1]["product"], "bidId": lower["bidId"], "runnerUp": True}
        await self._done(amina, "awardingAuction", **sold)
        self.head = f"{undone['seq']}-{undone['ledger']}"

    async def _it_is_read_over_http(self) -> None:
        headers = {"Authorization": f"Bearer {token(SECRET, AMINA)}"}
        async with aiohttp.ClientSession(self._url, headers=headers) as session:
            for route in ROUTES:
                async with session.get(route.path.replace("{id}", "1")) as response:
                    answer = await response.json()
                rows = answer[:ROWS_SHOWN] if route.is_list else answer
                self.http[f"{route.method} {route.path}"] = {"answer": rows}
                self.answered.append((f"{route.method} {route.path}", answer))
            changes = f"/api/auctions/1/summary?since={self.head}"
            async with session.get(changes) as response:
                self.answered.append(("GET /api/auctions/{id}/summary", await response.json()))

    async def _people_sign_in(self) -> None:
        change = "UPDATE users SET number = :number WHERE id = :id"
        await sql(self._database_url, change, number=NUMBER, id=BILAL)
        async with aiohttp.ClientSession(self._url) as session:

            async def post(path: str, **body: Any) -> dict[str, Any]:
                async with session.post(path, json=body) as response:
                    answer: dict[str, Any] = await response.json()
                assert answer["status"] == "success", answer
                self.http[f"POST {path}"] = {"payload": body, "answer": answer}
                self.answered.append((f"POST {path}", answer))
                return dict(answer["data"])

            await post("/auth/guest")
            await post("/auth/resend-otp", number="+96555550003")
            await post("/auth/request-otp", number=NUMBER)
            code = await self._gateway.code_for(NUMBER)
            tokens = await post("/auth/otp", number=NUMBER, otp=code)
            self.http["POST /auth/otp"]["payload"]["otp"] = "012345"
            tokens = await post("/auth/refresh", refreshToken=tokens["refreshToken"])
            await post("/auth/logout", refreshToken=tokens["refreshToken"])

    async def _it_ends(self, amina: Phone, bilal: Phone) -> None:
        await self._done(amina, "endAuction")
        await bilal.hears("auctionFinished")
        await self._refused(amina, "endAuction")
        await amina.emits("startLiveAuction", {"auctionId": 2})
        await bilal.emits("joinAuction", {"auctionId": 2})
        await self._refused(bilal, "cancelAuction", auctionId=2)
        await self._done(amina, "cancelAuction", auctionId=2)
        await bilal.hears("auctionCanceled")

    # --- sending

    async def _done(self, phone: Phone, event: str, **payload: Any) -> dict[str, Any]:
        sent = {"auctionId": 1} | payload
        answer = await phone.emits(event, sent)
        assert answer["ok"], (event, answer)
        self.acknowledged.append((event, answer))
        self.sent.setdefault(event, {"payload": sent, "acknowledgement": answer})
        return answer

    async def _refused(self, phone: Phone, event: str, **payload: Any) -> None:
        sent = {"auctionId": 1} | payload
        answer = await phone.emits(event, sent)
        assert answer["ok"] is False, (event, answer)
        self.acknowledged.append((event, answer))
        self.refused.setdefault(event, {"payload": sent, "acknowledgement": answer})


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
HASH = re.compile(r"[0-9a-f]{12,64}")


def steady(payload: Any) -> Any:
    """A payload without what differs from evening to evening: times, hashes, what is left of a clock."""
    times = sorted(set(TIME.findall(str(payload))))
    return _steady(
        payload, {time: f"2026-01-01T18:00:{at:02}.000Z" for at, time in enumerate(times)}
    )


def _steady(value: Any, times: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _of_field(name, one, times) for name, one in value.items()}
    if isinstance(value, list):
        return [_steady(one, times) for one in value]
    if isinstance(value, str):
        value = JWT.sub("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI…", value)
        return HASH.sub("3f2a9c1b0d4e", TIME.sub(lambda found: times[found[0]], value))
    return value


def _of_field(name: str, value: Any, times: dict[str, str]) -> Any:
    if name in {"challengeToken", "refreshToken"}:
        return "…"
    if name == "remainingMs" and value is not None:
        return -(-value // 1000) * 1000
    return _steady(value, times)
