"""Delivery of announcements over Socket.IO, to rooms, to single viewers and to everybody."""

from __future__ import annotations

from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.encoded import Encoded, Pieces
from baraka_server.wire.outgoing import event_packet_in_pieces
from baraka_server.wire.server import GuardedServer


class RoomBroadcaster:
    """The `Audience` of a Socket.IO server: for each auction a room with lists and one without.

    Delivers through the fan-out where there is one, else through the library.
    """

    def __init__(self, sio: GuardedServer) -> None:
        self._sio = sio

    async def to_everyone(
        self, event: str, payload: Encoded, *, but_room: int | None = None
    ) -> None:
        rooms = _rooms(but_room) if but_room is not None else ()
        if self._sio.fan_out:
            await self._sio.fan_out.announce_to_everyone(event, payload, but_rooms=rooms)
        else:
            there = [
                sid for room in rooms for sid, _ in self._sio.manager.get_participants("/", room)
            ]
            await self._sio.emit(event, payload, skip_sid=there)

    async def to_room(
        self,
        auction_id: int,
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None:
        rooms = _rooms(auction_id)
        if self._sio.fan_out:
            self._sio.fan_out.announce(rooms, event, whole, brief, shows)
            return
        for room, payload in zip(rooms, (whole, brief), strict=True):
            if shows is None:
                await self._sio.emit(event, payload, room=room)
            else:  # the library's own packets could not say what they show
                await self._sio.tell_room(room, event, payload, shows)

    def lagging(self, auction_id: int) -> int:
        """How many websockets of the room do not keep up; 0 where the library delivers."""
        return self._sio.fan_out.lagging(*_rooms(auction_id)) if self._sio.fan_out else 0

    async def to_viewer(
        self, viewer: Viewer, event: str, payload: Pieces, shows: RoundShown | None = None
    ) -> None:
        client = self._sio.client(viewer.sid)
        if client is not None:
            await client.send(event_packet_in_pieces(event, payload, shows))

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None:
        room, subscriber = _room(viewer, auction_id), self._sio.subscriber(viewer.sid)
        if self._sio.fan_out and subscriber:
            self._sio.fan_out.enter(subscriber, room)
        else:
            await self._sio.enter_room(viewer.sid, room)

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None:
        room, subscriber = _room(viewer, auction_id), self._sio.subscriber(viewer.sid)
        if self._sio.fan_out and subscriber:
            self._sio.fan_out.leave(subscriber, room)
        elif not viewer.gone:
            await self._sio.leave_room(viewer.sid, room)


def _rooms(auction_id: int) -> tuple[str, str]:
    return f"auction_{auction_id}", f"auction_{auction_id}:delta"


def _room(viewer: Viewer, auction_id: int) -> str:
    lists, delta = _rooms(auction_id)
    return lists if viewer.wants_lists else delta
