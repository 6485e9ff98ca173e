"""A real `baraka serve`, as a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.checks import declared
from tests.support.servers import forks

SECRET = "a secret for tests, of 32 bytes or more"
BARAKA = str(Path(sys.executable).with_name("baraka"))
START_SECONDS_MAX = 60
STDOUT = 1

UNHURRIED = {
    "BARAKA_EVENTS_PER_SECOND_MAX": 0,
    "BARAKA_BYTES_PER_SECOND_MAX": 0,
    "BARAKA_BIDS_PER_SECOND_MAX": 0,
    "BARAKA_COMMENTS_PER_SECOND_MAX": 0,
    "BARAKA_ACTIONS_PER_SECOND_MAX": 0,
    "BARAKA_JOINS_WAITING_PER_USER_MAX": 0,
    "BARAKA_LIST_BYTES_PER_SECOND_MAX": 0,
    "BARAKA_READS_PER_SECOND_MAX": 0,
    "BARAKA_REQUESTS_PER_SECOND_MAX": 0,
    "BARAKA_CONNECTIONS_PER_SECOND_MAX": 0,
    "BARAKA_SHUTDOWN_NOTICE_SECONDS": 0,
    "BARAKA_LATE_BID_SECONDS": 0,
}
"""A few users of a test make the storm of a whole sale. The limits have tests of their own."""


def environment(**settings: Any) -> dict[str, str]:
    """The environment of a `baraka` process: nothing of the developer's own settings gets in.

    A setting that is None is left out.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BARAKA_")}
    ours = {"BARAKA_JWT_SECRET": SECRET} | settings
    return kept | {name: str(value) for name, value in ours.items() if value is not None}


class Baraka:
    """`BARAKA_*` settings as keyword arguments. `port` 0 takes a free one, and keeps it for a restart.

    Without a `host` it listens where it listens by default. Not as a `fork`, but from its file, it is
    in every respect what a user starts. `program` is the command of another version.
    """

    def __init__(
        self,
        database_url: str,
        folder: Path,
        *,
        port: int = 0,
        host: str | None = "127.0.0.1",
        fork: bool = True,
        program: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.database_url = database_url
        self.url = ""
        self.port = port
        self.log: list[dict[str, Any]] = []
        """Every line of the log so far; a line that is not JSON stands under `raw`."""
        self._folder = folder
        self._host = host
        self._is_ours = not program
        self._program = program or (() if fork else (BARAKA,))
        self._settings = UNHURRIED | settings
        self._listening = asyncio.Event()
        self._heard = asyncio.Condition()
        self._process: forks.Fork | asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._process and self._process.returncode is None:
            await self.stop()
        if error:  # pytest shows it with the test that failed
            for line in self.log:
                if line.get("level") not in {"DEBUG", "INFO"}:
                    print(json.dumps(line))

    async def start(self) -> None:
        self._listening.clear()
        words = ["serve", f"--port={self.port}", f"--database-url={self.database_url}"]
        if self._host:
            words.append(f"--host={self._host}")
        log, stderr = os.pipe()
        try:
            env = environment(**self._settings)
            if not self._program:
                self._process = forks.start(
                    words, folder=self._folder, env=env, stdout=STDOUT, stderr=stderr
                )
            else:
                self._process = await asyncio.create_subprocess_exec(
                    *self._program, *words, cwd=self._folder, env=env, stderr=stderr
                )
        finally:
            os.close(stderr)
        self._reading = asyncio.create_task(self._read(log))
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait(
            {listening, self._reading},
            timeout=START_SECONDS_MAX,
            return_when=asyncio.FIRST_COMPLETED,
        )
        listening.cancel()
        assert self._listening.is_set(), f"baraka serve did not start: {self.log}"

    def set(self, **settings: Any) -> None:
        """Settings for the next start."""
        self._settings |= settings

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    async def says(self, message: str) -> None:
        """Wait until the log has this message."""
        async with self._heard, asyncio.timeout(START_SECONDS_MAX):
            await self._heard.wait_for(
                lambda: any(line.get("message") == message for line in self.log)
            )

    async def ended(self) -> int:
        assert self._process
        code = await asyncio.wait_for(self._process.wait(), 60)
        await self._reading
        return code

    async def _end(self, number: signal.Signals) -> int:
        self.send(number)
        return await self.ended()

    async def _read(self, log: int) -> None:
        lines = asyncio.StreamReader(limit=1024 * 1024)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(log, "rb")
        )
        async for raw in lines:
            line = raw.decode(errors="replace").rstrip()
            try:
                said = json.loads(line)
            except ValueError:
                said = {"raw": line}
            async with self._heard:
                self.log.append(said)
                self._heard.notify_all()
            if said.get("event") == "listening":
                self.url = said["url"]
                if not self.url.startswith("unix:"):
                    self.port = int(self.url.rpartition(":")[2])
                if self._is_ours:
                    declared.real_servers.add(self.url)
                else:  # a port may have been ours before
                    declared.real_servers.discard(self.url)
                self._listening.set()
