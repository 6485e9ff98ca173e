"""Folder of a test process beside pytest's own: it goes with the process, and a killed one's with the next."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

PREFIX = "baraka-tests-"


@cache
def own_folder() -> Path:
    """The folder of this process, for data that outlives a test: `mkdtemp(dir=own_folder())`.

    It is removed when the process ends. Those of processes that were killed are removed now.
    """
    remove_stale(Path(tempfile.gettempdir()))
    pid = os.getpid()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{pid}-"))

    def remove() -> None:
        if os.getpid() == pid:  # not in a fork
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def remove_stale(where: Path) -> None:
    """Remove the folders of test processes that are there no more."""
    for folder in where.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    with suppress(PermissionError):  # somebody else's process
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
