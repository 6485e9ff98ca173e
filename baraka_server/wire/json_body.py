"""Bodies of POSTs over HTTP: a JSON object of bounded size that arrives in time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

BODY_SECONDS_MAX = 10
"""How long a body may take to arrive."""


async def read_object(request: web.Request, bytes_max: int) -> dict[str, Any] | str:
    """The object in the body, {} without one, or what is wrong with it."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.content.iter_any():
                read += chunk
                if len(read) > bytes_max:
                    return f"the body has more than {bytes_max} bytes"
    except TimeoutError:
        return "the body did not arrive"
    try:
        payload = json.loads(read) if read.strip() else {}
    except (ValueError, RecursionError):
        return "the body must be JSON"
    return payload if isinstance(payload, dict) else "the payload must be an object"
