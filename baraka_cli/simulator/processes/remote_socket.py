"""`RemoteSocket`: a phone of the crowd that a worker process holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import LOST, Reply
from baraka_cli.client.sockets import REPLY_SECONDS_MAX, CouldNotConnect, Socket, SocketPool
from baraka_cli.simulator.processes.phones import PhoneSpec


class Holder(Protocol):
    """Process that holds phones."""

    async def carries_out(self, kind: str, phone: RemoteSocket) -> str | None:
        """Returns why it could not be done; None when it was."""

    async def calls(
        self,
        phone: RemoteSocket,
        event: str,
        payload: Mapping[str, Any],
        *,
        signs: frozenset[str] | None,
        seconds: float,
    ) -> Reply: ...


class RemoteSocket(Socket):
    """What it does is an order to its holder, which has it under `number`."""

    def __init__(self, pool: SocketPool, spec: PhoneSpec, holder: Holder, number: int) -> None:
        super().__init__(pool, spec.label, spec.user_id, spec.token, lists=spec.lists)
        self.number = number
        self._holder = holder
        self._polls = False

    @property
    def polls(self) -> bool:
        return self._polls

    async def connect(self) -> None:
        why_not = await self._holder.carries_out("connect", self)
        if why_not is not None:
            raise CouldNotConnect(why_not)

    async def drop(self) -> None:
        self.connected = False
        await self._holder.carries_out("drop", self)

    async def close(self) -> None:
        self.connected = False
        await self._holder.carries_out("close", self)

    async def call(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        signs: frozenset[str] | None = None,
        seconds: float = REPLY_SECONDS_MAX,
    ) -> Reply:
        if not self.connected:
            return LOST
        return await self._holder.calls(self, event, payload, signs=signs, seconds=seconds)

    # --- what its holder reports

    def is_connected(self, *, polls: bool) -> None:
        self.connected, self._polls, self.gave_up = True, polls, False

    def is_refused(self, frame: Frame) -> None:
        """Take note if this `error` refuses its token."""
        self._note_refused_token(frame)

    def is_cut_off(self, *, gave_up: bool) -> None:
        """`gave_up`: it hung up itself."""
        self.gave_up = gave_up
        self._gone()
