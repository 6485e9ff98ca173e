"""Fixtures for all tests. What they are made of is in tests/support."""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from uuid import uuid4

import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from baraka_server.store import transactions
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.checks.declared import assert_all_declared
from tests.support.checks.finished import pytest_sessionfinish  # noqa: F401
from tests.support.checks.not_run import not_run, report_not_run
from tests.support.servers.baraka import Baraka
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.redis import Redis
from tests.support.servers.sale_copies import copy_sale_to

# How long anything takes is a matter of the machine, never a failure.
hypothesis.settings.register_profile(
    "baraka", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("baraka")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report_not_run(terminalreporter)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """A test fails in which a real server told a phone what the contract does not declare."""
    yield
    assert_all_declared()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A private MariaDB, one for each test process; break it freely and restart() it."""
    if missing := MariaDB.missing():
        not_run("MariaDB", f"{', '.join(missing)} not found. Try: make servers, as root")
    with MariaDB() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A private Redis, one for each test process; break it freely and revive() it."""
    if missing := Redis.missing():
        not_run("Redis", f"{', '.join(missing)} not found. Try: make servers, as root")
    with Redis() as server:
        yield server


@pytest.fixture
def redis(redis_server: Redis) -> Redis:
    """The private Redis, alive and empty."""
    redis_server.revive()
    redis_server.ask("FLUSHALL")
    return redis_server


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, empty database: the same test runs on SQLite and on MariaDB."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'baraka.db'}"
        return
    server: MariaDB = request.getfixturevalue("mariadb")
    server.revive()
    name = f"baraka_{uuid4().hex}"
    yield server.create_database(name)
    with suppress(RuntimeError, TimeoutExpired):  # a test may have left it killed or frozen
        server.drop_database(name)


@pytest.fixture
def sale_database(request: pytest.FixtureRequest, database_url: str) -> str:
    """A database that is up to date, with users 1 to 60 and auctions 1 to 3, which user 1 owns."""
    on_file = database_url.startswith("sqlite")
    copy_sale_to(database_url, None if on_file else request.getfixturevalue("mariadb"))
    return database_url


@pytest.fixture
async def baraka(
    request: pytest.FixtureRequest, sale_database: str, tmp_path: Path
) -> AsyncIterator[Baraka]:
    """A running server on `sale_database`. Its parameter, if any, is the path of its fan-out."""
    settings = {"BARAKA_FAN_OUT": getattr(request, "param", None)}
    async with Baraka(sale_database, tmp_path, **settings) as server:
        yield server


@pytest.fixture
def engine(sale_database: str) -> AsyncEngine:
    """The connections of `store`, for tests that count or break statements. `store` closes them."""
    return open_engine(sale_database)


@pytest.fixture
async def store(engine: AsyncEngine) -> AsyncIterator[Store]:
    """The store of `sale_database`, to look behind what a server says."""
    opened = Store(engine, timeout_seconds=10)
    yield opened
    await opened.close()


@pytest.fixture
def patient_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe of this process may take as long as any transaction of its store.

    What it finds is for the test, and how fast for the machine, which other tests keep busy.
    """
    monkeypatch.setattr(transactions, "PROBE_SECONDS_MAX", float("inf"))
