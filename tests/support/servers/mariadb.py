"""A private, throw-away MariaDB from the Debian binaries.

It has its own data folder, socket file and port on 127.0.0.1, and is stopped by the pid it started:
one that already runs on this machine is never looked at.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import Self

from tests.support.servers.folders import own_folder

# Debian keeps mariadbd in sbin, which is not on everyone's PATH.
PROGRAMS_PATH = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"]
)
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")

# Below the range from which the kernel takes ports for outgoing connections, so that no client's
# connection can sit on ours between kill() and restart().
PORTS = range(20_000, 32_000)

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
STATEMENT_SECONDS_MAX = 30


class MariaDB:
    """One server: `with MariaDB() as mariadb: url = mariadb.create_database("auction")`.

    All methods block, for well under a second as a rule. In a coroutine that shares its loop with
    the server under test, `await asyncio.to_thread(mariadb.restart)`.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mariadb-", dir=own_folder()))
        self.port = 0
        self._data = self.folder / "data"
        self._socket = self.folder / "socket"
        self._log = self.folder / "log"
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
    def available(cls) -> bool:
        return not cls.missing()

    @classmethod
    def missing(cls) -> list[str]:
        """The programs that this machine lacks; empty if a server can be started."""
        return [name for name in PROGRAMS if not _find(name)]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("MariaDB is not started")
        return self._process.pid

    def start(self) -> None:
        """Start on the data that is there, or on fresh data; return once connections are taken."""
        if self.running:
            return
        if not self._data.exists():
            shutil.copytree(_fresh_data(), self._data)
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

    def stop(self) -> None:
        """Shut down in order. The data stays, for start()."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Die as in a power cut of the process: SIGKILL. The data stays, for start()."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop if it runs, and start on the same data and port; also after kill()."""
        self.stop()
        self.start()

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
        self._end(signal.SIGKILL)  # nobody reads this data again
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self, name: str) -> str:
        """An empty database, and its URL for SQLAlchemy."""
        self.sql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return f"mysql+asyncmy://root@127.0.0.1:{self.port}/{name}"

    def drop_database(self, name: str) -> None:
        """Fails at once, rather than wait, if a connection still holds a lock there."""
        self.sql(f"SET STATEMENT lock_wait_timeout = 1 FOR DROP DATABASE IF EXISTS `{name}`")

    def sql(self, statement: str, database: str = "") -> str:
        """What the `mariadb` client prints for a statement: rows on lines, columns between tabs."""
        words = ("--batch", "--skip-column-names", f"--execute={statement}")
        return self._client("mariadb", *words, *filter(None, [database]))

    def dump(self, name: str) -> str:
        """A database in statements that make it again."""
        return self._client("mariadb-dump", "--skip-add-drop-table", "--skip-add-locks", name)

    def load(self, name: str, dump: str) -> None:
        """Make what was dumped in an empty database."""
        self._client("mariadb", name, typed=dump)

    def _client(self, program: str, *words: str, typed: str = "") -> str:
        done = subprocess.run(
            [_program(program), "--no-defaults", f"--socket={self._socket}", "--user=root", *words],
            input=typed, capture_output=True, text=True, timeout=STATEMENT_SECONDS_MAX,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def _launch(self) -> None:
        self._socket.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    _program("mariadbd"),
                    "--no-defaults",
                    *_AS_ROOT,
                    f"--datadir={self._data}",
                    f"--socket={self._socket}",
                    f"--pid-file={self.folder / 'pid'}",
                    f"--tmpdir={self.folder}",
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    "--skip-name-resolve",
                    "--character-set-server=utf8mb4",
                    "--max-connections=300",
                    # Small and quick, but as durable as the real thing.
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-log-file-size=16M",
                    "--innodb-flush-log-at-trx-commit=1",
                    "--innodb-buffer-pool-dump-at-shutdown=OFF",
                    "--innodb-buffer-pool-load-at-startup=OFF",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops us in order
            )
        self._survivor = outlive_us_and_clean_up(self._process.pid, self.folder)
        self._wait_until_it_answers(self._process)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._greets():
            ended = process.poll() is not None
            if not ended and time.monotonic() < deadline:
                time.sleep(0.01)
                continue
            self._end(signal.SIGKILL)
            log = self._log.read_text(errors="replace")
            if "Address already in use" in log:
                raise PortTaken(self.port)
            what = "ended" if ended else f"did not answer in {START_SECONDS_MAX} s"
            raise RuntimeError(f"MariaDB {what}:\n{log[-4000:]}")

    def _greets(self) -> bool:
        # Asked through the socket file, since on the port someone else's server might answer.
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self._socket))
                return bool(client.recv(1))
            except OSError:
                return False

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
        if self._survivor is not None and self._survivor.stdin is not None:
            self._survivor.kill()  # before its pipe closes: it has nothing to clean up
            self._survivor.wait()
            self._survivor.stdin.close()
            self._survivor = None


class PortTaken(RuntimeError):
    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken")


_AS_ROOT = ["--user=root"] if os.geteuid() == 0 else []


def _find(name: str) -> str | None:
    return shutil.which(name, path=PROGRAMS_PATH)


def _program(name: str) -> str:
    found = _find(name)
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


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mariadb-template-", dir=own_folder()))
    done = subprocess.run(
        [
            _program("mariadb-install-db"),
            "--no-defaults",
            *_AS_ROOT,
            f"--datadir={folder}/data",
            # A MariaDB that begins takes away the temporary tables of all others in the same folder.
            f"--tmpdir={folder}",
            "--auth-root-authentication-method=normal",  # root, no password, this machine only
            "--skip-test-db",
            "--innodb-log-file-size=16M",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}{done.stderr}")
    return folder


def _fresh_data() -> Path:
    """Made once in a process (0.6 s) and copied for each server (0.03 s)."""
    return _template() / "data"


def outlive_us_and_clean_up(pid: int, folder: Path) -> subprocess.Popen[bytes]:
    """A shell that waits for our end of a pipe to close, which it does however we die.

    Without it a killed test run would leave a server behind.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _; kill -KILL "$1"; rm -rf "$2"', "sh", str(pid), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
