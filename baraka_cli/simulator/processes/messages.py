"""Messages between the processes of a crowd: JSON behind its length.

The main process sends orders, each a list: what is to be done, the number of the order, the number of
the phone, and what else it takes. A worker sends reports: what its phones heard and answered.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

LENGTH_BYTES = 4
BUFFER_BYTES = 1_000_000
"""Read ahead, at most."""


def write_message(writer: asyncio.StreamWriter, message: object) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    writer.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)


async def read_message(reader: asyncio.StreamReader) -> Any:
    """The next message; None when the other process is gone."""
    try:
        length = await reader.readexactly(LENGTH_BYTES)
        return json.loads(await reader.readexactly(int.from_bytes(length, "big")))
    except (asyncio.IncompleteReadError, OSError):
        return None
