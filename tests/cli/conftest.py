"""Fixtures of the tests of the command line: a sale in a database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients.command_line import Answer, invoke, sell
from tests.support.servers.sales import Sale


@dataclass(frozen=True, slots=True)
class Desk:
    """A database in which a sale took place, and the command line on it."""

    sale: Sale
    url: str

    def ask(self, *words: object, **settings: Any) -> Answer:
        return invoke(*words, BARAKA_DATABASE_URL=self.url, **settings)


@pytest.fixture
def desk(database_url: str) -> Desk:
    """For tests that write, or that look at both databases."""
    return Desk(sell(database_url), database_url)


@pytest.fixture(scope="module")
def reading_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """For tests that only read: one database for all of them."""
    url = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'baraka.db'}"
    return Desk(sell(url), url)


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    """A database that was never upgraded."""
    return f"sqlite:///{tmp_path / 'empty.db'}"
