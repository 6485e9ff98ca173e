"""A wheel as somebody installs it: with pages, migrations and types, in a folder of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import aiohttp
import pytest

from tests.support.servers.baraka import Baraka, environment

HOUSE = Path(__file__).parents[2]
INSIDE = (
    "baraka_server/py.typed",
    "baraka_server/pages/socket.io.js",
    "baraka_server/store/migrations/env.py",
)


def done(*words, **more):
    finished = subprocess.run(list(map(str, words)), capture_output=True, text=True, **more)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture
def installed(tmp_path):
    """A virtual environment with the wheel in it; what it needs is taken from this one."""
    build = ("build", "--wheel", "--no-isolation", "--outdir", tmp_path, HOUSE)
    done(sys.executable, "-m", *build)
    (wheel,) = tmp_path.glob("*.whl")
    folder = tmp_path / "venv"
    venv.create(folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin/python")
    done(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))  # behind its own
    return packages


@pytest.mark.long
async def test_a_wheel_upgrades_a_database_and_serves_the_pages(installed, tmp_path):
    for name in INSIDE:
        assert (installed / name).exists(), name
    baraka = tmp_path / "venv/bin/baraka"
    url = f"sqlite:///{tmp_path / 'baraka.db'}"
    assert (tmp_path / "venv/share/man/man1/baraka.1").exists()
    words = ("db", "upgrade", "--create", "--database-url", url)
    await asyncio.to_thread(done, baraka, *words, cwd=tmp_path, env=environment())
    seed = ("db", "seed", "--users=2", "--auctions=1", "--database-url", url)
    await asyncio.to_thread(done, baraka, *seed, cwd=tmp_path, env=environment())
    where = "import baraka_server; print(baraka_server.__file__)"
    said = done(tmp_path / "venv/bin/python", "-c", where, cwd=tmp_path)
    assert Path(said.strip()).is_relative_to(installed)
    async with (
        Baraka(url, tmp_path, program=[str(baraka)]) as server,
        aiohttp.ClientSession(server.url) as http,
    ):
        for path in ("/watch/1", "/pages/socket.io.js", "/healthz"):
            async with http.get(path) as answer:
                assert answer.status == 200, path
