"""The console's chat line and chat: slash commands, languages, the host's mark, and the hammer."""

from __future__ import annotations

from pathlib import Path

import pytest

from baraka_cli.console.app import Console
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.slash_commands import SLASH_COMMANDS
from baraka_cli.console.sounds import Sound
from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment
from baraka_server.contract.hammer import ReopenLot
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

LOST = 3
"""Rings for a connection that is lost."""


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    heard: list[float] = []
    monkeypatch.setattr(Console, "bell", lambda _: heard.append(1))
    return heard


async def live(host: Keyboard) -> None:
    await host.sees("NOT STARTED", "▲ online")
    await host.confirms("s")
    await host.sees("● LIVE")
    await host.until(lambda: host.sale_screen.connection.joined, "the room")


async def writes(host: Keyboard, text: str) -> None:
    await host.presses("c")
    host.sale_screen.query_one(ChatInput).value = text
    await host.presses("enter")


async def test_what_begins_with_a_slash_is_done_or_named_and_never_posted(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await live(host)
        for text in ("/prize 26", "  /award", "/", "/SOUND drum"):
            await writes(host, text)
            if "SOUND" in text:
                said = "Which sound? One of first-bid, lead, lost"
            else:
                said = f"There is no command {text.split()[0]}, and nothing was sent. There are: "
            await host.reads_in_the_log(f"✗ {said}")
            assert host.sale_screen.query_one(ChatInput).value == text, "to be mended"
            await host.presses("escape")
            host.sale_screen.query_one(ChatInput).clear()
        for command in SLASH_COMMANDS:
            assert any(command.usage in line for line in host.log)
        await writes(host, "/Sound lead")
        await host.reads_in_the_log("✓ Sound off: a lead that changes hands")
        assert host.sale_screen.sounds.silent == {Sound.LEAD}
        await writes(host, "/keys")
        await host.sees("This list of keys.")
        await host.presses("escape")
        host.sale_screen.sale.say("what all hear", lambda _: None)
        await host.sees("Amina A.: what all hear")
        assert len(host.sale_screen.book.chat.listed) == 1


async def test_quick_messages_are_spoken_in_the_language_that_g_chose(
    baraka: Baraka, tmp_path: Path
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await live(host)
        await host.sees("1-9: say (English)")
        await host.presses("g", "3")
        await host.sees(f"Say “{isolated('للمرة الأولى…')}”")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Say “")
        await host.presses("g", "f2", "8")
        await host.reads_in_the_log("✓ Say “")
        await host.reads_in_the_log("✗ Chat: there is no quick message 8")
        await host.until(lambda: len(host.sale_screen.book.chat.listed) == 2, "both")
        assert [one.text for one in host.sale_screen.book.chat.listed] == [
            "للمرة الأولى…",
            "Any more bids? · هل من مزيد؟",
        ]


async def test_chat_outlives_the_hammer_and_the_host_is_marked_in_it(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path, rings: list[float]
) -> None:
    async with seated(baraka.url, tmp_path) as host:
        await live(host)
        await host.confirms("n")
        dina = await phones.open(baraka.url, 3, auth={"token": token(SECRET, 3)})
        await dina.emits(JoinAuction(auction_id=1))
        assert (await dina.emits(PostComment(auction_id=1, comment="is it gold?")))["ok"]
        await host.presses("f2")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await host.sees("Dina A.: is it gold?", "◆ Amina A.: Any more bids?", "0 sold · total 0")
        assert "◆ Dina" not in host.screen
        assert len(rings) == 1, "the first bid"
        await host.confirms("a")
        await host.sees("── Gold Ring – 18K: sold to 1 Dina A. for", "1 sold · total 900")
        await host.sees("Dina A.: is it gold?", "◆ Amina A.: Any more bids?")
        owner = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
        assert (await owner.emits(ReopenLot(auction_id=1)))["ok"]
        await host.sees("0 sold · total 0", "▶ Gold Ring – 18K  on the block", "is open again")
        await host.confirms("a")
        await host.sees("1 sold · total 900", "✓ Gold Ring – 18K  900 1 Dina A.")
        await host.confirms("n")
        assert (await dina.emits(PostComment(auction_id=1, comment="and this?")))["ok"]
        await host.sees("Dina A.: is it gold?", "Dina A.: and this?")
        rings.clear()
        await baraka.kill()
        await host.until(lambda: len(rings) == LOST, "three rings")
    async with seated(baraka.url, tmp_path) as again:
        await baraka.start()
        await again.sees("1 sold · total 900")
