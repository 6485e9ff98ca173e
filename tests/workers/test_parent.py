"""The parent of workers: how many it has, whatever happens while it replaces them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from baraka_server.settings import Settings
from baraka_server.workers.parent import CannotStart, Child, Parent
from tests.support.servers.baraka import SECRET
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until

pytestmark = only_sqlite


@pytest.fixture
def settings(sale_database: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=SecretStr(sale_database),
        jwt_secret=SecretStr(SECRET),
        workers=2,
        port=0,
        shutdown_notice_seconds=0,
    )


@pytest.fixture
async def parent(settings: Settings) -> AsyncIterator[Parent]:
    parent = Parent(settings)
    await parent.start()
    try:
        yield parent
    finally:
        await parent.stop()


def pids(parent: Parent) -> set[int]:
    return {child.process.pid for child in parent.children.values()}


async def test_a_worker_that_cannot_start_keeps_the_server_from_starting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    parent = Parent(settings)
    with pytest.raises(CannotStart, match=r"worker 1 ended with 1"):
        await parent.start()
    await parent.stop()
    assert not parent.children


async def test_what_keeps_a_worker_from_starting_is_told(settings: Settings) -> None:
    parent = Parent(settings.model_copy(update={"redis_url": SecretStr("http://x")}))
    with pytest.raises(CannotStart, match="is not a URL of Redis"):
        await parent.start()
    await parent.stop()
    assert not parent.children


async def test_workers_stay_as_they_are_when_the_next_ones_cannot_start(
    parent: Parent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = pids(parent)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with caplog.at_level(logging.INFO):
        parent.replace_all()
        replacing = parent.replacing
        assert replacing is not None
        await replacing
        monkeypatch.undo()
        await until(lambda: pids(parent) == before)
    assert "not_replaced" in [getattr(one, "event", "") for one in caplog.records]
    assert "worker_died" not in [getattr(one, "event", "") for one in caplog.records]
    assert pids(parent) == before


async def test_a_worker_that_dies_while_it_is_replaced_is_replaced_once(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn = Parent.spawn

    async def spawned(self: Parent) -> Child:
        first = next(iter(self.children.values()))
        new = await spawn(self)
        first.kill()
        await first.process.wait()
        return new

    monkeypatch.setattr(Parent, "spawn", spawned)
    before = pids(parent)
    parent.replace_all()
    assert parent.replacing is not None
    await parent.replacing
    await until(lambda: not before & pids(parent))
    assert len(pids(parent)) == 2


async def test_a_stop_while_workers_are_replaced_leaves_none(
    parent: Parent, caplog: pytest.LogCaptureFixture
) -> None:
    parent.replace_all()
    await until(lambda: len(parent.children) == 3)
    processes = [child.process for child in parent.children.values()]

    await parent.stop()

    assert all(process.returncode is not None for process in processes)
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_no_worker_is_started_any_more_once_a_server_stops(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn, spawning, started = Parent.spawn, asyncio.Event(), []
    dead, other = parent.children.values()

    async def spawned(self: Parent) -> Child:
        spawning.set()
        await other.process.wait()
        started.append(self)
        return await spawn(self)

    monkeypatch.setattr(Parent, "spawn", spawned)
    dead.kill()
    await spawning.wait()

    await parent.stop()

    assert not started
    assert not parent.children
