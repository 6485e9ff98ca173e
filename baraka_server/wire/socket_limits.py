"""Limits of one socket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Limits of one socket; see the settings of the same names."""

    message_bytes_max: int
    send_buffer_bytes_max: int
    events_per_second_max: float
    bytes_per_second_max: float
    connect_seconds_max: float
