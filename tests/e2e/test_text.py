"""Hostile text goes through the server as it came, and no terminal obeys it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
from urllib.parse import quote

import aiohttp
from sqlalchemy import text

from baraka_server.contract.client_events import (
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.store import catalog
from tests.support.clients.command_line import run
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import BARAKA, SECRET, Baraka, environment

ESCAPES = "\x1b]0;owned\x07\x1b[31m\u202e\u2028\x9b2J"
NAME = f"Eve{ESCAPES}\r\n2027-01-01 INFO all is well"
COMMENT = f"Hello{ESCAPES}\nWorld"
EVENT = "x\x1b[2J\nforged\u202e"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")


async def test_a_name_that_a_terminal_would_obey_is_unchanged_on_the_wire_and_in_the_table(
    baraka, store, sale_database
):
    eve = await catalog.create_user(store, name=NAME, number="+923001112299")
    async with PythonPhones() as phones:
        amina, bidder = [
            await phones.open(baraka.url, auth={"token": token(SECRET, user_id)})
            for user_id in (1, eve.id)
        ]
        await amina.emits(StartAuction(auction_id=1))
        await amina.emits(JoinAuction(auction_id=1))
        ring = {"product": NAME, "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await amina.emits(ChangeLot.model_validate({"auctionId": 1} | ring))
        await bidder.emits(JoinAuction(auction_id=1))
        await bidder.emits(PlaceBid(auction_id=1, amount=5))
        await bidder.emits(PostComment(auction_id=1, comment=COMMENT))

        assert (await amina.hears("auction_change_product"))["product"] == NAME
        assert (await amina.hears("newBid"))["newBid"]["user"]["name"] == NAME
        told = (await amina.hears("newComment"))["newComment"]
        assert (told["comment"], told["user"]["name"]) == (COMMENT, NAME)
    async with store.reading() as connection:
        for query, expected in (
            (f"SELECT name FROM users WHERE id = {eve.id}", NAME),
            ("SELECT comment FROM Auction_comments", COMMENT),
            ("SELECT current_product FROM Auction WHERE id = 1", NAME),
        ):
            assert await connection.scalar(text(query)) == expected


async def say_what_no_client_says(url: str) -> None:
    """An event, a session and an origin that somebody made up to be logged."""
    async with PythonPhones() as phones, aiohttp.ClientSession(url) as http:
        phone = await phones.open(url, auth={"token": token(SECRET, 2)})
        assert (await phone.emits(EVENT, {}))["code"] == "unknown_event"
        path = f"/socket.io/?EIO=4&transport=polling&sid={quote(EVENT)}"
        async with http.get(path) as answer:
            assert answer.status == 400


async def test_what_clients_send_is_one_line_without_escapes_in_a_log_for_programs(
    sale_database, tmp_path
):
    async with Baraka(sale_database, tmp_path, BARAKA_LOG_LEVEL="DEBUG") as server:
        await say_what_no_client_says(server.url)
        await server.stop()
    assert not [line for line in server.log if "raw" in line]
    telling = [line["message"] for line in server.log if "forged" in line["message"]]
    assert telling
    for message in telling:
        assert "x[2J forged" in message
        assert not OBEYED.search(message)


async def test_what_clients_send_is_one_line_without_escapes_on_a_terminal(sale_database, tmp_path):
    screen, terminal = pty.openpty()
    words = ("serve", "--host=127.0.0.1", "--port=0", "--database-url", sale_database)
    process = subprocess.Popen(
        [BARAKA, *words],
        cwd=tmp_path,
        env=environment(COLUMNS=250, TERM="dumb", NO_COLOR=1, BARAKA_LOG_LEVEL="DEBUG"),
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = ""
    try:
        while not (listening := re.search(r"listens on (http://127.0.0.1:\d+) ", shown)):
            shown += await asyncio.to_thread(read, screen)
        await say_what_no_client_says(listening[1])
        process.send_signal(signal.SIGTERM)
        while more := await asyncio.to_thread(read, screen):
            shown += more
    finally:
        process.kill()
        process.wait()
        os.close(screen)
    lines = shown.replace("\r\n", "\n").split("\n")
    assert any("x[2J forged" in line for line in lines)
    assert not [line for line in lines if OBEYED.search(line) or line.startswith("forged")]


def read(screen: int) -> str:
    try:
        return os.read(screen, 2**16).decode()
    except OSError:  # the other end is closed
        return ""


async def test_commands_show_names_without_escapes_and_json_has_all_of_them(
    store, sale_database, tmp_path
):
    await catalog.create_user(store, name=NAME, number="+923001112299")
    words = ("user", "list", "--search=Eve", "--database-url", sale_database)
    table = await asyncio.to_thread(run, *words, folder=tmp_path)
    assert not OBEYED.search(table.out)
    as_json = await asyncio.to_thread(run, *words, "--json", folder=tmp_path)
    assert not OBEYED.search(as_json.out)
    assert [user["name"] for user in json.loads(as_json.out)] == [NAME]
