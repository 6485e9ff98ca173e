"""Fixtures for all tests. What they are made of is in tests/support."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from uuid import uuid4

import pytest

from tests.support.mariadb import MariaDB
from tests.support.not_run import not_run, report_not_run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report_not_run(terminalreporter)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A private MariaDB, one for each test process; break it freely and restart() it."""
    if missing := MariaDB.missing():
        not_run("MariaDB", f"{', '.join(missing)} not found. Try: make servers, as root")
    with MariaDB() as server:
        yield server


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
