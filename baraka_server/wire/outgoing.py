"""Engine.IO packets with the events and acknowledgements that clients are sent."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from engineio import packet

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Encoded, Pieces, Superseding
from baraka_server.wire.frames import FrameInPieces, TextFrame


class OutgoingPacket(packet.Packet):  # type: ignore[misc]
    """An Engine.IO packet with a Socket.IO message, and its frame.

    A newer packet with the same `subject` contains it; nothing supersedes one without a subject.
    `shows` is the round that its reader sees by it.

        OutgoingPacket('2["newBid",{…}]', subject)
    """

    def __init__(
        self, text: str, subject: Hashable = None, shows: RoundShown | None = None
    ) -> None:
        super().__init__(packet.MESSAGE, text)
        self.subject = subject
        self.shows = shows

    @cached_property
    def frame(self) -> TextFrame:
        return TextFrame(self.encode())

    @property
    def size(self) -> int:
        return len(self.data)


class OutgoingPacketInPieces(OutgoingPacket):
    """An `OutgoingPacket` whose message stays in pieces that it shares with other packets."""

    def __init__(self, pieces: Pieces, shows: RoundShown | None = None) -> None:
        self._pieces = pieces
        super().__init__("", None, shows)

    @property
    def data(self) -> str:
        return "".join(self._pieces)

    @data.setter
    def data(self, _: str) -> None:
        """The library sets it."""

    @property
    def size(self) -> int:
        return sum(map(len, self._pieces))

    @cached_property
    def frame(self) -> FrameInPieces:
        return FrameInPieces((str(self.packet_type), *self._pieces))


def event_packet_in_pieces(
    event: str, payload: Pieces, shows: RoundShown | None = None
) -> OutgoingPacketInPieces:
    """The packet of an event for one client, around a payload in pieces."""
    return OutgoingPacketInPieces((f'2["{event}",{payload[0]}', *payload[1:], "]"), shows)


def acknowledgement_packet(
    number: int, payload: Pieces, shows: RoundShown | None = None
) -> OutgoingPacketInPieces:
    """The acknowledgement of the event that a client gave this number."""
    return OutgoingPacketInPieces((f"3{number}[{payload[0]}", *payload[1:], "]"), shows)


def event_packet(event: str, payload: Encoded, shows: RoundShown | None = None) -> OutgoingPacket:
    """The packet of an event, around a payload that is JSON already."""
    subject = payload.subject if isinstance(payload, Superseding) else None
    return OutgoingPacket(f'2["{event}",{payload}]', subject, shows)
