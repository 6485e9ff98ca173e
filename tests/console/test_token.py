"""A token that ends in mid-sale: warned of before, replaced, and never a summary of nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from baraka_cli.client.access import Access, BadToken
from baraka_cli.client.connection import ConnectionState
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.wire import identity
from tests.support.clients.keyboard import seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AMINA, DINA = 1, 3


def lasting(minutes: float, user_id: int = AMINA) -> str:
    return identity.mint(SECRET, user_id, timedelta(minutes=minutes), {})


async def one_lot_sold(baraka: Baraka, phones: PythonPhones) -> None:
    owner = await phones.open(baraka.url, AMINA, auth={"token": token(SECRET, AMINA)})
    dina = await phones.open(baraka.url, DINA, auth={"token": token(SECRET, DINA)})
    ring = {"product": "Ring", "minimum_price": 1, "start_price": 1, "market_price": 1}
    for who, event in (
        (owner, StartAuction(auction_id=1)),
        (owner, ChangeLot(auction_id=1, **ring)),
        (dina, JoinAuction(auction_id=1)),
        (dina, PlaceBid(auction_id=1, amount=500)),
        (owner, AwardLot(auction_id=1, product="Ring", weight="")),
    ):
        assert (await who.emits(event))["ok"]


# --- the token itself


def test_it_warns_once_ten_minutes_and_once_two_minutes_before_the_end() -> None:
    access = Access(lasting(60))
    end = datetime.now(UTC) + timedelta(minutes=60)
    warned = []
    for minutes in (30, 11, 10, 9, 5, 3, 2, 1, -1):
        left = access.warning(end - timedelta(minutes=minutes))
        warned += [minutes] if left is not None else []
    assert warned == [10, 2]
    assert access.warning(end) is None


def test_a_token_that_is_short_from_the_start_is_warned_of_once() -> None:
    access = Access(lasting(1))
    assert access.warning() is not None
    assert access.warning() is None


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        (lambda: "nonsense", "not an access token"),
        (lambda: lasting(-1), "has expired too"),
        (lambda: lasting(9, DINA), "a token of user 3, not of user 1"),
    ],
)
def test_another_token_is_one_of_the_same_user_that_lasts(
    pasted: Callable[[], str], why: str
) -> None:
    access = Access(lasting(-1))
    with pytest.raises(BadToken, match=why):
        access.take(pasted())


def test_a_pasted_token_may_have_lines_and_its_scheme() -> None:
    access, another = Access(lasting(-1)), lasting(30)
    access.take(f" Bearer {another[:40]}\n{another[40:]} \n")
    assert access.token == another


def test_a_token_that_only_its_server_can_read_is_never_said_to_end() -> None:
    access = Access("opaque")
    assert (access.user_id, access.left(), access.warning(), access.renew()) == (
        None,
        None,
        None,
        False,
    )


# --- in a sale


async def test_its_end_is_shown_and_another_one_is_taken_before_it(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await one_lot_sold(baraka, phones)
    async with seated(baraka.url, tmp_path, access_token=lasting(9)) as host:
        await host.sees("● LIVE", "token: 8:", "The access token ends in 9 min", "Press k")
        await host.presses("k")
        await host.sees("Another access token")
        another = lasting(600)
        await host.types(another)
        await host.presses("enter")
        await host.sees_no_more("token: 8:")
        assert host.app.access.token == another
        assert host.sale_screen.connection.state is ConnectionState.ONLINE, (
            "the line outlives its token (D28)"
        )


async def test_a_summary_without_a_valid_token_says_so_and_saves_nothing(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("▲ online")
        await one_lot_sold(baraka, phones)
        await host.reads_in_the_log("Ring: sold to 1 Dina A. for 500")
        valid = host.app.access.token
        host.app.access.token = lasting(-1)
        await host.presses("r")
        await host.sees("The winnings could not be read: Invalid or expired token", "then k")
        await host.sees("as far as this console heard")
        await host.presses("ctrl+s")
        await host.sees("✗ Not saved")
        assert list(tmp_path.glob("sale-*")) == []
        await host.presses("escape")
        host.app.access.token = valid
        await host.presses("r")
        await host.sees("1 sold")
        await host.presses("ctrl+s")
        await host.sees("✓ Saved as")


async def test_a_summary_of_a_server_that_does_not_answer_says_so_and_saves_nothing(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await one_lot_sold(baraka, phones)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE")
        await baraka.kill()
        await host.presses("r")
        await host.sees("what was sold is not known", "the server does not answer. Try again")
        await host.presses("ctrl+s")
        await host.sees("✗ Not saved")
        assert list(tmp_path.glob("sale-*")) == []


async def test_a_console_that_has_the_secret_makes_the_next_token_itself(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await one_lot_sold(baraka, phones)
    made: list[str] = []

    def mint() -> str:
        made.append(lasting(600))
        return made[-1]

    async with seated(baraka.url, tmp_path, access_token=lasting(9), mint=mint) as host:
        await host.reads_in_the_log("The access token was about to expire: another one was made")
        assert host.app.access.token == made[0]
        host.app.access.token = lasting(-1)
        await host.presses("r")
        await host.sees("1 sold")
        assert len(made) == 2


async def test_a_refused_line_asks_for_a_token_and_goes_on_with_it(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    await one_lot_sold(baraka, phones)
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE")
        host.app.access.token = lasting(-1)
        await baraka.stop()
        await baraka.start()
        await host.sees("The server turned us away: Invalid or expired token", "Get a new access")
        await host.types("nonsense")
        await host.presses("enter")
        await host.sees("⚠ This is not an access token")
        await host.types(lasting(30))
        await host.presses("enter")
        await host.sees("▲ online", "● LIVE")
