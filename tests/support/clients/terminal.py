"""A program in a terminal of its own: a pseudo-terminal that types and reads."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.support.clients.phones import PATIENCE_SECONDS

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_=>])")


class Terminal:
    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self._master = master
        self._written = bytearray()
        self._is_open = True
        asyncio.get_running_loop().add_reader(master, self._read)

    @property
    def raw(self) -> str:
        """All that was written, with what a terminal obeys."""
        return self._written.decode(errors="replace")

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw)

    def types(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def looks_away(self) -> None:
        """Forget what was written so far."""
        self._written.clear()

    def is_closed_by_the_user(self) -> None:
        """Nobody reads any more what the program writes, which is told so."""
        self.close()
        self.process.send_signal(signal.SIGHUP)

    def close(self) -> None:
        if self._is_open:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
        self._is_open = False

    async def sees(self, pattern: str) -> None:
        """Wait until something was written that the pattern finds."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not re.search(pattern, self.text):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {pattern}: {self.text[-3000:]}") from None

    async def ends(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux says so when the program is gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
        self._written += data


@asynccontextmanager
async def terminal(
    *command: str, folder: Path, environment: Mapping[str, str], columns: int = 80, lines: int = 24
) -> AsyncIterator[Terminal]:
    """Run `command` in a terminal of this size. It is ended when the block is left."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(slave)
    opened = Terminal(process, master)
    try:
        yield opened
    finally:
        if process.returncode is None:
            process.terminate()  # it may have begun others, which it ends then
            with suppress(TimeoutError):
                await opened.ends()
        if process.returncode is None:
            process.kill()
            await process.wait()
        opened.close()
