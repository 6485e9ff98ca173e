"""The end of a sale in the console: the server's answer, the same to a console that came late (D39)."""

from __future__ import annotations

from pathlib import Path

import pytest

from baraka_server.contract.people import SetRole
from baraka_server.contract.refusals import Refusal
from baraka_server.live.desk import carry_out
from baraka_server.store.store import Store
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.servers.baraka import Baraka
from tests.support.servers.evening import DINA, LOTS, NUMBERS, evening_in, play_evening

CLARA = 6
SOLD = "7 lots: 3 sold, 3 passed, total {total}, 1 withdrawn"


async def reads_the_summary(host: Keyboard, total: int, *texts: str) -> str:
    await host.until(lambda: host.sale_screen.clerk.tally.total == total, "the running total")
    await host.presses("r")
    await host.sees(SOLD.format(total=total), *texts)
    shown = "\n".join(line.rstrip() for line in host.screen.splitlines())
    await host.presses("escape")
    return shown.partition("baraka-checkpoint")[0]


async def test_a_console_that_was_there_and_one_that_came_late_show_the_same(
    baraka: Baraka, store: Store, tmp_path: Path
) -> None:
    """Also of what is changed behind the hammer from a command line, which no event spells out."""
    async with seated(baraka.url, tmp_path, lots=(), size=(120, 40)) as host:
        await host.sees("NOT STARTED", "▲ online")
        async with evening_in(store) as evening:  # as on another server
            await host.until(lambda: host.sale_screen.connection.joined, "the room")
            await evening.is_held()
        there = await reads_the_summary(host, 250, "passed at 300", "passed at 40", LOTS[4])
        async with seated(baraka.url, tmp_path, lots=(), size=(120, 40)) as late:
            assert await reads_the_summary(late, 250) == there
        await evening.is_paid(1)
        await evening.is_corrected(4, 55, "Agreed by phone")
        await evening.is_reassigned(5, 1, 65)
        there = await reads_the_summary(
            host,
            240,
            "; paid 120, due 120",
            "Changed behind the hammer: Lot 4, Chain: 1 Bilal for 55, before that 1 Bilal for 60",
            NUMBERS[DINA],
        )
    async with seated(baraka.url, tmp_path, lots=(), size=(120, 40)) as again:
        assert await reads_the_summary(again, 240) == there
        await again.presses("r")
        await again.sees("Ctrl+S saves")
        await again.presses("ctrl+s")
        await again.sees("Saved as")
    saved = (tmp_path / "sale-1.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in saved[1:]] == ['"Ring"', '"Chain"', f'"{LOTS[4]}"']
    assert saved[1].split(",")[3:5] == ['"2 =HYPERLINK(1)"', f'"\'{NUMBERS[DINA]}"']


async def test_a_clerk_sees_the_numbers_that_the_server_tells(
    baraka: Baraka, store: Store, tmp_path: Path
) -> None:
    done = await carry_out(store, SetRole(auction_id=1, user_id=CLARA, role="clerk"))
    assert not isinstance(done, Refusal)
    await play_evening(store)
    async with seated(baraka.url, tmp_path, lots=(), user_id=CLARA, size=(120, 40)) as clerk:
        await clerk.sees("CLERK", "The auction is over · r: summary")
        shown = await reads_the_summary(clerk, 250, "••••••" + NUMBERS[DINA][-2:])
        assert NUMBERS[DINA] not in shown


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_lots_and_buyers_have_room(
    baraka: Baraka, store: Store, tmp_path: Path, size: tuple[int, int]
) -> None:
    await play_evening(store)
    async with seated(baraka.url, tmp_path, lots=(), size=size) as host:
        await reads_the_summary(host, 250, "Ring", "Paddle", "1  Bilal", "Ctrl+S saves")
