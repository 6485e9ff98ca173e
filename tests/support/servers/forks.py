"""`baraka` processes that start at once: forks of a process that has imported what they need already.

The program spends the second that it takes to start on importing, and the tests start it hundreds of
times. A fork runs the program from its command line on, in a process of its own. The server and the
simulator are imported for it too, since neither looks at the environment or at its files while it is
imported; the commands are not, since their consoles do. The real file is started by those tests that
are about starting, and by `make demo`.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = (
    *("aiohttp.web", "aiosqlite", "alembic.command", "asyncmy", "hdrh.histogram", "isal.isal_zlib"),
    *("jwt", "pydantic_settings", "rich.live", "rich.table", "socketio", "sqlalchemy.ext.asyncio"),
    *("sqlalchemy.dialects.mysql", "sqlalchemy.dialects.sqlite", "typer", "uvloop"),
)
OURS = ("baraka_server.running", "baraka_cli.simulator.run")
REQUEST_BYTES_MAX = 128 * 1024
ROOT = Path(__file__).parents[3]


class Fork:
    """A running `baraka`: what of `asyncio.subprocess.Process` the tests need."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._asking = asyncio.Lock()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def wait(self) -> int:
        async with self._asking:
            if self.returncode is None:
                self._line.setblocking(False)
                self._ended(await asyncio.get_running_loop().sock_recv(self._line, 16))
        assert self.returncode is not None
        return self.returncode

    def wait_here(self, seconds_max: float) -> int:
        """As `wait`, without a loop. Raises `TimeoutError`."""
        self._line.settimeout(seconds_max)
        return self._ended(self._line.recv(16))

    def _ended(self, code: bytes) -> int:
        self._line.close()
        self.returncode = int(code)
        return self.returncode


def start(
    words: Sequence[str], *, folder: Path, env: Mapping[str, str], stdout: int, stderr: int
) -> Fork:
    """`baraka WORDS`, in `folder`, with nothing to read and these files to write to."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked = json.dumps({"words": words, "folder": str(folder), "env": dict(env)}).encode()
    with theirs, Path(os.devnull).open() as stdin:
        files = [stdin.fileno(), stdout, stderr, theirs.fileno()]
        socket.send_fds(_parent(), [asked], files)
    return Fork(int(ours.recv(16)), ours)


@cache
def _parent() -> socket.socket:
    """The line to the process that all are forked from, which ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.support.servers.forks"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=theirs.fileno())

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(requests: socket.socket) -> None:
    """Fork for every request. Returns when nobody will ask again, and in every child."""
    while True:
        asked, files, _, _ = socket.recv_fds(requests, REQUEST_BYTES_MAX, 4)
        if not asked:
            return
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(json.loads(asked), files)
            return
        for file in files:
            os.close(file)


def _keep(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Be the parent of the program until it has ended, and tell how. Returns in the program."""
    pid = os.fork()
    if pid == 0:
        _become(asked, files)
        return
    for file in files[:3]:
        os.close(file)
    line = socket.socket(fileno=files[3])
    line.send(b"%d" % pid)
    _, status = os.waitpid(pid, 0)
    line.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Make this process look as if the program had been started from a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, max(files) + 1)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["baraka", *asked["words"]]


def main() -> None:
    for name in (*LIBRARIES, *OURS):
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who have something to do
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    _serve(socket.socket(fileno=0))
    if os.getpid() != parent:
        from baraka_cli.main import app

        app(prog_name="baraka")


if __name__ == "__main__":
    main()
