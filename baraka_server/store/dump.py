"""Dump of a MySQL or MariaDB database by `mariadb-dump` or `mysqldump`."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL

from baraka_server.store.address import database_url
from baraka_server.store.backup import BackupFailed

PROGRAMS = ("mariadb-dump", "mysqldump")
OPTIONS = (
    "--single-transaction",  # all tables of one moment, while bids are taken
    "--quick",
    "--routines",
    "--triggers",
    "--hex-blob",
    "--no-tablespaces",  # to read these is a right of its own
    "--default-character-set=utf8mb4",
)
LAST_LINE = b"-- Dump completed"
LOOK_SECONDS = 0.2
WORDS_MAX = 1000
"""How many characters of the program's error output are repeated."""

_FILES = {"ssl_ca": "ssl-ca", "ssl_cert": "ssl-cert", "ssl_key": "ssl-key"}
_FILES |= {"ssl_capath": "ssl-capath", "ssl_cipher": "ssl-cipher", "unix_socket": "socket"}


def program() -> str | None:
    """The whole path of the program; None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def command(text: str, target: Path) -> str:
    """The shell command for the same dump, where the program is installed. It asks for the password."""
    url = database_url(text)
    login = [f"--{name}={value}" for name, value in _login(url).items() if name != "password"]
    words = [PROGRAMS[0], *login, *(["--password"] if _password(url) else []), *OPTIONS]
    return f"(umask 077 && {shlex.join([*words, url.database or ''])} > {shlex.quote(str(target))})"


async def dump(text: str, run: str, draft: Path, progress: Callable[[int], None]) -> None:
    """Write the dump of the database at the URL `text` into `draft`. Raises `BackupFailed`.

    The password is in a file that this user alone may read, never on a command line.
    """
    url = database_url(text)
    with _option_file(url) as options, draft.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(run, f"--defaults-file={options}", *OPTIONS, url.database or ""),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who end it
        )
        looking = asyncio.ensure_future(_look(draft, progress))
        try:
            _, said = await process.communicate()
        finally:
            looking.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    if process.returncode:
        words = said.decode(errors="replace").strip()[-WORDS_MAX:]
        raise BackupFailed(f"{Path(run).name} failed: {words or process.returncode}")
    if LAST_LINE not in _end(draft):
        raise BackupFailed(f"{Path(run).name} ended without an error before the dump was complete")


async def _look(draft: Path, progress: Callable[[int], None]) -> None:
    while True:
        progress(_size(draft))
        await asyncio.sleep(LOOK_SECONDS)


def _size(draft: Path) -> int:
    return draft.stat().st_size


def _end(draft: Path) -> bytes:
    with draft.open("rb") as dumped:
        dumped.seek(-min(200, dumped.seek(0, os.SEEK_END)), os.SEEK_END)
        return dumped.read()


@contextmanager
def _option_file(url: URL) -> Iterator[str]:
    lines = ["[client]", *(f"{name}={_quoted(value)}" for name, value in _login(url).items())]
    if "ssl_ca" in url.query:  # each server's own client has another name for it
        lines += ["loose-ssl-verify-server-cert", "loose-ssl-mode=VERIFY_IDENTITY"]
    # MySQL's would write a statement that only a replica's administrator may run.
    lines += ["[mysqldump]", "loose-set-gtid-purged=OFF"]
    with tempfile.NamedTemporaryFile(
        "w", prefix="baraka-", suffix=".cnf", encoding="utf-8"
    ) as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file.name


def _login(url: URL) -> dict[str, str]:
    login = {"host": url.host, "port": url.port and str(url.port), "user": _given(url, "user")}
    login |= {name: _given(url, query) for query, name in _FILES.items()}
    login["user"] = url.username or login["user"]
    login["password"] = _password(url)
    return {name: value for name, value in login.items() if value}


def _password(url: URL) -> str | None:
    return url.password or _given(url, "password")


def _given(url: URL, name: str) -> str | None:
    value = url.query.get(name)
    return value if isinstance(value, str) else None


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
