"""Marks of the servers that work on a SQLite file, in a file beside it; a mark ends with its process.

A mark is a lock of the operating system on one byte; not in the database file, whose locks are SQLite's.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

SUFFIX = "-servers"
SERVERS_MAX = 16
NAME_BYTES = 64
AGAIN_SECONDS = 0.05
"""A process that only checks the marks holds one for less than this."""


@contextmanager
def marked(database: Path) -> Iterator[list[str]]:
    """Mark this process as a server of the file. Yields the names of the others that have a mark.

    Where no file can be made beside the database, there are no marks.
    """
    try:
        file = os.open(_beside(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        log.debug("servers of %s cannot be told apart: %s", database, error)
        yield []
        return
    try:
        if _others(file):
            time.sleep(AGAIN_SECONDS)
        others = _others(file)
        _mark(file)
        yield others
    finally:
        os.close(file)


def servers_of(database: Path) -> list[str]:
    """The names of the servers that work on the file now. Not to be asked by one of them."""
    try:
        file = os.open(_beside(database), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        return _others(file)
    finally:
        os.close(file)


def _beside(database: Path) -> Path:
    return database.with_name(database.name + SUFFIX)


def _others(file: int) -> list[str]:
    return [_name(file, place) for place in range(SERVERS_MAX) if not _is_free(file, place)]


def _is_free(file: int, place: int) -> bool:
    if not _lock(file, place):
        return False
    fcntl.lockf(file, fcntl.LOCK_UN, 1, place)
    return True


def _mark(file: int) -> None:
    for place in range(SERVERS_MAX):
        if _lock(file, place):
            name = f"process {os.getpid()} on {socket.gethostname()}".encode()[:NAME_BYTES]
            os.pwrite(file, name.ljust(NAME_BYTES), place * NAME_BYTES)
            return


def _lock(file: int, place: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except OSError:
        return False
    return True


def _name(file: int, place: int) -> str:
    return os.pread(file, NAME_BYTES, place * NAME_BYTES).decode(errors="replace").strip("\0 ")
