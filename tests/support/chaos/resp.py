"""The protocol of Redis, as far as it takes to tell one message from the next."""

from __future__ import annotations

from collections.abc import Iterator

AGGREGATES = {b"*": 1, b">": 1, b"~": 1, b"%": 2, b"|": 2}
"""What is followed by others, and how many for each that it counts."""
BULKS = {b"$", b"=", b"!"}
MESSAGES = (b">3\r\n$7\r\nmessage\r\n", b"*3\r\n$7\r\nmessage\r\n")


class Frames:
    """Whole frames out of a stream: `for frame in frames.take(data)`."""

    def __init__(self) -> None:
        self.rest = b""
        """The beginning of a frame whose end has not come."""

    def take(self, data: bytes) -> Iterator[bytes]:
        self.rest += data
        while self.rest and (end := _end(self.rest, 0)) is not None:
            frame, self.rest = self.rest[:end], self.rest[end:]
            yield frame

    @staticmethod
    def is_message(frame: bytes) -> bool:
        """Whether it is what somebody published."""
        return frame.startswith(MESSAGES)


def _end(data: bytes, at: int) -> int | None:
    """Where the frame that begins here ends; None if that has not come."""
    line = data.find(b"\r\n", at)
    if line < 0:
        return None
    kind, end = data[at : at + 1], line + 2
    if kind in AGGREGATES:
        for _ in range(int(data[at + 1 : line]) * AGGREGATES[kind]):
            inner = _end(data, end)
            if inner is None:
                return None
            end = inner
        return end
    if kind in BULKS:
        length = int(data[at + 1 : line])
        end += length + 2 if length >= 0 else 0
    return end if end <= len(data) else None
