"""`baraka serve` as devops meets it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from baraka_cli.terminal import TRY_AGAIN, load_settings
from baraka_server.settings import DEVELOPMENT_SECRET
from baraka_server.store import migrate
from tests.support.checks.schema import query
from tests.support.clients.command_line import run
from tests.support.servers import newer
from tests.support.servers.baraka import BARAKA, SECRET, Baraka, environment


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    asyncio.run(migrate.upgrade(url))
    return url


def test_without_a_secret_it_says_how_to_make_one(tmp_path, database):
    answer = run("serve", "--database-url", database, folder=tmp_path, BARAKA_JWT_SECRET=None)
    assert answer.code == 2
    assert "BARAKA_JWT_SECRET" in answer.err
    assert "openssl rand" in answer.err


def test_a_short_secret_is_refused_and_not_repeated(tmp_path, database):
    short = "hunter2hunter2"
    answer = run("serve", "--database-url", database, folder=tmp_path, BARAKA_JWT_SECRET=short)
    assert answer.code == 2
    assert "at least 32 bytes" in answer.err
    assert short not in answer.err + answer.out


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (DEVELOPMENT_SECRET, "is the secret for development"),
        ("a" * 44, "is a pattern"),
        ("changeme" * 5, "is an example from a manual"),
        ("Change-Me, please! Really. Change me.", "is an example from a manual"),
        ("your-256-bit-secret-your-256-bit-secret", "is an example from a manual"),
        ("0123456789" * 4, "is a pattern"),
        ("abcdefghijklmnopqrstuvwxyz123456", "is a pattern"),
    ],
)
def test_in_production_a_secret_that_others_can_guess_is_refused(tmp_path, database, secret, why):
    words = ("serve", "--port=0", "--database-url", database)
    answer = run(*words, folder=tmp_path, BARAKA_JWT_SECRET=secret)
    assert answer.code == 2
    assert f"BARAKA_JWT_SECRET {why}" in answer.err
    assert "openssl rand -base64 32" in answer.err
    assert secret not in answer.err


async def test_development_needs_no_secret_and_warns_in_one_line(tmp_path, database):
    settings = {"BARAKA_MODE": "development", "BARAKA_JWT_SECRET": None}
    async with Baraka(database, tmp_path, host=None, **settings) as server:
        made = run("token", 1, folder=tmp_path, **settings)
        request = urllib.request.Request(f"{server.url}/api/auctions")
        request.add_header("Authorization", f"Bearer {made.out.strip()}")
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer) == []
    warnings = [line for line in server.log if line["level"] == "WARNING"]
    assert len(warnings) == 1
    assert "development" in warnings[0]["message"]
    assert DEVELOPMENT_SECRET not in json.dumps(server.log)


async def test_development_listens_on_this_machine_only_unless_it_is_told_otherwise(
    tmp_path, database
):
    settings = {"BARAKA_MODE": "development", "BARAKA_JWT_SECRET": None}
    for host, more, expected in (
        (None, {}, "127.0.0.1"),
        ("0.0.0.0", {}, "0.0.0.0"),
        (None, {"BARAKA_HOST": "0.0.0.0"}, "0.0.0.0"),
        (None, {"BARAKA_MODE": "production", "BARAKA_JWT_SECRET": SECRET}, "0.0.0.0"),
    ):
        async with Baraka(database, tmp_path, host=host, **(settings | more)) as server:
            assert server.url.startswith(f"http://{expected}:")


def test_the_level_of_the_log_may_be_in_a_file_named_env_and_a_flag_beats_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("BARAKA_LOG_LEVEL=debug\n")
    assert load_settings().log_level == "DEBUG"
    assert load_settings(log_level="Warning").log_level == "WARNING"
    monkeypatch.setenv("BARAKA_LOG_LEVEL", "ERROR")
    assert load_settings().log_level == "ERROR"


def test_a_level_that_there_is_not_is_named(tmp_path, database):
    for words, more, named in (
        (["--log-level=nonsense"], {}, "--log-level: "),
        ([], {"BARAKA_LOG_LEVEL": "nonsense"}, "BARAKA_LOG_LEVEL: "),
    ):
        answer = run("serve", "--database-url", database, *words, folder=tmp_path, **more)
        assert answer.code == 2
        message = json.loads(answer.err)["message"]
        assert message.startswith(named)
        assert "'DEBUG', 'INFO', 'WARNING' or 'ERROR'" in message


def test_a_database_that_is_not_current_is_refused_with_what_mends_it(tmp_path):
    for revision in (None, "baraka_0001"):
        url = f"sqlite:///{tmp_path / f'{revision}.db'}"
        if revision:
            asyncio.run(migrate.upgrade(url, revision))
        answer = run("serve", "--port=0", "--database-url", url, folder=tmp_path)
        assert answer.code == 1
        assert "Run: baraka db upgrade" in answer.err


def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path):
    secretive = "mysql://root:hunter2@127.0.0.1:9/baraka"
    answer = run("serve", "--port=0", "--database-url", secretive, folder=tmp_path)
    assert answer.code == TRY_AGAIN
    assert "hunter2" not in answer.err


def test_a_url_that_means_nothing_is_wrong_usage(tmp_path):
    answer = run("serve", "--database-url", "postgresql://localhost/x", folder=tmp_path)
    assert answer.code == 2
    assert "use sqlite, mysql or mariadb" in answer.err


def test_a_port_that_is_taken_is_named(tmp_path, database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ("serve", "--host=127.0.0.1", f"--port={port}", "--database-url", database)
        answer = run(*words, folder=tmp_path)
    assert answer.code == TRY_AGAIN
    assert f"port {port}" in answer.err


def test_a_port_of_the_metrics_that_is_taken_is_named(tmp_path, database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ("serve", "--host=127.0.0.1", "--port=0", "--database-url", database)
        answer = run(*words, folder=tmp_path, BARAKA_METRICS_PORT=port)
    assert answer.code == 75
    said = f"cannot listen for metrics on 127.0.0.1 port {port}: Address already in use"
    assert said in answer.err


@pytest.mark.parametrize(
    ("soft", "hard", "connections_max", "expected"),
    [
        (300, 4096, 1000, 2256),  # two for one that polls, and some to spare
        (300, 1500, 1000, 1500),
        (3000, 4096, 1000, 3000),
        (300, 4096, 0, 4096),
    ],
)
def test_it_takes_as_many_open_files_as_its_connections_need(soft, hard, connections_max, expected):
    program = (
        "from baraka_server import open_files; import resource; "
        f"print(open_files.raise_limit({connections_max}), "
        "*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    shell = f'ulimit -Sn {soft}; ulimit -Hn {hard}; exec "$0" -c "$1"'
    done = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable, program], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (f"{expected} {expected} {hard}\n", "")


async def test_it_logs_json_with_one_line_that_says_where_it_listens(tmp_path, database):
    async with Baraka(database, tmp_path) as server:
        with urllib.request.urlopen(f"{server.url}/readyz") as answer:
            assert json.load(answer) == {"ok": True}
        assert await server.stop() == 0
    listening = [line for line in server.log if line.get("event") == "listening"]
    assert [line["url"] for line in listening] == [server.url]
    assert all("raw" not in line for line in server.log)
    assert SECRET not in json.dumps(server.log)


def test_on_a_terminal_it_speaks_to_people(tmp_path, database):
    screen, terminal = pty.openpty()
    words = [BARAKA, "serve", "--host=127.0.0.1", "--port=0", "--database-url", database]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment(COLUMNS=200), stderr=terminal, stdout=terminal
    )
    os.close(terminal)
    try:
        shown = ""
        while "Baraka listens on http://127.0.0.1:" not in shown:
            shown += re.sub(r"\x1b\[[0-9;]*m", "", os.read(screen, 1024).decode())
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        os.close(screen)
    assert '{"' not in shown


# --- what it says to programs


def test_a_failure_at_the_start_is_an_entry_of_the_log(tmp_path):
    url = f"sqlite:///{tmp_path / 'nothing.db'}"
    for settings, code in (
        ({"BARAKA_PORT": "a port"}, 2),
        ({"BARAKA_JWT_SECRET": None}, 2),
        ({"BARAKA_DATABASE_URL": "sqlite:///no/such/folder/baraka.db"}, 2),
        ({}, 1),  # it is not set up
    ):
        answer = run("serve", folder=tmp_path, **{"BARAKA_DATABASE_URL": url} | settings)
        assert answer.code == code
        for entry in map(json.loads, answer.err.splitlines()):
            assert (entry["level"], entry["event"]) == ("ERROR", "not_started")


async def test_it_starts_beside_a_newer_database_that_only_added_and_says_so_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    await newer.upgrades(url, ("baraka_0999", "baraka_0010"))
    async with Baraka(url, tmp_path) as server:
        (said,) = [line for line in server.log if line["event"] == "newer_database"]
        assert "at revision baraka_0999 of Baraka 9.1.0" in said["message"]
        with urllib.request.urlopen(f"{server.url}/readyz") as answer:
            assert answer.status == 200

    await query(url, "UPDATE baraka_revisions SET serves_since = 'baraka_0998'")
    answer = await asyncio.to_thread(run, "serve", "--database-url", url, folder=tmp_path)
    assert answer.code == 1
    assert "Update baraka" in answer.err


async def test_a_terminal_that_is_closed_ends_no_sale(tmp_path, database):
    async with Baraka(database, tmp_path) as server:
        server.send(signal.SIGHUP)
        await server.says("SIGHUP changes nothing: the server goes on")
        with urllib.request.urlopen(f"{server.url}/healthz") as answer:
            assert answer.status == 200


async def test_a_second_server_on_one_file_is_said(tmp_path, database):
    def warnings(server):
        return [line for line in server.log if line.get("event") == "second_server"]

    async def doctor():
        words = ("doctor", "--json", "--database-url", database)
        answer = await asyncio.to_thread(run, *words, folder=tmp_path)
        return [one for one in json.loads(answer.out)["checks"] if one["check"] == "servers"]

    async with Baraka(database, tmp_path) as first:
        assert not warnings(first)
        assert [one["state"] for one in await doctor()] == ["ok"]
        async with Baraka(database, tmp_path) as second:
            (told,) = warnings(second)
            assert f"process {first.pid} on" in told["message"]
            (found,) = await doctor()
            assert found["state"] == "look"
            assert f"process {second.pid} on" in found["what"]
            await first.kill()
            assert [one["state"] for one in await doctor()] == ["ok"]
    assert await doctor() == []
    async with Baraka(database, tmp_path) as third:
        assert not warnings(third)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("url", ["redis://:hunter2@x:not-a-port/0", "http://:hunter2@x"])
def test_a_redis_url_that_cannot_be_read_is_said_in_words(tmp_path, database, url, workers):
    answer = run(
        "serve",
        "--port=0",
        "--database-url",
        database,
        folder=tmp_path,
        BARAKA_REDIS_URL=url,
        BARAKA_WORKERS=workers,
    )
    assert answer.code == 2
    assert "BARAKA_REDIS_URL is not a URL of Redis" in answer.err
    assert "Traceback" not in answer.err
    assert "hunter2" not in answer.err + answer.out
