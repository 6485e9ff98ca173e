"""A private, throw-away server from a Debian package, on a free port of 127.0.0.1.

It is stopped by the pid that it was started with: one that already runs on this machine is never looked at.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from random import SystemRandom
from typing import ClassVar, Self

from tests.support.servers.folders import own_folder

# Debian keeps mariadbd in sbin, which is not on everyone's PATH.
PROGRAMS_PATH = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"]
)

# Below the range from which the kernel takes ports for outgoing connections, so that no client's
# connection can sit on ours between kill() and start().
PORTS = range(20_000, 32_000)

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30


class PrivateServer:
    """One server: `with MariaDB() as mariadb:`. It is removed at the end.

    All methods block, for well under a second as a rule. In a coroutine that shares its loop with
    the server under test, `await asyncio.to_thread(mariadb.start)`.
    """

    programs: ClassVar[tuple[str, ...]]
    """All that it needs, the server itself first."""

    def __init__(self) -> None:
        name = type(self).__name__.lower()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=own_folder()))
        self.port = 0
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._survivor: Survivor | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @classmethod
    def missing(cls) -> list[str]:
        """The programs that this machine lacks; empty if a server can be started."""
        return [name for name in cls.programs if not find(name)]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{type(self).__name__} is not started")
        return self._process.pid

    def start(self) -> None:
        """Start on the port that it had, or on a free one; return once connections are taken."""
        if self.running:
            return
        if self.port:
            self._launch()
            return
        for tries_left in (2, 1, 0):
            self.port = free_port()
            try:
                self._launch()
            except PortTaken:  # by another test process, since we looked
                if not tries_left:
                    raise
            else:
                return

    def kill(self) -> None:
        """Die as in a power cut of the process: SIGKILL."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Connections stay open, and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def revive(self) -> None:
        """Make it answer again, whatever a test did to it."""
        if self.running:
            self.thaw()
        else:
            self.start()

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self._end(signal.SIGKILL)  # nobody reads its data again
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list[str]:
        """The program and its arguments."""
        raise NotImplementedError

    def _answers(self) -> bool:
        """Whether it takes connections."""
        raise NotImplementedError

    def _launch(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops us in order
            )
        self._survivor = Survivor(self._process.pid, self.folder)
        self._wait_until_it_answers(self._process)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            ended = process.poll() is not None
            if not ended and time.monotonic() < deadline:
                time.sleep(0.01)
                continue
            self._end(signal.SIGKILL)
            log = self._log.read_text(errors="replace")
            if "Address already in use" in log:
                raise PortTaken(self.port)
            what = "ended" if ended else f"did not answer in {START_SECONDS_MAX} s"
            raise RuntimeError(f"{type(self).__name__} {what}:\n{log[-4000:]}")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(how)
                self._process.send_signal(signal.SIGCONT)  # a frozen process hears no SIGTERM
                try:
                    self._process.wait(STOP_SECONDS_MAX)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = None
        if self._survivor is not None:
            self._survivor.dismiss()
            self._survivor = None


class PortTaken(RuntimeError):
    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken")


class Survivor:
    """A shell that waits for our end of a pipe to close, which it does however we die.

    Without it a killed test run would leave a server behind. A negative `pid` is a group of processes.
    """

    def __init__(self, pid: int, folder: Path) -> None:
        script = 'read -r _; kill -KILL "$1"; rm -rf "$2"'
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(pid), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """The server has ended: there is nothing to clean up."""
        self._process.kill()  # before its pipe closes
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()


def find(name: str) -> str | None:
    return shutil.which(name, path=PROGRAMS_PATH)


def program(name: str) -> str:
    found = find(name)
    if found is None:
        raise RuntimeError(f"{name} is missing. Try: make servers")
    return found


def free_port() -> int:
    for port in SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port between {PORTS.start} and {PORTS.stop}")
