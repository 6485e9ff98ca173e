"""Index of the rooms of each session, so that a disconnect takes the same time in any crowd.

python-socketio 5.18 looks through all rooms, each session's own among them, for each session that ends:
three thousand viewers that left at once blocked the server for seconds, twenty thousand would for
minutes. tests/wire/test_room_index.py compares the two step by step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet
from typing import Any

import socketio


class RoomIndex(socketio.AsyncManager):  # type: ignore[misc]
    """The library's client manager, with an index from session to rooms."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)

    @property
    def sessions(self) -> AbstractSet[str]:
        """The ids of the sessions that are in any room."""
        return {sid for _, sid in self._rooms_of}

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of[namespace, sid].add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        if (namespace, sid) in self._rooms_of:
            self._rooms_of[namespace, sid].discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        for room in self._rooms_of.pop((namespace, sid), ()):
            super().basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]
