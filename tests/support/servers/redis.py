"""A private, throw-away Redis from the Debian package, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.support.servers.folders import own_folder
from tests.support.servers.mariadb import (
    PROGRAMS_PATH,
    START_SECONDS_MAX,
    STOP_SECONDS_MAX,
    PortTaken,
    free_port,
    outlive_us_and_clean_up,
)

PROGRAM = "redis-server"


class Redis:
    """One server without anything on disk: `with Redis() as redis: redis.url`.

    All methods block for some milliseconds.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="redis-", dir=own_folder()))
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._survivor: subprocess.Popen[bytes] | None = None

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
        return [] if shutil.which(PROGRAM, path=PROGRAMS_PATH) else [PROGRAM]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        if self.running:
            return
        if self.port:
            self._launch()
            return
        for tries_left in (2, 1, 0):
            self.port = free_port()
            try:
                self._launch()
            except PortTaken:
                if not tries_left:
                    raise
            else:
                return

    def kill(self) -> None:
        """Die at once; everything that it knew is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Connections stay open, and nothing answers."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    def cut_subscribers(self) -> None:
        """Close the connections that listen, as Redis does with those that are too slow."""
        self.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def cut_publishers(self) -> None:
        """Close the connections that do not listen."""
        self.ask("CLIENT", "KILL", "TYPE", "normal")

    def ask(self, *command: str) -> bytes:
        """The raw answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            words = [word.encode() for word in command]
            client.sendall(
                b"*%d\r\n" % len(words)
                + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
            )
            return client.recv(65536)

    def revive(self) -> None:
        """Make it answer again, whatever a test did to it."""
        if self.running:
            self.thaw()
        else:
            self.start()

    def remove(self) -> None:
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> None:
        program = shutil.which(PROGRAM, path=PROGRAMS_PATH)
        if program is None:
            raise RuntimeError(f"{PROGRAM} is missing. Try: make servers")
        self._process = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
             "--appendonly", "no", "--dir", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._survivor = outlive_us_and_clean_up(self._process.pid, self.folder)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None:
                self._end(signal.SIGKILL)
                raise PortTaken(self.port)
            if time.monotonic() > deadline:
                raise RuntimeError(f"Redis did not answer in {START_SECONDS_MAX} s")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(how)
                self._process.wait(STOP_SECONDS_MAX)
            self._process = None
        if self._survivor is not None and self._survivor.stdin is not None:
            self._survivor.kill()
            self._survivor.wait()
            self._survivor.stdin.close()
            self._survivor = None
