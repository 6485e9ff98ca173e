"""A database to hold simulated sales on."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from baraka_cli.simulator.crowd import counting
from tests.support.servers.neighbours import prepare


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeded")
    asyncio.run(prepare(folder))
    return folder / "baraka.db"


@pytest.fixture(autouse=True)
def no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else waits for the sales of these tests to start."""
    monkeypatch.setattr(counting, "FIRST_COMERS_SECONDS", 0)
    monkeypatch.setattr(counting, "COUNTED_SECONDS_MAX", 1)


@pytest.fixture
def database(seeded: Path, tmp_path: Path) -> Path:
    """A SQLite file with users 1 to 60 and auctions 1 to 3, which user 1 owns."""
    return shutil.copy(seeded, tmp_path / "baraka.db")
