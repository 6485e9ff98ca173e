"""`PhoneSpec`: a description of one phone, from which any process of the crowd makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baraka_cli.client.light_socket import LightSocket
from baraka_cli.client.socketio_socket import SocketIoSocket
from baraka_cli.client.sockets import Socket, SocketPool


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """A light phone, unless there are `transports`: then one with the official Python client."""

    label: str
    user_id: int
    token: str
    lists: bool = True
    transports: tuple[str, ...] = ()
    slow_seconds: float = 0
    compress: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def make_phone(pool: SocketPool, spec: PhoneSpec) -> Socket:
    """A phone that this process holds."""
    who = (pool, spec.label, spec.user_id, spec.token)
    if spec.transports:
        return SocketIoSocket(*who, lists=spec.lists, transports=list(spec.transports))
    return LightSocket(
        *who, lists=spec.lists, slow_seconds=spec.slow_seconds, compress=spec.compress
    )
