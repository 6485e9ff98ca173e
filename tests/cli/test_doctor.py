"""`baraka doctor`: what it finds wrong, what it says to do, and that it tells no secret."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from baraka_cli import doctor_checks, doctor_database
from baraka_cli.doctor_checks import State
from baraka_cli.doctor_signing_in import of_signing_in
from baraka_server.settings import DEVELOPMENT_SECRET, Settings
from baraka_server.store import inspection as store
from baraka_server.store import migrate
from tests.support.clients.command_line import Answer, invoke, run
from tests.support.servers.baraka import BARAKA, SECRET, environment

FINE = {
    "BARAKA_CONNECTIONS_MAX": 100,
    "BARAKA_CORS_ORIGINS": "https://sales.example",
    "BARAKA_METRICS_PORT": 9464,
    "BARAKA_TRUSTED_PROXIES": "10.0.0.1",
}
"""What a careful operator sets, on a machine that allows few open files."""

WEBHOOK: dict[str, Any] = {
    "sign_in": "webhook",
    "sign_in_webhook_url": "https://sms.example/codes",
    "sign_in_webhook_secret": "k9Zq3" * 8,
    "phone_region": "KW",
    "phone_countries": "965",
}
NO_WEBHOOK = {"sign_in_webhook_url": None, "sign_in_webhook_secret": None}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's .env gets in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def url(folder: Path) -> str:
    url = f"sqlite:///{folder / 'baraka.db'}"
    asyncio.run(migrate.upgrade(url))
    return url


def doctor(url: str, *words: str, **settings: Any) -> Answer:
    return invoke("doctor", *words, BARAKA_DATABASE_URL=url, **(FINE | settings))


def checks(url: str, **settings: Any) -> list[dict[str, Any]]:
    answer = doctor(url, "--json", **settings)
    assert answer.err == ""
    said = json.loads(answer.out)
    assert said["ok"] is (answer.code == 0)
    assert said["ok"] is not any(one["state"] == "mend" for one in said["checks"])
    for one in said["checks"]:
        assert set(one) == {"state", "check", "what", "do"}
        assert (one["do"] is None) is (one["state"] == "ok")
    assert [State(one["state"]) for one in said["checks"]] == sorted(
        (State(one["state"]) for one in said["checks"]), key=list(State).index
    )
    found: list[dict[str, Any]] = said["checks"]
    return found


def states(url: str, **settings: Any) -> dict[str, str]:
    return {one["check"]: one["state"] for one in reversed(checks(url, **settings))}


def test_a_careful_operator_hears_nothing_but_ok(url: str) -> None:
    answer = doctor(url)
    assert answer.code == 0
    assert answer.err.strip().startswith("0 to mend, 0 to look at, ")
    for line in answer.out.splitlines():
        assert line.startswith(("ok  ", "    ")), line
    assert set(states(url)) >= {
        *("settings", "mode", "secret", "tokens", "address", "proxies", "origins", "limits"),
        *(
            "sessions",
            "numbers",
            "owner bids",
            "log",
            "metrics",
            "sign in",
            "database",
            "file",
            "disk",
            "open files",
            "uvloop",
        ),
    }


@pytest.mark.parametrize(
    ("settings", "check", "state", "do"),
    [
        ({"BARAKA_JWT_SECRET": None}, "secret", "mend", "openssl rand -base64 32"),
        ({"BARAKA_JWT_SECRET": "changeme" * 5}, "secret", "mend", "openssl rand -base64 32"),
        ({"BARAKA_JWT_SECRET": "a" * 40}, "secret", "mend", "openssl rand -base64 32"),
        ({"BARAKA_SESSION_KEEPS_TOKEN": "false"}, "sessions", "look", "BARAKA_WEBSOCKET_ONLY"),
        ({"BARAKA_JWT_SECRET": DEVELOPMENT_SECRET}, "secret", "mend", "openssl rand"),
        ({"BARAKA_JWT_SECRET": "too short"}, "settings", "mend", "docs/settings.md"),
        ({"BARAKA_MODE": "development"}, "mode", "look", "BARAKA_MODE=production"),
        (
            {"BARAKA_MODE": "development", "BARAKA_JWT_SECRET": None},
            *("secret", "look", "openssl rand"),
        ),
        ({"BARAKA_PORT": "a port"}, "settings", "mend", "docs/settings.md"),
        ({"BARAKA_PROT": "3000"}, "settings", "look", "did you mean BARAKA_PORT?"),
        ({"BARAKA_TOKEN_LIFETIME_SECONDS_MAX": 0}, "tokens", "look", "LIFETIME_SECONDS_MAX"),
        ({"BARAKA_TRUSTED_PROXIES": None}, "address", "look", "BARAKA_TRUSTED_PROXIES"),
        (
            {"BARAKA_TRUSTED_PROXIES": None, "BARAKA_HOST": "127.0.0.1"},
            *("address", "look", "BARAKA_TRUSTED_PROXIES=127.0.0.1"),
        ),
        ({"BARAKA_TRUSTED_PROXIES": "0.0.0.0/0"}, "proxies", "mend", "BARAKA_TRUSTED_PROXIES"),
        ({"BARAKA_TRUSTED_PROXIES": "10.0.0.1, ::/0"}, "proxies", "mend", "TRUSTED_PROXIES"),
        ({"BARAKA_TRUSTED_PROXIES": "11.0.0.0/6"}, "proxies", "look", "BARAKA_TRUSTED_PROXIES"),
        ({"BARAKA_CORS_ORIGINS": None}, "origins", "look", "BARAKA_CORS_ORIGINS"),
        ({"BARAKA_CORS_ORIGINS": "https://x.example, *"}, "origins", "look", "CORS_ORIGINS"),
        ({"BARAKA_BIDS_PER_SECOND_MAX": 0}, "limits", "look", "default"),
        ({"BARAKA_CONNECTIONS_PER_ADDRESS_MAX": 0}, "limits", "look", "default"),
        ({"BARAKA_PHONE_NUMBERS": "full"}, "numbers", "look", "BARAKA_PHONE_NUMBERS=masked"),
        ({"BARAKA_OWNER_BIDS": "true"}, "owner bids", "look", "BARAKA_OWNER_BIDS=false"),
        ({"BARAKA_LOG_LEVEL": "debug"}, "log", "look", "BARAKA_LOG_LEVEL=INFO"),
        ({"BARAKA_METRICS_PORT": None}, "metrics", "look", "BARAKA_METRICS_PORT=9464"),
        ({"BARAKA_METRICS_TOKEN": SECRET}, "metrics", "mend", "another BARAKA_METRICS_TOKEN"),
        ({"BARAKA_OTP_IN_USERS": "true"}, "sign in", "look", "BARAKA_SIGN_IN=webhook"),
        ({"BARAKA_CONNECTIONS_MAX": 10**9}, "open files", "mend", "ulimit -n"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_what_is_set_unsafely_is_found_and_what_mends_it_is_said(
    url: str, settings: dict[str, Any], check: str, state: str, do: str
) -> None:
    found = checks(url, **settings)
    assert states(url)[check] == "ok"
    worst = next(one for one in found if one["check"] == check)
    assert worst["state"] == state
    assert do in worst["do"]
    assert doctor(url, **settings).code == (1 if state == "mend" else 0)
    others = {one["check"] for one in found if one["state"] == "mend"} - {check}
    assert not others


def test_metrics_are_told_with_who_can_read_them(url: str) -> None:
    def told(**settings: Any) -> str:
        return next(one["what"] for one in checks(url, **settings) if one["check"] == "metrics")

    assert told() == "/metrics at 127.0.0.1 port 9464, for whoever is on this machine"
    assert told(BARAKA_METRICS_TOKEN="m" * 16).endswith("port 9464, with the token")
    by_token = told(BARAKA_METRICS_PORT=None, BARAKA_METRICS_TOKEN="m" * 16)
    assert by_token == "/metrics on the port of the clients, with the token"


@pytest.mark.parametrize(
    ("settings", "state", "do"),
    [
        ({}, "ok", None),
        ({"otp_in_users": True}, "look", "BARAKA_OTP_IN_USERS=false"),
        ({"phone_countries": ""}, "look", "BARAKA_PHONE_COUNTRIES=965"),
        ({"phone_countries": "965, 9655"}, "mend", "like 965"),
        ({"phone_region": "QQ"}, "mend", "like KW"),
        ({"phone_region": "SA"}, "mend", "add 966"),
        ({"phone_region": "", "phone_countries": "1"}, "ok", None),
        ({"sign_in": None}, "look", "BARAKA_SIGN_IN=webhook"),
        ({"sign_in": None, "phone_countries": "", **NO_WEBHOOK}, "ok", None),
    ],
)
def test_signing_in_is_judged_by_who_gets_codes_and_who_reads_them(
    settings: dict[str, Any], state: str, do: str | None
) -> None:
    worst = list(of_signing_in(Settings(**{**WEBHOOK, **settings})))[-1]
    assert worst.state == state
    assert (worst.do is None) if do is None else (do in (worst.do or ""))


def test_every_wrong_setting_is_named_and_the_rest_is_still_looked_at(url: str) -> None:
    wrong = {"BARAKA_PORT": "99999", "BARAKA_OWNER_BIDS": "maybe", "BARAKA_JWT_SECRET": "hunter2"}
    found = checks(url, **wrong, BARAKA_LOG_LEVEL="DEBUG")
    named = [one["what"].partition(":")[0] for one in found if one["state"] == "mend"]
    assert sorted(named) == sorted(wrong)
    assert "log" in {one["check"] for one in found if one["state"] == "look"}
    assert "database" in {one["check"] for one in found if one["state"] == "ok"}


def test_development_is_not_told_what_only_a_sale_needs(url: str) -> None:
    settings = {"BARAKA_CORS_ORIGINS": None, "BARAKA_TRUSTED_PROXIES": None}
    found = states(url, BARAKA_MODE="development", **settings)
    assert [check for check, state in found.items() if state != "ok"] == ["mode"]


# --- the file .env -----------------------------------------------------------


def test_settings_in_a_file_are_looked_at_and_others_may_not_read_it(
    url: str, folder: Path
) -> None:
    file = folder / ".env"
    file.write_text(f"BARAKA_JWT_SECRET='{SECRET}'\nBARAKA_BITS_PER_SECOND_MAX=1\n")
    file.chmod(0o644)
    what = [one["what"] for one in checks(url, BARAKA_JWT_SECRET=None) if one["state"] == "look"]
    assert what == [
        "BARAKA_BITS_PER_SECOND_MAX is set, and means nothing",
        f"{file} has secrets, and others may read it",
    ]
    file.chmod(0o600)
    file.write_text(f"BARAKA_JWT_SECRET='{SECRET}'\n")
    assert set(states(url, BARAKA_JWT_SECRET=None).values()) == {"ok"}


def test_a_file_that_cannot_be_read_is_one_thing_to_mend(url: str, folder: Path) -> None:
    (folder / ".env").write_bytes(b"BARAKA_PORT=\xff\n")
    found = checks(url)
    assert [one["check"] for one in found if one["state"] == "mend"] == ["settings"]
    assert ".env cannot be read" in found[0]["what"]


# --- the database ------------------------------------------------------------


def test_a_database_that_is_not_current_says_the_command(folder: Path) -> None:
    for revision in (None, "baraka_0001"):
        url = f"sqlite:///{folder / f'{revision}.db'}"
        if revision:
            asyncio.run(migrate.upgrade(url, revision))
        found = checks(url)
        worst = found[0]
        assert (worst["check"], worst["do"]) == ("database", "Run: baraka db upgrade")
        assert ("rows" in {one["check"] for one in found}) is bool(revision)  # nothing to look at
    assert not (folder / "None.db").exists()  # it changes nothing


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@127.0.0.1:9/baraka",
        "mysql://root@127.0.0.1:9/baraka?password=hunter2",
        "mysql://root@127.0.0.1:9/baraka?nonsense=hunter2",
        "postgresql://root:hunter2@127.0.0.1/baraka",
        "hunter2",
        "sqlite:////no/such/folder/baraka.db",
    ],
)
def test_a_database_that_cannot_be_used_is_one_thing_to_mend(url: str) -> None:
    found = [one for one in checks(url) if one["state"] == "mend"]
    assert [one["check"] for one in found] == ["database"]
    assert "hunter2" not in json.dumps(found)
    by_flag = invoke("doctor", "--database-url", url, **FINE)
    assert by_flag.code == 1
    assert "hunter2" not in by_flag.out + by_flag.err


@pytest.mark.mariadb
def test_a_mariadb_is_looked_at(mariadb: Any) -> None:
    mariadb.revive()
    url = mariadb.create_database("doctor")
    asyncio.run(migrate.upgrade(url))
    found = {one["check"]: one for one in checks(url)}
    for check in ("database", "version", "locks", "clock", "tables"):
        assert found[check]["state"] == "ok"
    assert "MariaDB" in found["version"]["what"]
    assert "at most 5 s" in found["locks"]["what"]  # half of a transaction's time

    mariadb.sql("ALTER TABLE users CONVERT TO CHARACTER SET latin1", "doctor")
    mariadb.sql("SET GLOBAL time_zone = '+05:00'; SET GLOBAL read_only = ON")
    try:
        found = {one["check"]: one for one in checks(url)}
    finally:
        mariadb.sql("SET GLOBAL time_zone = 'SYSTEM'; SET GLOBAL read_only = OFF")
        mariadb.drop_database("doctor")
    assert found["tables"]["do"].startswith("ALTER TABLE `users` CONVERT TO CHARACTER SET utf8mb4")
    assert "+5 h" in found["time zone"]["what"]
    assert [found[check]["state"] for check in ("tables", "time zone", "writes")] == [
        *("mend", "look", "mend")
    ]


@pytest.mark.mariadb
def test_a_user_who_may_only_read_is_found(mariadb: Any) -> None:
    mariadb.revive()
    url = mariadb.create_database("doctor_reads")
    try:
        asyncio.run(migrate.upgrade(url))
        mariadb.sql("CREATE OR REPLACE USER reader@'%'")
        mariadb.sql("GRANT SELECT ON doctor_reads.* TO reader@'%'")
        theirs = url.replace("root@", "reader@")
        found = {one["check"]: one for one in checks(theirs)}
        assert (found["database"]["state"], found["writes"]["state"]) == ("ok", "mend")
        assert "does not allow its user what a sale needs" in found["writes"]["what"]
        assert "GRANT SELECT, INSERT, UPDATE, DELETE" in found["writes"]["do"]

        mariadb.sql("GRANT INSERT, UPDATE, DELETE ON doctor_reads.* TO reader@'%'")
        assert states(theirs)["writes"] == "ok"
    finally:
        mariadb.drop_database("doctor_reads")


def test_a_table_that_somebody_dropped_is_found(url: str, folder: Path) -> None:
    assert states(url)["writes"] == "ok"
    with closing(sqlite3.connect(folder / "baraka.db")) as file:
        file.execute("DROP TABLE baraka_requests")
    found = {one["check"]: one for one in checks(url)}
    assert (found["database"]["state"], found["writes"]["state"]) == ("ok", "mend")
    assert "lacks tables or columns" in found["writes"]["what"]


def test_a_write_that_is_tried_leaves_nothing_behind(url: str, folder: Path) -> None:
    assert states(url)["writes"] == "ok"
    with closing(sqlite3.connect(folder / "baraka.db")) as file:
        for name in ("baraka_requests", "baraka_events", "Auction_bids"):
            assert file.execute(f"SELECT count(*) FROM {name}").fetchone() == (0,)


SERVER = store.DatabaseServer("MySQL", (8, 4, 3), False, timedelta(0), timedelta(0))


@pytest.mark.parametrize(
    ("server", "state", "what"),
    [
        (SERVER, "ok", "MySQL 8.4.3"),
        (replace(SERVER, version=(8, 0, 36)), "mend", "MySQL 8.0.36 is not supported"),
        (replace(SERVER, version=(9, 1, 0)), "ok", "MySQL 9.1.0"),
        (replace(SERVER, kind="MariaDB", version=(10, 11, 6)), "ok", "MariaDB 10.11.6"),
        (replace(SERVER, kind="MariaDB", version=(10, 6, 18)), "mend", "MariaDB 10.6.18 is not"),
        (replace(SERVER, clock_ahead=timedelta(seconds=1)), "ok", "agrees"),
        (replace(SERVER, clock_ahead=timedelta(seconds=5)), "look", "5 s ahead of ours"),
        (replace(SERVER, clock_ahead=timedelta(seconds=-40)), "mend", "40 s behind ours"),
        (replace(SERVER, zone_ahead=timedelta(hours=-3.5)), "look", "-3.5 h from UTC"),
        (replace(SERVER, lock_seconds=60, lock_wait_seconds=5), "ok", "at most 60 s behind"),
        (replace(SERVER, lock_seconds=28_800), "look", "at most 28,800 s behind a server"),
        (replace(SERVER, lock_wait_seconds=3_600), "look", "waits 3,600 s for a row"),
        (
            replace(SERVER, odd_tables=(store.OddTable("Auction", "MyISAM", "utf8mb4"),)),
            *("mend", "`Auction` is MyISAM"),
        ),
    ],
    ids=str,
)
def test_a_server_is_judged_by_its_facts(
    server: store.DatabaseServer, state: str, what: str
) -> None:
    findings = list(doctor_database.of_database_server(server))
    assert {"version", "clock", "time zone", "tables"} <= {one.check for one in findings}
    worst = min(findings, key=lambda one: list(State).index(one.state))
    assert worst.state == state
    assert any(what in one.what for one in findings if one.state == state)


@pytest.mark.parametrize(
    ("writable", "free_bytes", "states"),
    [
        (True, 50_000_000_000, ["ok", "ok"]),
        (True, 900_000_000, ["ok", "look"]),
        (True, 90_000_000, ["ok", "mend"]),
        (False, 50_000_000_000, ["mend", "ok"]),
    ],
)
def test_a_file_is_judged_by_its_rights_and_its_disk(
    writable: bool, free_bytes: int, states: list[str]
) -> None:
    file = store.DatabaseFile(Path("/data/baraka.db"), True, writable, free_bytes)
    assert [one.state for one in doctor_database.of_database_file(file)] == states


def test_a_file_that_others_may_read_is_found(url: str, folder: Path) -> None:
    assert states(url)["file"] == "ok"  # as `db upgrade` made it
    (folder / "baraka.db").chmod(0o640)
    found = {one["check"]: one for one in checks(url)}
    assert (found["file"]["state"], found["file"]["do"]) == (
        "look",
        f"chmod 600 {folder}/baraka.db*",
    )


def test_the_database_is_named_with_who_named_it(url: str, folder: Path) -> None:
    def database() -> str:
        found = json.loads(invoke("doctor", "--json", **settings).out)["checks"]
        return next(str(one["what"]) for one in found if one["check"] == "database")

    settings: dict[str, Any] = {"BARAKA_DATABASE_URL": url}
    assert f"the SQLite file {folder}/baraka.db (set by BARAKA_DATABASE_URL)" in database()
    settings = {}
    assert f"{folder}/baraka.db (the default: BARAKA_DATABASE_URL is not set" in database()
    (folder / ".env").write_text("BARAKA_DATABASE_URL='mysql://at:p4@ss@host/db'\n")
    assert "%40 for @" in database()
    assert f"(set by {folder}/.env)" in database()
    assert "p4" not in database()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_cannot_be_written_is_found(url: str, folder: Path) -> None:
    folder.chmod(0o500)
    try:
        assert states(url)["file"] == "mend"
    finally:
        folder.chmod(0o700)


# --- the machine, and the screen ---------------------------------------------


@pytest.mark.parametrize(
    ("connections", "limit", "state"),
    [
        (100, None, "ok"),
        (0, None, "ok"),
        (100, 1024, "ok"),
        (1000, 1024, "mend"),
        (0, 1024, "look"),
    ],
)
def test_every_connection_is_an_open_file(connections: int, limit: int | None, state: str) -> None:
    settings = Settings(connections_max=connections, _env_file=None)  # type: ignore[call-arg]
    assert doctor_checks.of_open_files(settings, limit).state == state


def test_the_limit_of_open_files_is_the_one_that_a_server_would_have(url: str) -> None:
    settings = {name: value for name, value in FINE.items() if "CONNECTIONS" not in name}
    for hard, state in ((4096, "mend"), (8192, "ok")):
        done = subprocess.run(
            ["/bin/sh", "-c", f"ulimit -Sn 1024; ulimit -Hn {hard}; exec {BARAKA} doctor --json"],
            env=environment(BARAKA_DATABASE_URL=url, BARAKA_CONNECTIONS_MAX=5000, **settings),
            capture_output=True,
            text=True,
        )
        found = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
        assert found["open files"]["state"] == state
        assert done.returncode == (state == "mend")


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_on_a_screen_and_does_not_rely_on_color(folder: Path, columns: int) -> None:
    answer = run("doctor", folder=folder, COLUMNS=columns, BARAKA_PORT="x", BARAKA_JWT_SECRET=None)
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) <= 50
    assert {line.split()[0] for line in lines if not line.startswith(" ")} == {"mend", "look", "ok"}


def test_it_tells_no_secret(url: str, folder: Path) -> None:
    password = "p4ssw0rd"
    for settings in (
        {},
        {"BARAKA_JWT_SECRET": DEVELOPMENT_SECRET},
        {"BARAKA_DATABASE_URL": f"mysql://root:{password}@127.0.0.1:9/baraka"},
        {"BARAKA_PASSWORD": password},
    ):
        for words in (("doctor",), ("doctor", "--json")):
            answer = run(*words, folder=folder, **({"BARAKA_DATABASE_URL": url} | settings))
            for secret in (SECRET, DEVELOPMENT_SECRET, password):
                assert secret not in answer.out + answer.err
