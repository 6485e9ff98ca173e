"""A private, throw-away MariaDB from the Debian binaries, with its own data folder and socket file."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.support.servers.folders import own_folder
from tests.support.servers.private_server import PrivateServer, program

STATEMENT_SECONDS_MAX = 30


class MariaDB(PrivateServer):
    """One server: `with MariaDB() as mariadb: url = mariadb.create_database("auction")`.

    It starts on fresh data, and after `stop` and `kill` on the data that it had. `options` are more flags of it.
    """

    programs = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")

    def __init__(self, *options: str) -> None:
        super().__init__()
        self._options = options
        self._data = self.folder / "data"
        self._socket = self.folder / "socket"

    def start(self) -> None:
        if not self._data.exists():
            shutil.copytree(_fresh_data(), self._data)
        super().start()

    def stop(self) -> None:
        """Shut down in order."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Stop if it runs, and start on the same data and port; also after kill()."""
        self.stop()
        self.start()

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

    def _client(self, name: str, *words: str, typed: str = "") -> str:
        done = subprocess.run(
            [program(name), "--no-defaults", f"--socket={self._socket}", "--user=root", *words],
            input=typed, capture_output=True, text=True, timeout=STATEMENT_SECONDS_MAX,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{name} {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def _command(self) -> list[str]:
        return [
            program("mariadbd"),
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
            *self._options,
        ]

    def _launch(self) -> None:
        self._socket.unlink(missing_ok=True)
        super()._launch()

    def _answers(self) -> bool:
        # Asked through the socket file, since on the port someone else's server might answer.
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self._socket))
                return bool(client.recv(1))
            except OSError:
                return False


_AS_ROOT = ["--user=root"] if os.geteuid() == 0 else []


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mariadb-template-", dir=own_folder()))
    done = subprocess.run(
        [
            program("mariadb-install-db"),
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
