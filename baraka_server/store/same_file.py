"""Check that the file of a SQLite database is still the one that its connections have open.

SQLite goes on writing into a file that was deleted, moved or replaced: what it commits there is gone with
the last connection, so no bid may be accepted.
"""

from __future__ import annotations

from pathlib import Path

from baraka_server.store.errors import Trouble, Unavailable


class SameFile:
    """The file at a path: `opened` notes that a connection opened it, `require` that it is the same.

    A file that comes back to its path is good again. Another one at its path is not, since old
    connections would remove its journal: the server has to be started again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[int, int] | None = None

    def opened(self) -> None:
        self._opened = self._opened or self._there()

    def require(self) -> None:
        """Raises `Unavailable` where the path leads elsewhere than the open connections, or nowhere."""
        if self._opened is None or (there := self._there()) == self._opened:
            return
        if there is None:
            what = f"{self._path} was deleted or moved away while it was in use: put it back"
        else:
            what = (
                f"{self._path} was replaced while it was in use: stop the server before you change "
                "its database, and start it again now"
            )
        raise Unavailable(what, Trouble.FILE)

    def _there(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
