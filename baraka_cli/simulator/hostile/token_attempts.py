"""`attempt_token`: one connection with a token that a server may have to refuse, and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from baraka_cli.client.replies import TOKEN_REFUSALS
from baraka_cli.client.sockets import CouldNotConnect, SocketPool, reason
from baraka_server.contract.server_events import AuctionStarted, Error

Said = Sequence[tuple[str, Any]]
"""Events with their payloads."""


@dataclass(slots=True)
class TokenAttempt:
    """What came of it. `texts` are the packets that arrived, as they arrived."""

    texts: list[str] = field(default_factory=list)
    let_in: bool = False
    """It was served: answered, or told of a sale."""
    refused: str = ""
    """What `error` said; empty when it did not come."""
    closed: bool = False

    @property
    def evidence(self) -> str:
        end = "closed" if self.closed else "still open"
        return f"{' '.join(self.texts) or 'nothing'} ({end})"


async def attempt_token(
    pool: SocketPool, auth: dict[str, Any], said: Said, seconds: float
) -> TokenAttempt:
    """Connect with `auth` and send `said` right behind it, without waiting for an answer.

    Raises `CouldNotConnect` where no token plays a part yet.
    """
    tried = TokenAttempt()
    url = f"{pool.url}/socket.io/?EIO=4&transport=websocket"
    try:
        async with asyncio.timeout(seconds), pool.session.ws_connect(url) as websocket:
            await websocket.receive()  # the greeting
            await websocket.send_str("40" + json.dumps(auth))
            for number, (event, payload) in enumerate(said, 1):
                await websocket.send_str(f"42{number}" + json.dumps([event, payload]))
            async for message in websocket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                if message.data == "2":
                    await websocket.send_str("3")
                elif _noted(tried, message.data):
                    break
            else:
                tried.closed = True
    except TimeoutError:
        pass  # it is neither let in nor sent away
    except (OSError, aiohttp.ClientError) as error:
        if not tried.texts:
            raise CouldNotConnect(f"{pool.url} cannot be reached: {reason(error)}") from None
        tried.closed = True
    return tried


def _noted(tried: TokenAttempt, text: str) -> bool:
    """Take one packet down; whether nothing more needs to be heard."""
    tried.texts.append(text)
    if text.startswith(("41", "44", "1")):
        tried.closed = True
    elif text.startswith("43"):
        # An empty acknowledgement is a library's: nobody looked at what was asked.
        said = json.loads(text[text.index("[") :])
        tried.let_in = bool(said) and isinstance(said[0], dict) and "ok" in said[0]
    elif text.startswith("42"):
        name, *data = json.loads(text[2:])
        message = data[0].get("message") if data and isinstance(data[0], dict) else None
        if name == Error.wire_name and (message in TOKEN_REFUSALS or not tried.refused):
            # Its own is the first: an error of what was said behind it is said to who is served.
            tried.refused = tried.refused or str(message)
            tried.let_in = message not in TOKEN_REFUSALS
        elif name != AuctionStarted.wire_name:  # which goes out to everybody
            tried.let_in = True
    return tried.let_in or tried.closed
