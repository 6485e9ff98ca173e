"""`baraka doctor` about several servers: their Redis, what it hears of them, and what is unsafe."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from baraka_cli import doctor_checks, doctor_database, doctor_nodes
from baraka_cli.doctor_checks import CheckResult, State
from baraka_cli.doctor_nodes import of_redis_url, of_several_servers
from baraka_server.links.reach import Address, server_of
from baraka_server.relay.inspection import RedisServer
from baraka_server.relay.messages import Codec
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.relay.redis_line import RedisLine
from baraka_server.settings import Settings
from baraka_server.store.inspection import DatabaseServer, Durability, examine
from tests.relay.test_node_relay import Ears
from tests.support.clients.command_line import invoke
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.neighbours import until
from tests.support.servers.redis import Redis

PREFIX = "doctor"


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that runs many tests answers late."""
    monkeypatch.setattr(doctor_nodes, "SLOW_SECONDS", 60)


def settings(redis: Redis | str, **given: Any) -> Settings:
    url = redis if isinstance(redis, str) else redis.url
    ours = {"redis_url": url, "redis_prefix": PREFIX, "jwt_secret": SECRET, "node_id": "n1"}
    return Settings(_env_file=None, **(ours | given))  # type: ignore[call-arg]


@asynccontextmanager
async def node(
    redis: Redis,
    name: str,
    *,
    version: str = "1.0",
    secret: str = SECRET,
    server: str = "",
    address: str | None = None,
) -> AsyncIterator[NodeRelay]:
    """A node that speaks over a real Redis, by default with an internal address of its own."""
    relay = NodeRelay(
        RedisLine(redis.url, prefix=PREFIX),
        *(Codec(secret),),
        node=name,
        version=version,
        server=server,
        echo_seconds_max=1,  # so that it beats three times a second
    )
    own = Address((f"{server_of(name)}.example", 3001)).written
    relay.address = own if address is None else address
    relay.open(Ears())
    try:
        yield relay
    finally:
        await relay.close()


def told(results: list[CheckResult], check: str, state: State) -> list[str]:
    return [one.what for one in results if (one.check, one.state) == (check, state)]


async def test_a_redis_and_the_servers_that_are_heard_over_it_are_told(redis: Redis) -> None:
    async with AsyncExitStack() as stack:
        for name in ("n1.1", "n1.2"):
            relay = await stack.enter_async_context(node(redis, name, server="start of n1"))
            relay.count_here(42, 3)
        await stack.enter_async_context(node(redis, "n2.1"))

        found = await of_several_servers(settings(redis))

    assert {one.state for one in found} == {State.OK}
    (about_redis,) = told(found, "redis", State.OK)
    assert about_redis.startswith("Redis 7.")
    assert "is heard in" in about_redis
    (heard,) = told(found, "nodes", State.OK)
    assert heard == (
        "2 servers, 3 processes: n1.1 (1.0, 3 viewers), n1.2 (1.0, 3 viewers), n2.1 (1.0, 0 viewers)"
    )
    about = next(one.about for one in found if one.check == "nodes")
    assert [one["node"] for one in about["nodes"]] == ["n1.1", "n1.2", "n2.1"]


async def test_two_servers_of_one_id_other_versions_and_other_secrets_are_named(
    redis: Redis,
) -> None:
    async with AsyncExitStack() as stack:
        for one in (
            *(node(redis, "n1.1"), node(redis, "n1.1")),
            *(node(redis, "n2.1", version="1.1"), node(redis, "n3.1", secret="another house's")),
        ):
            await stack.enter_async_context(one)

        found = await of_several_servers(settings(redis))

    mended = told(found, "nodes", State.MEND)
    assert mended[0].startswith("2 servers have the node id n1")
    assert "not signed with this BARAKA_JWT_SECRET" in mended[1]
    assert told(found, "nodes", State.LOOK) == [
        "they have different versions (1.0: n1.1, n1.1; 1.1: n2.1)"
    ]


async def test_servers_that_cannot_ask_each_other_are_named(redis: Redis) -> None:
    async with AsyncExitStack() as stack:
        for one in (
            *(node(redis, "n1.1"), node(redis, "n2.1", address="")),
            node(redis, "n3.1", address=Address(("n1.example", 3001)).written),
        ):
            await stack.enter_async_context(one)

        found = await of_several_servers(settings(redis))
        alone = await of_several_servers(settings(redis, forward_bids=False))

    assert told(found, "links", State.MEND) == [
        "n1.example:3001 is the internal address of several: n1, n3"
    ]
    assert told(found, "links", State.LOOK)[0].startswith("no BARAKA_INTERNAL_ADDRESS: n2.")
    assert "links" not in {one.check for one in alone}


async def test_a_server_that_is_started_again_meanwhile_is_not_two(redis: Redis) -> None:
    looking = asyncio.create_task(of_several_servers(settings(redis)))
    for _ in range(2):
        async with node(redis, "n1.1") as relay:
            await until(lambda: b":2" in redis.ask("PUBSUB", "NUMSUB", f"{PREFIX}:all"))
            relay.beat()  # which both hear
            await until(lambda relay=relay: relay.healthy)

    assert told(await looking, "nodes", State.MEND) == []


async def test_a_redis_that_cannot_be_used_is_to_be_mended_and_its_password_not_told(
    redis: Redis,
) -> None:
    dead = await of_several_servers(settings("redis://:hunter2@127.0.0.1:9/0"))
    nonsense = await of_several_servers(settings("http://:hunter2@127.0.0.1/0"))
    redis.ask("ACL", "SETUSER", "desk", "on", ">hunter2", "&*", "+@all")
    try:
        wrong = await of_several_servers(settings(f"redis://desk:hunter3@127.0.0.1:{redis.port}/0"))
        right = await of_several_servers(settings(f"redis://desk:hunter2@127.0.0.1:{redis.port}/0"))
    finally:
        redis.ask("ACL", "DELUSER", "desk")
    redis.freeze()
    try:
        frozen = await of_several_servers(settings(redis))
    finally:
        redis.thaw()

    for found in (dead, nonsense, wrong, frozen):
        (why,) = told(found, "redis", State.MEND)
        assert "hunter" not in str(found), why
    assert told(right, "redis", State.MEND) == []


async def test_what_would_have_redis_cut_servers_off_is_found(redis: Redis) -> None:
    usual = {"client-output-buffer-limit": "pubsub 33554432 8388608 60", "timeout": "0"}
    unsafe = {"client-output-buffer-limit": "pubsub 1048576 262144 10", "timeout": "1"}
    for name, value in unsafe.items():
        redis.ask("CONFIG", "SET", name, value)
    try:
        found = told(await of_several_servers(settings(redis)), "redis", State.LOOK)
    finally:
        for name, value in usual.items():
            redis.ask("CONFIG", "SET", name, value)

    assert [what.partition(":")[0] for what in found] == [
        "a server that is busy for a moment is cut off",
        "connections that say nothing for 1 s are closed",
    ]
    assert told(await of_several_servers(settings(redis)), "redis", State.LOOK) == []


async def test_a_user_who_may_not_publish_or_ask_for_settings_is_found(redis: Redis) -> None:
    redis.ask(
        "ACL", "SETUSER", "shy", "on", ">secret", "+@all", "-config", "-info", "resetchannels"
    )
    try:
        found = await of_several_servers(settings(f"redis://shy:secret@127.0.0.1:{redis.port}/0"))
        redis.ask("ACL", "SETUSER", "shy", f"&{PREFIX}:*")
        allowed = await of_several_servers(settings(f"redis://shy:secret@127.0.0.1:{redis.port}/0"))
    finally:
        redis.ask("ACL", "DELUSER", "shy")

    (mended,) = [one for one in found if one.state is State.MEND]
    assert "publish and subscribe under BARAKA_REDIS_PREFIX" in str(mended.do)
    assert {one.state for one in allowed} == {State.OK}


def test_a_redis_that_is_slow_or_passes_nothing_on_is_found(monkeypatch) -> None:
    well = RedisServer("Redis", "7.0", 0.001, 0.001, None, None)
    monkeypatch.setattr(doctor_nodes, "SLOW_SECONDS", 0.05)

    def state(server: RedisServer) -> list[State]:
        return [one.state for one in doctor_nodes.of_redis(server)]

    assert state(well) == [State.OK]
    assert state(replace(well, round_trip_seconds=0.2)) == [State.LOOK]
    assert state(replace(well, echo_seconds=0.2)) == [State.LOOK]
    assert state(replace(well, echo_seconds=None)) == [State.MEND]


@pytest.mark.parametrize(
    ("url", "looks"),
    [
        ("redis://127.0.0.1:6379/0", []),
        ("unix:///run/redis.sock", []),
        ("redis://:secret@10.0.0.7:6379/0", []),
        ("redis://10.0.0.7:6379/0", ["without a password"]),
        ("redis://redis.example:6379/0", ["without a password"]),
        ("redis://:secret@8.8.8.8:6379/0", ["nothing is encrypted"]),
        ("rediss://:secret@8.8.8.8:6379/0", []),
    ],
)
def test_an_address_is_judged_by_what_it_says(url: str, looks: list[str]) -> None:
    found = [one.what for one in of_redis_url(url)]

    assert len(found) == len(looks)
    assert all(part in what for part, what in zip(looks, found, strict=True))


async def test_a_real_server_is_heard_and_the_exit_code_is_that_of_all_checks(
    redis: Redis, tmp_path, monkeypatch, sale_database
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = {"BARAKA_REDIS_URL": redis.url, "BARAKA_REDIS_PREFIX": PREFIX}

    def doctor(**settings: Any) -> tuple[int, dict[str, dict[str, Any]]]:
        answer = invoke(
            *("doctor", "--json"),
            BARAKA_DATABASE_URL=sale_database, BARAKA_CONNECTIONS_MAX=100, **(ours | settings),
        )  # fmt: skip
        found = json.loads(answer.out)["checks"]
        return answer.code, {one["check"]: one for one in reversed(found)}

    async with Baraka(sale_database, tmp_path, BARAKA_NODE_ID="n7", **ours):
        code, found = await asyncio.to_thread(doctor)
        assert (code, found["redis"]["state"]) == (0, "ok")
        assert [one["node"] for one in found["nodes"]["nodes"]] == ["n7.1"]
        assert found["node id"]["state"] == "look"

    code, found = await asyncio.to_thread(doctor, BARAKA_REDIS_URL="redis://127.0.0.1:9/0")
    assert (code, found["redis"]["state"]) == (1, "mend")


def test_workers_on_sqlite_are_told() -> None:
    def judged(**given: Any) -> dict[str, State]:
        one = Settings(_env_file=None, workers=4, **given)  # type: ignore[call-arg]
        return {one.check: one.state for one in doctor_checks.of_settings(one, "")}

    assert judged()["workers"] is State.LOOK
    assert judged(database_url=SecretStr("mysql://u:p@host/db"))["workers"] is State.OK


@pytest.mark.parametrize(
    ("durability", "state", "what"),
    [
        (Durability(), "ok", "on the disk"),
        (Durability(sync_binlog=1, semi_sync_point="AFTER_SYNC"), "ok", "on the disk"),
        (Durability(flush_at_commit=0), "mend", "when the database crashes"),
        (Durability(flush_at_commit=2), "look", "loses power"),
        (Durability(sync_binlog=0), "look", "sync_binlog is 0"),
        (Durability(semi_sync_point="AFTER_COMMIT"), "look", "AFTER_COMMIT"),
        (Durability(galera_nodes=3), "look", "a Galera cluster of 3"),
    ],
    ids=str,
)
def test_a_database_that_forgets_what_it_acknowledged_is_found(
    durability: Durability, state: str, what: str
) -> None:
    found = list(doctor_database.of_durability(durability))

    assert any(one.state == state and what in one.what for one in found)


@pytest.mark.mariadb
async def test_a_real_database_is_asked_what_it_does_at_a_commit(mariadb, tmp_path) -> None:
    mariadb.revive()
    url = mariadb.create_database("doctor_commits")
    try:
        server = await examine(url)
        assert isinstance(server, DatabaseServer)
        assert server.durability == Durability()
        few, many = [settings("redis://x", workers=workers) for workers in (2, 64)]
        assert doctor_database.of_connections(few, server).state is State.OK
        assert doctor_database.of_connections(many, server).state is State.MEND, "640 of 300"
        mariadb.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0")
        unsafe = await examine(url)
        assert isinstance(unsafe, DatabaseServer)
        assert unsafe.durability == replace(Durability(), flush_at_commit=0)
    finally:
        mariadb.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        mariadb.drop_database("doctor_commits")
