"""`baraka` as it is typed: in this process, or as a program of its own."""

import asyncio
import os
import pty
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from typer.testing import CliRunner

from baraka_cli.main import app
from tests.support.servers import forks
from tests.support.servers.baraka import BARAKA, environment
from tests.support.servers.sales import Sale, open_store, run_sale

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
    """The program, as a process of its own in `folder`."""
    env = environment(**settings)
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        program = forks.start(
            [str(word) for word in words],
            folder=folder,
            env={name: value for name, value in env.items() if settings.get(name, "") is not None},
            stdout=out.fileno(),
            stderr=err.fileno(),
        )
        try:
            code = program.wait_here(seconds_max)
        except TimeoutError:
            program.send_signal(signal.SIGKILL)
            raise
        out.seek(0)
        err.seek(0)
        answer = Answer(code, out.read(), err.read())
    assert "Traceback" not in answer.err, answer.err
    return answer


def answered(answer: str, *words: object, folder: Path, **settings: Any) -> Answer:
    """The program at a terminal on which somebody types `answer` and Return."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keys, os.fdopen(theirs, "rb", buffering=0) as stdin:
        asked = subprocess.Popen(
            [BARAKA, *map(str, words)],
            cwd=folder,
            env=environment(**settings),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        keys.write(f"{answer}\n".encode())
        out, err = asked.communicate(timeout=SECONDS_MAX)
    assert "Traceback" not in err, err
    return Answer(asked.returncode, out, err)


def sell(database_url: str) -> Sale:
    """A database in which a sale took place."""

    async def work() -> Sale:
        async with open_store(database_url) as store:
            return await run_sale(store)

    return asyncio.run(work())
