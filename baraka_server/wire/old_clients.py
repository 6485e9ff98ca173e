"""Answer to clients of Socket.IO 2 and older, in their own protocol: an `error` that says to update.

They read `EIO=3` only, and a plain refusal would be "xhr poll error" to them, which no app shows. A
disconnect follows the `error`, after which they do not reconnect by themselves. Nothing is kept for them:
the session id that they are sent is of no session.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from aiohttp import hdrs, web

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.encoded import encode
from baraka_server.wire.replies import error_payload

OLD = "3"
FAREWELL_SECONDS = 2
"""How long an old client may take to close its websocket."""
ANSWER_BYTES_MAX = 1024
"""How much it may say meanwhile, at once."""

_handshake = {"sid": "none", "upgrades": [], "pingInterval": 25_000, "pingTimeout": 20_000}
PACKETS = (
    "0" + encode(_handshake),
    "44" + error_payload(Refusal(Code.OLD_CLIENT)),  # Socket.IO 2: ERROR
    "41",  # Socket.IO: DISCONNECT
)

READABLE_WITH_COOKIES = {hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS: "true"}
"""In a browser an old client sends the page's cookies along, and may not read an answer that does not
allow it. This one is the same for everybody, whatever came along."""


def is_old(request: web.Request) -> bool:
    """Whether a request opens a session in the old protocol."""
    query = parse_qs(request.query_string)
    return request.method == "GET" and query.get("EIO") == [OLD] and "sid" not in query


async def tell_to_update(request: web.Request) -> web.StreamResponse:
    """Answer a request for which `is_old` is true, over the transport that it wants."""
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return await _over_websocket(request)
    # Engine.IO 3 writes the characters of each packet before it.
    text = "".join(f"{len(packet)}:{packet}" for packet in PACKETS)
    return web.Response(
        text=text, content_type="text/plain", charset="UTF-8", headers=READABLE_WITH_COOKIES
    )


async def _over_websocket(request: web.Request) -> web.StreamResponse:
    websocket = web.WebSocketResponse(
        timeout=FAREWELL_SECONDS,
        autoping=False,
        compress=False,
        max_msg_size=ANSWER_BYTES_MAX,
    )
    await websocket.prepare(request)
    for packet in PACKETS:
        await websocket.send_str(packet)
    await websocket.close()
    return websocket
