"""A host at the keyboard of the real console, on a real server, with real phones in the room."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clients.phones import PythonPhones


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What the console does does not depend on the database."""
    return f"sqlite+aiosqlite:///{tmp_path / 'baraka.db'}"


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "state"


@pytest.fixture
async def phones() -> AsyncIterator[PythonPhones]:
    async with PythonPhones() as opened:
        yield opened


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
