"""Secrets that no output of the server shows: keys, tokens, passwords, codes, numbers."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import typer

from baraka_cli.main import app
from baraka_cli.terminal import TRY_AGAIN, WRONG_USAGE
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.settings import Settings
from baraka_server.store import migrate
from baraka_server.store.seed import seed
from baraka_server.wire.identity import mint
from tests.support.clients.command_line import Answer, invoke, run
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka, environment
from tests.support.servers.databases import only_mariadb

PASSWORD = "p4ssw0rd-of-the-database"
ONE_TIME_CODE = "918273"
NUMBER = "+923001998877"
COMMENT = "a comment that is nobody else's business"


@pytest.fixture
async def database(tmp_path):
    """A SQLite file with an auction, and with users who have a number and a code."""
    path = tmp_path / "baraka.db"
    url = f"sqlite:///{path}"
    await migrate.upgrade(url)
    await seed(url, users=5, auctions=2)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE users SET number = ?, otpCode = ?", (NUMBER, ONE_TIME_CODE))
    file.close()
    return path


def assert_tells_none(output: str, *more: str) -> None:
    for secret in (SECRET, PASSWORD, ONE_TIME_CODE, NUMBER, *more):
        assert secret not in output


async def test_a_sale_and_its_faults_at_the_lowest_level_tell_no_secret(database, tmp_path):
    tokens = [token(SECRET, user_id) for user_id in (1, 2, 3)]
    bad = {
        "expired": mint(SECRET, 2, timedelta(minutes=-1), {}),
        "foreign": token("another secret, that somebody else has", 2),
        "altered": tokens[1][:-4] + "AAAA",
    }
    heard: list[object] = []
    async with (
        Baraka(f"sqlite:///{database}", tmp_path, BARAKA_LOG_LEVEL="DEBUG") as server,
        PythonPhones() as phones,
        aiohttp.ClientSession(server.url) as http,
    ):
        for one in bad.values():
            phone = await phones.open(server.url, auth={"token": one})
            await phone.hears_error("Invalid or expired token")
            headers = {"Authorization": f"Bearer {one}"}
            async with http.get(f"/api/auctions?token={one}", headers=headers) as answer:
                assert answer.status == 401
                heard.append(await answer.text())
            path = f"/socket.io/?EIO=4&transport=polling&token={one}"
            async with http.get(path, headers=headers) as answer:
                heard.append(await answer.text())
        amina, bilal, dina = [await phones.open(server.url, auth={"token": one}) for one in tokens]
        await amina.emits(StartAuction(auction_id=1))
        ring = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await amina.emits(ChangeLot.model_validate({"auctionId": 1} | ring))
        heard.append(await bilal.emits(JoinAuction(auction_id=1)))
        heard.append(await bilal.emits(PlaceBid(auction_id=1, amount=5)))
        heard.append(await dina.emits(PlaceBid(auction_id=1, amount=5)))
        heard.append(await dina.emits("placeBid", {"token": tokens[2]}))
        heard.append(await dina.emits(PostComment(auction_id=1, comment="Lovely")))
        heard.append(await amina.emits(AwardLot(auction_id=1, product="Ring", weight="5g")))
        # A fault that nobody foresaw, with what people wrote in its statement.
        with sqlite3.connect(database) as file:
            file.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON Auction_comments "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        file.close()
        fault = await dina.emits(PostComment(auction_id=1, comment=COMMENT))
        assert fault["code"] == "fault"
        heard.extend(phone.events for phone in (amina, bilal, dina))
        assert await server.stop() == 0

    log = json.dumps(server.log, ensure_ascii=False)
    assert "connected" in log
    assert "DEBUG" in log
    assert "Traceback" in log
    assert_tells_none(log, COMMENT, *tokens, *bad.values())
    assert_tells_none(json.dumps(heard, ensure_ascii=False), *tokens, *bad.values())


AWAY, WRONG = (TRY_AGAIN, TRY_AGAIN), (WRONG_USAGE, WRONG_USAGE)
UNUSABLE = {
    f"mysql://root:{PASSWORD}@127.0.0.1:9/baraka": AWAY,
    f"mysql://root@127.0.0.1:9/baraka?password={PASSWORD}": AWAY,
    f"mysql://root@127.0.0.1:9/baraka?port={PASSWORD}": WRONG,
    f"mysql://root@127.0.0.1:9/baraka?ssl_ca={PASSWORD}": WRONG,
    f"mysql://root@127.0.0.1:9/baraka?nonsense={PASSWORD}": WRONG,
    f"sqlite:///baraka.db?check_same_thread={PASSWORD}": WRONG,
    f"sqlite:///baraka.db?timeout={PASSWORD}": WRONG,
    # Only who makes tables needs the name of a database before there is a connection.
    f"mysql://root:{PASSWORD}@127.0.0.1:9": (WRONG_USAGE, TRY_AGAIN),
    f"mysql://root:{PASSWORD}@127.0.0.1:port/baraka": WRONG,
    f"postgresql://root:{PASSWORD}@127.0.0.1/baraka": WRONG,
    f"root:{PASSWORD}@127.0.0.1/baraka": WRONG,
    f"mysql://root:{PASSWORD}@[::1/baraka": WRONG,
}
"""The exit codes of `db` and of `auction list`, by the URL."""


@pytest.mark.parametrize(("url", "codes"), UNUSABLE.items(), ids=range(len(UNUSABLE)))
def test_a_database_that_cannot_be_used_is_told_without_its_password(
    url, codes, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    of_db, of_list = codes
    for words, code in (
        (("db", "current"), of_db),
        (("db", "upgrade"), of_db),
        (("auction", "list"), of_list),
    ):
        by_flag = invoke(*words, "--database-url", url)
        by_setting = invoke(*words, BARAKA_DATABASE_URL=url)
        for answer in (by_flag, by_setting):
            assert answer.code == code, (words, answer)
            assert_tells_none(answer.out + answer.err)


@pytest.mark.parametrize("url", [*UNUSABLE][:3], ids=range(3))
def test_a_server_that_does_not_start_tells_no_password(url, tmp_path):
    words = ("serve", "--port=0", "--log-level=DEBUG")
    answer = run(*words, folder=tmp_path, BARAKA_DATABASE_URL=url)
    assert answer.code == UNUSABLE[url][0]
    assert_tells_none(answer.out + answer.err)


@pytest.mark.mariadb
def test_a_password_that_the_database_refuses_is_not_repeated(mariadb, tmp_path):
    mariadb.revive()
    for credentials in (f"root:{PASSWORD}@127.0.0.1", f"nobody:{PASSWORD}@127.0.0.1"):
        url = f"mysql://{credentials}:{mariadb.port}/baraka"
        for words in (("serve", "--port=0", "--log-level=DEBUG"), ("db", "upgrade")):
            answer = run(*words, folder=tmp_path, BARAKA_DATABASE_URL=url)
            assert answer.code == 1
            assert_tells_none(answer.out + answer.err)


@only_mariadb
async def test_the_database_is_named_in_the_log_without_its_parameters(
    sale_database, mariadb, tmp_path
):
    _, _, place = sale_database.partition("@")
    mariadb.sql("CREATE OR REPLACE USER dina@'%' IDENTIFIED BY 'a-parameter'")
    mariadb.sql("GRANT ALL ON *.* TO dina@'%'")
    async with Baraka(f"mysql://{place}?user=dina&password=a-parameter", tmp_path) as server:
        pass
    log = json.dumps(server.log)
    assert place in log
    assert "a-parameter" not in log


def test_wrong_settings_are_named_without_a_secret(tmp_path):
    short = "hunter2hunter2"
    answer = run(
        "serve",
        folder=tmp_path,
        BARAKA_JWT_SECRET=short,
        BARAKA_DATABASE_URL=f"mysql://root:{PASSWORD}@127.0.0.1/baraka",
        BARAKA_PORT="none",
        BARAKA_TRUSTED_PROXIES="nowhere",
    )
    assert answer.code == 2
    said = [json.loads(line)["message"] for line in answer.err.splitlines()]
    named = [message.partition(":")[0] for message in said]
    assert named == ["BARAKA_JWT_SECRET", "BARAKA_PORT", "BARAKA_TRUSTED_PROXIES"]
    assert_tells_none(answer.err + answer.out, short)


def commands(command, words=()):
    yield words
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*words, name))


@pytest.mark.parametrize("words", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_help_shows_no_secret_of_the_environment(words):
    mine = token(SECRET, 1)
    url = f"mysql://root:{PASSWORD}@127.0.0.1/baraka"
    answer: Answer = invoke(*words, "--help", BARAKA_DATABASE_URL=url, BARAKA_TOKEN=mine)
    assert answer.code == 0
    assert_tells_none(answer.out + answer.err, mine)


def test_a_stack_trace_of_the_program_shows_no_values(tmp_path):
    """An error that nobody foresaw, with the settings and their secrets in the frames above it."""
    program = """
import sys
import baraka_server.running
async def serve(settings, listening):
    secret = settings.jwt_secret.get_secret_value()
    raise RuntimeError("nobody foresaw this")
baraka_server.running.serve = serve
import baraka_server.store.migrate
from types import SimpleNamespace
async def current(url): return SimpleNamespace(beside_newer=None)
baraka_server.store.migrate.require_fit = current
from baraka_cli.main import app
from baraka_cli.terminal import TRY_AGAIN, WRONG_USAGE
sys.argv = ["baraka", "serve", "--port=0"]
app()
"""
    url = f"mysql://root:{PASSWORD}@127.0.0.1:9/baraka"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(BARAKA_DATABASE_URL=url, FORCE_COLOR=1),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 70
    assert "nobody foresaw this" in done.stderr
    assert_tells_none(done.stdout + done.stderr)


def test_settings_show_no_secret_wherever_they_are_printed():
    url = f"mysql://root:{PASSWORD}@127.0.0.1/baraka"
    settings = Settings(jwt_secret=SECRET, database_url=url, _env_file=None)
    shown = [repr(settings), str(settings), str(settings.model_dump()), f"{settings!r:s}"]
    shown += [settings.model_dump_json(), repr(vars(settings))]
    assert_tells_none("".join(shown))


def test_a_file_with_secrets_that_cannot_be_read_is_not_quoted(tmp_path: Path):
    (tmp_path / ".env").write_bytes(f"BARAKA_JWT_SECRET={SECRET}\xff\n".encode("latin-1"))
    answer = run("token", 1, folder=tmp_path, BARAKA_JWT_SECRET=None)
    assert answer.code == 2
    assert_tells_none(answer.err + answer.out)
