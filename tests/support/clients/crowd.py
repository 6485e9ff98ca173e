"""Many phones at once: the official client over websocket and polling, and python-socketio's.

Not python-socketio's over polling: it gives up on a poll with more than 16 packets, and takes ten
seconds to hang up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

import pytest

from tests.support.checks.proof import Answers
from tests.support.clients.phones import NodePhones, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET

on_both_paths = pytest.mark.parametrize("baraka", ["fast", "stock"], indirect=True)
"""What must hold whichever way announcements take; other tests have the default."""

on_each_path_and_database = pytest.mark.parametrize(
    ("database_url", "baraka"),
    [
        pytest.param("sqlite", "fast", id="sqlite"),
        pytest.param("sqlite", "stock", id="sqlite-stock"),
        pytest.param("mariadb", "fast", id="mariadb", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
"""The same, and on MariaDB: neither knows of the other."""

CLIENTS: dict[str, tuple[type[NodePhones | PythonPhones], dict[str, Any]]] = {
    "official over websocket": (NodePhones, {"transports": ["websocket"]}),
    "official without compression": (
        NodePhones,
        {"transports": ["websocket"], "perMessageDeflate": False},
    ),
    "official over polling": (NodePhones, {"transports": ["polling"]}),
    "official with upgrade": (NodePhones, {}),
    "python over websocket": (PythonPhones, {"transports": ["websocket"]}),
}

each_client = pytest.mark.parametrize(
    ("database_url", "pick_up"),
    [
        *(pytest.param("sqlite", name, id=name) for name in CLIENTS),
        pytest.param("mariadb", next(iter(CLIENTS)), id="on MariaDB", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
"""Every kind of client on SQLite, and one of them on MariaDB: no client knows which one it is."""

WAYS = ("official websocket", "official polling", "python websocket")


class Crowd:
    def __init__(self) -> None:
        self.phones: list[Phone] = []
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._drivers: dict[str, NodePhones | PythonPhones] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def pick_up(
        self, url: str, user_id: int, way: str = "official websocket", **options: Any
    ) -> Phone:
        """A connected phone. `way` is one of WAYS."""
        client, _, transport = way.partition(" ")
        auth = {"token": token(SECRET, user_id)} | options.pop("auth", {})
        driver = await self._driver(client)
        phone = await driver.open(url, user_id, auth=auth, transports=[transport], **options)
        await phone.lives_through("connect")
        self.phones.append(phone)
        return phone

    async def pick_up_many(
        self, url: str, user_ids: Sequence[int], ways: Sequence[str] = WAYS, **options: Any
    ) -> list[Phone]:
        """One phone for each user, the ways in turn."""
        return await asyncio.gather(
            *(
                self.pick_up(url, user_id, ways[place % len(ways)], **options)
                for place, user_id in enumerate(user_ids)
            )
        )

    async def _driver(self, client: str) -> NodePhones | PythonPhones:
        async with self._opening:
            if client not in self._drivers:
                if client == "official":
                    NodePhones.require()
                kind = NodePhones if client == "official" else PythonPhones
                self._drivers[client] = await self._stack.enter_async_context(kind())
            return self._drivers[client]


async def send(phone: Phone, event: str, answers: Answers, /, **fields: Any) -> dict[str, Any]:
    """Ask, and note what was answered."""
    answer = await phone.emits(event, fields)
    answers.append((fields | {"user_id": phone.user_id}, answer))
    return answer


def storm(
    phones: Sequence[Phone],
    answers: Answers,
    *,
    commands: int,
    dice: random.Random,
    auction_id: int = 1,
    first_amount: int = 1,
    more: Callable[[int], dict[str, Any]] = lambda _: {},
    patient: bool = False,
) -> list[asyncio.Task[None]]:
    """Everybody bids and comments at once: mostly rising amounts, many too low, some equal.

    `more(n)` are more fields of the n-th command, if it is a bid. The patient wait for an answer before
    they send another, which makes the storm last; the others say everything at once.
    """
    plans: dict[Phone, list[tuple[str, dict[str, Any]]]] = {}
    for number in range(commands):
        if dice.random() < 0.25:
            event = "comment"
            fields: dict[str, Any] = {"comment": f"comment {number} of {first_amount} 💍"}
        else:
            amount = first_amount + 10 * number + dice.randint(-60, 60)
            event = "placeBid"
            fields = {"amount": max(1, amount)} | more(number)
        fields["auctionId"] = auction_id
        plans.setdefault(dice.choice(phones), []).append((event, fields))

    async def follow(phone: Phone, plan: list[tuple[str, dict[str, Any]]]) -> None:
        if patient:
            for event, fields in plan:
                await send(phone, event, answers, **fields)
        else:
            await asyncio.gather(*(send(phone, event, answers, **fields) for event, fields in plan))

    return [asyncio.create_task(follow(phone, plan)) for phone, plan in plans.items()]


async def open_sale(
    amina: Phone, *, auction_id: int = 1, product: str = "Gold Ring", minimum: int = 1
) -> None:
    """Amina goes live and puts a product on the block."""
    assert (await amina.emits("startLiveAuction", {"auctionId": auction_id}))["ok"]
    await put_on_block(amina, product, auction_id=auction_id, minimum=minimum)


async def put_on_block(
    amina: Phone, product: str, *, auction_id: int = 1, minimum: int = 1
) -> dict[str, Any]:
    lot = {"product": product, "minBidPrice": minimum, "bidPrice": minimum, "actualPrice": minimum}
    answer = await amina.emits("changeCuurentProduct", {"auctionId": auction_id} | lot)
    assert answer["ok"], answer
    return answer


async def join(phones: Sequence[Phone], auction_id: int = 1) -> list[dict[str, Any]]:
    answers = await asyncio.gather(
        *(phone.emits("joinAuction", {"auctionId": auction_id}) for phone in phones)
    )
    assert all(answer["ok"] for answer in answers)
    return answers
