"""`baraka` as it is typed: in this process, or as a program of its own."""

import asyncio
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from baraka_cli.main import app
from tests.support.baraka import BARAKA, environment
from tests.support.sales import Sale, open_store, run_sale

SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


def invoke(*words: object, **settings: Any) -> Answer:
    """Quick: no process. `BARAKA_*` settings as keyword arguments; None leaves one out."""
    ours = environment(**settings)
    cleared = {name: None for name in os.environ if name.startswith("BARAKA_")}
    env = cleared | {name: value for name, value in ours.items() if name.startswith("BARAKA_")}
    env |= {name: None for name, value in settings.items() if value is None}
    done = CliRunner().invoke(app, [str(word) for word in words], env=env)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Answer(done.exit_code, done.stdout, done.stderr)


def run(*words: object, folder: Path, seconds_max: float = SECONDS_MAX, **settings: Any) -> Answer:
    """The real program, started in `folder`."""
    env = environment(**settings)
    done = subprocess.run(
        [BARAKA, *map(str, words)],
        cwd=folder,
        env={name: value for name, value in env.items() if settings.get(name, "") is not None},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds_max,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


def sell(database_url: str) -> Sale:
    """A database in which a sale took place."""

    async def work() -> Sale:
        async with open_store(database_url) as store:
            return await run_sale(store)

    return asyncio.run(work())
