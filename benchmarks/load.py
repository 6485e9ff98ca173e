"""Crowd of the benchmarks: a program in C (load.c), and the commands that it is sent."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from baraka_server.wire.identity import mint

HERE = Path(__file__).parent
ANSWER_SECONDS_MAX = 180
"""Longer than the crowd gives anything it does."""
BIDDERS = 50


class CrowdError(RuntimeError):
    """The crowd could not do what it was told. The text says why."""


def compiler() -> str | None:
    return shutil.which("cc")


def compiled(name: str, folder: Path) -> Path:
    """The program of benchmarks/NAME.c, made in `folder`."""
    program = folder / name
    if not program.exists():
        cc = compiler()
        if cc is None:
            raise CrowdError("there is no C compiler. Try: apt-get install gcc libc6-dev")
        subprocess.run([cc, "-O2", "-o", program, HERE / f"{name}.c"], check=True)
    return program


def write_tokens(secret: str, path: Path) -> Path:
    """Access tokens of the host, who is user 1, and of the bidders, who are the users behind."""
    users = range(1, BIDDERS + 2)
    tokens = (mint(secret, user, timedelta(days=1), {}) for user in users)
    path.write_text("".join(f"{token}\n" for token in tokens))
    return path


class Crowd:
    """`async with Crowd(program, port, tokens, viewers=1000) as crowd`: connected viewers.

    With several ports their connections take them in turn.
    """

    def __init__(
        self,
        program: Path,
        port: int | Sequence[int],
        tokens: Path,
        *,
        viewers: int,
        compress: bool = False,
        delta: bool = False,
    ) -> None:
        self._arguments = [
            str(program),
            ",".join(map(str, [port] if isinstance(port, int) else port)),
            str(viewers),
            str(int(compress)),
            str(int(delta)),
            str(tokens),
        ]
        self._process: asyncio.subprocess.Process | None = None
        self.connected: Mapping[str, Any] = {}

    @property
    def pid(self) -> int:
        return self._running.pid

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            self.connected = await self._hear("connect")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._running
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def do(self, command: str, *arguments: float) -> Mapping[str, Any]:
        """One of the commands of load.c, and what it printed. Raises `CrowdError`."""
        line = " ".join([command, *map(str, arguments)])
        stdin = self._running.stdin
        if stdin is None:
            raise CrowdError("the crowd has no ears")
        stdin.write(f"{line}\n".encode())
        await stdin.drain()
        return await self._hear(line)

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise CrowdError("the crowd is not there")
        return self._process

    async def _hear(self, command: str) -> Mapping[str, Any]:
        stdout = self._running.stdout
        if stdout is None:
            raise CrowdError("the crowd has no voice")
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            line = await stdout.readline()
        if not line:
            raise CrowdError(f"{command}: the crowd is gone")
        said: Mapping[str, Any] = json.loads(line)
        if "error" in said:
            raise CrowdError(f"{command}: {said['error']}")
        return said
