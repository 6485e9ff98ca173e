"""Connection of the console: refused, lost and restored; and awards while bids are on their way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
import socketio
from aiohttp import web

from baraka_cli.client.connection import ConnectionState
from baraka_cli.client.http import HttpApi
from baraka_cli.client.replies import NoReply, Reply
from baraka_cli.console.app import Console
from baraka_cli.console.large_number import LargeNumber
from baraka_cli.console.records import moment
from baraka_cli.console.sale_screen import Setup
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    ClientEvent,
    JoinAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.contract.server_events import LotAwarded, NewBid
from baraka_server.wire import identity
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.free_port import listen

BILAL, DINA = 2, 3


async def phone(baraka: Baraka, phones: PythonPhones, user_id: int, **auth: str) -> Phone:
    opened = await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)} | auth)
    await opened.emits(JoinAuction(auction_id=1))
    return opened


@asynccontextmanager
async def hosting(
    baraka: Baraka, phones: PythonPhones, folder: Path, **auth: str
) -> AsyncIterator[tuple[Keyboard, Phone, Phone]]:
    """The gold ring is up; Bilal has bid 900. Gives the host, Bilal and Dina."""
    async with seated(baraka.url, folder) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(
            lambda: host.sale_screen.connection.joined, "the console to be in the room"
        )
        await host.reads_in_the_log("✓ Start")
        await host.confirms("n")
        await host.sees("▶ Gold Ring – 18K")
        await host.reads_in_the_log("✓ Put up")
        bilal = await phone(baraka, phones, BILAL, **auth)
        dina = await phone(baraka, phones, DINA, **auth)
        await bid(bilal, 900)
        await host.sees("Bilal A.")
        yield host, bilal, dina


async def bid(who: Phone, amount: int) -> None:
    answer = await who.emits(PlaceBid(auction_id=1, amount=amount))
    assert answer["ok"], answer


# --- getting in


@pytest.mark.parametrize("auction_id", [1, None])
@pytest.mark.parametrize("lifetime", [timedelta(seconds=-60), None])
async def test_a_token_that_is_refused_or_expired_gets_a_screen_of_its_own(
    baraka: Baraka, tmp_path: Path, auction_id: int | None, lifetime: timedelta | None
) -> None:
    bad = identity.mint(SECRET, 1, lifetime, {}) if lifetime else "nonsense"
    async with seated(baraka.url, tmp_path, auction_id=auction_id, access_token=bad) as host:
        await host.sees(
            "The server turned us away: Invalid or expired token", "Get a new access token"
        )


async def test_a_token_that_is_refused_when_the_line_comes_back_gets_that_screen_too(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST")
        baraka.set(BARAKA_JWT_SECRET=f"another {SECRET}")  # to the server it has expired
        await baraka.start()
        await host.sees("The server turned us away: Invalid or expired token")


@pytest.mark.parametrize("auction_id", [1, None])
async def test_a_server_that_is_not_there_is_named_and_tried_until_it_is(
    sale_database: str, tmp_path: Path, unused_port: int, auction_id: int | None
) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    async with seated(url, tmp_path, auction_id=auction_id) as host:
        await host.sees("does not answer")
        async with Baraka(sale_database, tmp_path, port=unused_port):
            await host.sees("▲ online" if auction_id else "Which auction?")
            if auction_id:
                await host.sees("NOT STARTED  Friday Night Gold")


async def test_an_auction_is_chosen_from_the_hosts_own(baraka: Baraka, tmp_path: Path) -> None:
    async with seated(baraka.url, tmp_path, auction_id=None) as host:
        await host.sees("Which auction?", "not started")
        await host.presses("enter")
        await host.sees("NOT STARTED", "▲ online")
        assert host.sale_screen.book.auction_id == 3, "the newest first"


async def test_one_that_is_live_is_offered_first(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    owner = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
    await owner.emits(StartAuction(auction_id=2))
    async with seated(baraka.url, tmp_path, auction_id=None) as host:
        await host.sees("Which auction?", "live")
        await host.presses("enter")
        await host.sees("● LIVE")
        assert host.sale_screen.book.auction_id == 2


async def test_one_who_owns_no_auction_is_told_how_to_make_one(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path, auction_id=None, user_id=DINA) as host:
        await host.sees("You own no auction.", "baraka auction create")


# --- the hammer


async def test_a_higher_bid_changes_the_open_question_and_has_to_be_looked_at(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, bilal, dina):
        await host.presses("a")
        await host.sees("Bilal A. wins")
        await bid(dina, 950)
        await host.sees("Dina A. wins", "⚠ A higher bid came in. Look again")
        await host.presses("ctrl+y")
        await host.sees("Press Ctrl+Y again")
        assert not bilal.heard(LotAwarded)
        await host.presses("ctrl+y")
        assert (await bilal.hears(LotAwarded))["winningUser"]["id"] == DINA


async def test_a_bid_that_the_console_has_not_heard_of_stops_the_hammer(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lands on the server between the confirmation and the award."""
    async with hosting(baraka, phones, tmp_path) as (host, bilal, dina):
        held: list[tuple[str, Any]] = []
        hear = host.sale_screen.connection.hear
        monkeypatch.setattr(host.sale_screen.connection, "hear", lambda *heard: held.append(heard))
        await bid(dina, 950)
        await host.until(lambda: any(name == NewBid.wire_name for name, _ in held), "the bid")
        await host.presses("a")
        await host.sees("Bilal A. wins")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("(another bid leads by now)")
        await host.reads_in_the_log("MISSED BID")
        assert not bilal.heard(LotAwarded)

        monkeypatch.setattr(host.sale_screen.connection, "hear", hear)
        for heard in held:
            hear(*heard)
        await host.sees("Dina A.", "▶ Gold Ring – 18K")
        await host.presses("a")
        await host.sees("Dina A. wins")
        await host.presses("ctrl+y")
        won = await bilal.hears(LotAwarded)
        assert (won["winningUser"]["id"], won["winningBid"]["bid"]) == (DINA, 950)


async def test_a_question_about_a_lot_that_is_gone_closes(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        device = await phone(baraka, phones, 1)
        await host.presses("a")
        await host.sees("Bilal A. wins")
        chain = ChangeLot(
            auction_id=1, product="Chain", minimum_price=1, start_price=1, market_price=1
        )
        await device.emits(chain)
        await host.sees_no_more("Award this lot?")
        await host.reads_in_the_log("✗ Award: Gold Ring – 18K left the block while you were asked")


# --- lost and found


async def test_a_server_that_is_killed_comes_back_and_the_console_catches_up(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        trying = asyncio.Event()
        connect = host.sale_screen.connection.connect_once

        async def later() -> None:
            await trying.wait()  # so that something is missed
            await connect()

        monkeypatch.setattr(host.sale_screen.connection, "connect_once", later)
        await baraka.kill()
        await host.sees("▼ CONNECTION LOST")
        await host.presses("a", "n")
        await host.reads_in_the_log(
            "✗ Award: There is no connection to the server: connection lost."
        )
        await baraka.start()
        dina = await phone(baraka, phones, DINA)
        await bid(dina, 950)
        await bid(dina, 1000)
        trying.set()
        await host.reads_in_the_log("Caught up with what was missed: 2 bids")
        await host.sees("▲ online", "1,000", "Dina A.")
        assert [one.amount for one in host.sale_screen.book.bids] == [1000, 950, 900]
        await host.presses("a")
        await host.sees("Dina A. wins")
        await host.presses("ctrl+y")
        assert (await dina.hears(LotAwarded))["winningBid"]["bid"] == 1000


async def test_what_waits_for_its_answer_is_shown_and_nothing_else_moves_the_sale(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, bilal, _dina):
        baraka.send(signal.SIGSTOP)
        await host.confirms("b")
        await host.sees("… ", "Off air…")
        await host.presses("a")
        await host.reads_in_the_log("✗ Award: Waiting for the server: Off air…")
        assert "✓ Off air" not in host.log
        baraka.send(signal.SIGCONT)
        await host.reads_in_the_log("✓ Off air")
        await host.presses("a")
        await host.sees("Bilal A. wins")
        assert not bilal.heard(LotAwarded)


async def test_an_answer_that_does_not_come_is_called_what_it_is(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether it was done: the host has to look."""
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        monkeypatch.setattr("baraka_cli.client.connection.REPLY_SECONDS_MAX", 0.2)
        baraka.send(signal.SIGSTOP)
        await host.confirms("b")
        await host.reads_in_the_log("✗ Off air: The server did not answer. Look before you try")
        baraka.send(signal.SIGCONT)


async def test_a_history_that_is_none_is_said_to_be_unreadable(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nonsense(*_: object) -> AsyncIterator[list[Any]]:
        yield [{"seq": 1}, 5]

    monkeypatch.setattr(HttpApi, "history", nonsense)
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        await host.reads_in_the_log("✗ The history could not be read (TypeError)")
        await host.sees("● LIVE", "Bilal A.")


async def test_a_server_that_stops_politely_is_called_again(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        await baraka.stop()
        await host.sees("▼ CONNECTION LOST")
        await baraka.start()
        await host.sees("▲ online", "Bilal A.", "● LIVE")


async def test_a_console_that_starts_in_the_middle_knows_what_was_before(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    """How long the lot is up, and in the summary what passed, although no run list remembers it."""
    async with hosting(baraka, phones, tmp_path) as (_host, _bilal, _dina):
        device = await phone(baraka, phones, 1)
        for product in ("Pin", "Brooch"):
            lot = ChangeLot(
                auction_id=1, product=product, minimum_price=1, start_price=1, market_price=1
            )
            assert (await device.emits(lot))["ok"]
            if product == "Pin":
                award = AwardLot(auction_id=1, product=product, weight="", bid_id=0)
                assert (await device.emits(award))["ok"]
    async with seated(baraka.url, tmp_path, lots=()) as again:
        await again.sees("Brooch")
        book = again.sale_screen.book
        await again.until(lambda: book.lot_since_known, "the history")
        history = [
            entry async for page in again.sale_screen.api.history(1, 10**6) for entry in page
        ]
        put_up = [entry["at"] for entry in history if entry["kind"] == "lot_opened"][-1]
        assert book.lot_since == moment(put_up) + book.clock_behind
        await again.presses("r")
        await again.sees("3 lots: 0 sold, 2 passed, total 0, 1 not done", "passed at 900")


async def test_what_the_history_does_not_tell_is_counted_from_now_and_marked(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    """Only the owner is told; anybody else counts from the first look."""
    async with (
        hosting(baraka, phones, tmp_path) as (host, _bilal, _dina),
        seated(baraka.url, tmp_path, user_id=BILAL) as stranger,
    ):
        await stranger.sees("Gold Ring – 18K", "≥ 0:")
        assert "≥" not in host.screen


STORM_SECONDS, STORM_RATE = 20, 50


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_after_a_storm_the_screen_shows_what_the_server_has(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    """Fifty bids a second for twenty seconds, or as fast as the machine can, while the host works on.

    Bids are sent when they are due, and later ones do not wait for the answers to earlier ones.
    """
    # Phones that read the list of all bids with every bid would be what is tested.
    async with hosting(baraka, phones, tmp_path, updates="delta") as (host, bilal, dina):
        book = host.sale_screen.book

        async def storm() -> None:
            begun = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as answers:
                for number in range(STORM_SECONDS * STORM_RATE):
                    due = begun + number / STORM_RATE
                    await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))
                    who = (bilal, dina)[number % 2]
                    answers.create_task(bid_any(who, 901 + number))

        storming = asyncio.create_task(storm())
        await host.until(lambda: len(book.bids) > 50, "the storm")
        worked = (
            (lambda: host.confirms("2"), lambda: host.reads_in_the_log("✓ Say “Any more bids?”")),
            (lambda: host.presses("question_mark"), lambda: host.sees("Write a comment")),
            (lambda: host.presses("escape"), lambda: host.sees_no_more("Write a comment")),
            (lambda: host.presses("a"), lambda: host.sees("Award this lot?", "Look again")),
            (lambda: host.presses("escape"), lambda: host.sees_no_more("Award this lot?")),
            (lambda: host.presses("n"), lambda: host.sees("leads with", "to nobody?")),
            (lambda: host.presses("escape"), lambda: host.sees_no_more("to nobody?")),
        )
        for press, answered in worked:
            await press()
            await answered()
        assert not storming.done(), "the keys were answered in the middle of it"
        await asyncio.wait_for(storming, 120)

        state = await dina.emits(JoinAuction(auction_id=1))
        await host.until(lambda: book.seq == state["seq"], "the last bid")
        theirs = [(one["id"], one["bid"], one["user"]["name"]) for one in state["auctionBids"]]
        ours = [(one.id, one.amount, one.bidder) for one in book.bids]
        assert ours == theirs[: len(ours)]
        assert len(ours) == min(len(theirs), 1000)
        assert book.viewers == state["userCount"]
        high = state["auctionBids"][0]
        await host.sees(f"▶ {book.bids[0].at.astimezone():%H:%M:%S} {high['bid']:,}")
        await host.sees(high["user"]["name"])
        figures = [f"{high['bid']:,}", f"{book.next_ask():,}"]
        await host.until(
            lambda: [one.value for one in host.sale_screen.query(LargeNumber)] == figures,
            str(figures),
        )
        for one in state["auctionBids"][:5]:
            await host.sees(f" {one['bid']:,} ")


async def bid_any(who: Phone, amount: int) -> None:
    """A bid that another one may have overtaken."""
    await who.emits(PlaceBid(auction_id=1, amount=amount))


# --- how it ends


async def test_a_fault_of_the_console_ends_in_a_sentence(
    baraka: Baraka, tmp_path: Path, state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Console(Setup(baraka.url, token(SECRET, 1), 1, folder=tmp_path))
    with pytest.raises(ZeroDivisionError):
        async with app.run_test() as pilot:
            app.call_later(lambda: 1 / 0)
            await pilot.pause()
    (said,) = app._exit_renderables or [None]
    assert said is None or "the auction goes on" in str(said)
    assert "ZeroDivisionError" in (state_folder / "baraka/console/crash.txt").read_text()


async def test_a_start_by_another_device_lets_the_console_in(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        device = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
        await device.emits(StartAuction(auction_id=1))
        await host.sees("● LIVE", "1 watching")


# --- silent, refused when it connects, and asked twice


async def test_a_server_that_is_frozen_is_said_to_give_no_answer(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    """Its line stays open, so nothing else tells."""
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        baraka.send(signal.SIGSTOP)
        await host.sees("▼ NO ANSWER FOR 2 s")
        assert host.sale_screen.connection.state is ConnectionState.ONLINE
        assert host.sale_screen.query_one("#bar").has_class("down")
        await host.sees("▼ NO ANSWER FOR 4 s")
        baraka.send(signal.SIGCONT)
        await host.sees("▲ online")


class HangsUp:
    """A server that takes every line and hangs up on it at once, as one that is stopping may."""

    OPENS = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}'
    CLOSES = "1"

    def __init__(self) -> None:
        self.taken = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/socket.io/", self._take)
        self._runner, self.url = await listen(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, _request: web.Request) -> web.Response:
        self.taken += 1
        return web.Response(text=f"{self.OPENS}\x1e{self.CLOSES}")


async def test_a_line_that_is_hung_up_on_at_once_is_not_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baraka_cli.client.connection.REPLY_SECONDS_MAX", 3600)
    async with HangsUp() as server, seated(server.url, tmp_path) as host:
        await host.until(lambda: server.taken >= 3, "three lines")


async def test_every_line_has_a_client_of_its_own(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was hung up on may take what is for the next line, which is then never opened."""
    made = []

    class Noted(socketio.AsyncClient):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            made.append(self)

    async with hosting(baraka, phones, tmp_path) as (host, _bilal, _dina):
        monkeypatch.setattr(socketio, "AsyncClient", Noted)
        await baraka.stop()
        await baraka.start()
        await host.until(lambda: made and host.sale_screen.connection.joined, "the room")


async def test_an_award_whose_answer_was_lost_is_asked_again_and_done_once(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, bilal, _dina):
        connection = host.sale_screen.connection
        call, asked = connection.call, list[ClientEvent]()

        async def forgetful(event: ClientEvent) -> Reply:
            answer = await call(event)
            if isinstance(event, AwardLot):
                asked.append(event)
                if len(asked) == 1:
                    return Reply.none(NoReply.LOST, "The connection was lost.")
            return answer

        monkeypatch.setattr(connection, "call", forgetful)
        await host.presses("a")
        await host.sees("Bilal A. wins")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Award Gold Ring – 18K to 1 Bilal A. for 900")
        first, second = asked
        assert first == second, "the same request, which the server knows"
        assert getattr(first, "request_id", None)
        assert getattr(first, "round", None) == 1
        assert len(await host.sale_screen.api.winnings(1) or []) == 1
        assert len(bilal.heard(LotAwarded)) == 1


async def test_events_that_the_console_does_not_know_harm_nothing(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with hosting(baraka, phones, tmp_path) as (host, _bilal, dina):
        book, sale_screen = host.sale_screen.book, host.sale_screen
        assert book.seq is not None
        sale_screen.connection.hear(
            "lightsChanged", {"auctionId": 1, "seq": book.seq + 1, "colour": "gold"}
        )
        assert not book.gap
        sale_screen.connection.hear(
            "auctionState", {"auctionId": 1, "seq": book.seq, "serverTime": "?"}
        )
        sale_screen.connection.hear(
            "newBid", {"auctionId": 1, "seq": book.seq + 1, "newBid": {"id": "?"}}
        )
        await host.reads_in_the_log("✗ newBid could not be read (KeyError)")
        await host.until(lambda: book.bids and book.bids[0].amount == 900, "the state, whole again")
        sale_screen.connection.hear("lotReopened", {"auctionId": 1, "seq": book.seq + 1})
        await host.reads_in_the_log("✗ lotReopened could not be read (KeyError)")
        await bid(dina, 950)
        await host.sees("▶ ", "950", "Dina A.")


async def test_of_a_long_history_only_what_is_shown_is_read(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baraka_cli.client.http.PAGE_ROWS", 5)
    monkeypatch.setattr("baraka_cli.console.clerk.RATE_WINDOW_SECONDS", 0)
    async with hosting(baraka, phones, tmp_path) as (_host, bilal, dina):
        for number in range(20):
            await bid((bilal, dina)[number % 2], 901 + number)
        device = await phone(baraka, phones, 1)
        pin = {"product": "Pin", "minimum_price": 1, "start_price": 1, "market_price": 1}
        assert (await device.emits(ChangeLot(auction_id=1, **pin)))["ok"]
    read: list[str] = []
    page = HttpApi.page

    async def noted(self: HttpApi, path: str) -> Any:
        read.append(path)
        return await page(self, path)

    monkeypatch.setattr(HttpApi, "page", noted)
    async with seated(baraka.url, tmp_path, lots=()) as again:
        await again.sees("Pin")
        await again.until(lambda: again.sale_screen.book.lot_since_known, "the history")
        assert len([path for path in read if "history" in path]) == 1
