"""Phones for the tests that go through the whole server, one way for each kind of client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.support.clients.crowd import CLIENTS, Crowd
from tests.support.clients.page_visitor import PageVisitor
from tests.support.clients.phones import NodePhones, Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

PickUp = Callable[..., Awaitable[Phone]]


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Many phones at once, of every kind."""
    async with Crowd() as phones:
        yield phones


@pytest.fixture
async def visitor() -> AsyncIterator[PageVisitor]:
    """Somebody with a browser, whose pages must be without faults at the end."""
    async with PageVisitor() as visitor:
        yield visitor
        assert visitor.faults == []


@pytest.fixture
async def pick_up(request: pytest.FixtureRequest, baraka: Baraka) -> AsyncIterator[PickUp]:
    """`await pick_up(user_id)`: a connected phone. The client is that of `each_client`."""
    kind, options = CLIENTS[request.param]
    if kind is NodePhones:
        NodePhones.require()
    async with kind() as phones:
        yield _picking_up(phones, baraka, options)


@pytest.fixture(params=[name for name in CLIENTS if name.startswith("official")])
async def official_phone(request: pytest.FixtureRequest, baraka: Baraka) -> AsyncIterator[PickUp]:
    """As `pick_up`, with the official client only."""
    NodePhones.require()
    async with NodePhones() as phones:
        yield _picking_up(phones, baraka, CLIENTS[request.param][1])


def _picking_up(phones: NodePhones | PythonPhones, baraka: Baraka, usual: dict[str, Any]) -> PickUp:
    async def pick_up(user_id: int | None = None, **options: Any) -> Phone:
        auth = {"auth": {"token": token(SECRET, user_id)}} if user_id is not None else {}
        phone = await phones.open(baraka.url, user_id, **(usual | auth | options))
        await phone.lives_through("connect")
        return phone

    return pick_up
