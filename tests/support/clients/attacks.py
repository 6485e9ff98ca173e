"""Tables of hostile and broken packets, frames and requests."""

from __future__ import annotations

import json
import zlib

from tests.support.clients.stranger import BINARY, CLOSE, CONTINUATION, PING, frame

BYTES_MAX = 100_000
"""The largest message that a server takes by default."""


def bid(more: str) -> str:
    return f'42["placeBid",{more}]'


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


UNSPEAKABLE = {
    "an OPEN packet": '0{"sid":"mine"}',
    "a PING": "2",
    "a NOOP": "6",
    "an unknown type": "7",
    "no digit": "x",
    "a superscript digit": "²",
    "nothing at all": "",
    "bytes": b"\x00\x01\x02",
    "a message without content": "4",
    "a message that is an object": '4{"a":1}',
    "a message that is a list": "4[1]",
    "a message that is text": '4"hello"',
    "an ACK that nobody waits for": '431["x"]',
    "an ACK of another": "43",
    "a CONNECT_ERROR": '44{"message":"x"}',
    "an event with an attachment": '451-["placeBid",{"_placeholder":true,"num":0}]',
    "an ACK with an attachment": '461-1[{"_placeholder":true,"num":0}]',
    "an unknown Socket.IO type": "47",
    "a Socket.IO type that is not a digit": "4x",
    "half of a payload": '42["placeBid",{"auctionId":1',
    "a payload that is not JSON": "42{]",
    "a token that is not JSON": "40{",
    "an id that never ends": "42" + "9" * 200 + '["placeBid"]',
    "an id of other digits": '42²["placeBid"]',
    "a thousand attachments": '42999999999999-["placeBid"]',
    "5,000 levels": bid(nested(5_000)),
    "5,000 levels that nobody closes": "42" + "[" * 5_000,
    "5,000 levels that are no event": "4" + "[" * 5_000,
    "49,000 levels": bid(nested(49_000)),
    "100,000 levels": bid(nested(100_000)),
    "5,000 levels of objects": bid('{"a":' * 5_000 + "1" + "}" * 5_000),
    "more than a message may have": "42" + json.dumps(["comment", "x" * BYTES_MAX]),
}

UNKNOWN = {
    "connect": '420["connect",{"token":"x"}]',
    "disconnect": '420["disconnect","transport close"]',
    "connect_error": '420["connect_error",{}]',
    "nonsense": '420["nonsense"]',
    "": '420[""]',
    "*": '420["*",1,2]',
    "message": '420["message"]',
    "__class__": '420["__class__"]',
    "?": '420["\\ud800"]',
    "x" * 64: '420["' + "x" * 5_000 + '"]',
}
NAMELESS = [
    "420",
    "420[]",
    "420{}",
    "420[5]",
    "420[null]",
    '420"text"',
    '420[["x"]]',
    "420null",
    "٤20",
]

MALFORMED = {
    "no payload": '420["placeBid"]',
    "null": '420["placeBid",null]',
    "a list": '420["placeBid",[1]]',
    "the payload in several arguments": '420["placeBid",{"auctionId":1},{"amount":5},[],7]',
    "400 levels": f'420["placeBid",{{"auctionId":1,"amount":{nested(400)}}}]',
    "5,000 digits": f'420["placeBid",{{"auctionId":1,"amount":{"9" * 5_000}}}]',
    "5,000 digits of an id": f'420["placeBid",{{"auctionId":{"9" * 5_000},"amount":5}}]',
    "1e400": '420["placeBid",{"auctionId":1,"amount":1e400}]',
    "-1e400": '420["placeBid",{"auctionId":1,"amount":-1e400}]',
    "NaN": '420["placeBid",{"auctionId":1,"amount":NaN}]',
    "Infinity": '420["placeBid",{"auctionId":Infinity,"amount":5}]',
    "half of a surrogate pair": '420["comment",{"auctionId":1,"comment":"\\udfff"}]',
    "a surrogate as a field": '420["comment",{"\\ud800":1}]',
    "a surrogate as a requestId": '420["comment",{"auctionId":1,"comment":"x","requestId":"\\ud800"}]',
}

BOMB = zlib.compressobj(wbits=-15)
INFLATES_TO_100_MB = BOMB.compress(b'42["comment",' + b" " * 100_000_000) + BOMB.flush(
    zlib.Z_SYNC_FLUSH
)

FRAMES = {
    "a frame that says it has 10 MB": frame(b"4", length=10_000_000),
    "a frame that says it has 2⁶³ bytes": frame(b"4", length=2**63),
    "a frame that is too large": frame("4" * (BYTES_MAX + 1)),
    "fragments that are too large": frame("4" * 60_000, fin=False)
    + frame("4" * 60_000, CONTINUATION, fin=False),
    "a fragment of nothing": frame("x", CONTINUATION),
    "a new message within another": frame("42", fin=False) + frame('["x"]'),
    "a compressed frame": frame(zlib.compress(b"42"), reserved=4),
    "a frame that inflates to 100 MB": frame(INFLATES_TO_100_MB[:99_000], reserved=4),
    "a reserved bit": frame("2", reserved=1),
    "an unknown kind": frame("2", 3),
    "an unknown control frame": frame("2", 11),
    "half a ping": frame("x", PING, fin=False),
    "a ping that is too large": frame("x" * 126, PING),
    "a close with an impossible code": frame(b"\0\1", CLOSE),
    "a close with half a code": frame(b"\0", CLOSE),
    "a close with a reason that is not UTF-8": frame(b"\x03\xe8\xff", CLOSE),
    "a close": frame(b"\x03\xe8", CLOSE),
    "bytes": frame(b"\0\1\2", BINARY),
    "bytes in fragments": frame(b"\0", BINARY, fin=False) + frame(b"\1", CONTINUATION),
    "no UTF-8": frame(b'42["comment",{"comment":"\xff\xfe"}]'),
    "half a character": frame("42é".encode()[:-1]),
}

NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n",
    b"\r\n" * 1_000 + b"nonsense\r\n\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA\0B: c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET //evil:99999/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: the impossible\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: \xff\r\n\r\n",
    b"GET /socket.io/?EIO=4&transport=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /socket.io/?EIO=4&sid=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /socket.io/?EIO=4&sid=\xff HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET /api/auctions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\n\r\n",
    b"GET /api/auctions/\xff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


def _smuggled(*headers: str, body: bytes = b"0\r\n\r\n") -> bytes:
    """A POST that hides another request, for those who find the end of the first one elsewhere."""
    head = "\r\n".join(["POST /nowhere HTTP/1.1", "Host: x", *headers, "", ""])
    return head.encode() + body + b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


def _request_for(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


TRICKS = {
    "a length and chunks": _smuggled("Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunks and a length": _smuggled("Transfer-Encoding: chunked", "Content-Length: 39"),
    "two lengths": _smuggled("Content-Length: 5", "Content-Length: 39"),
    "two lengths in one": _smuggled("Content-Length: 5, 39"),
    "a length with a sign": _smuggled("Content-Length: +39"),
    "chunks behind a blank": _smuggled("Transfer-Encoding : chunked", "Content-Length: 39"),
    "chunks by another name": _smuggled("Transfer-Encoding: xchunked", "Content-Length: 39"),
    "chunks and something else": _smuggled(
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Content-Length: 39"
    ),
    "a folded header": _smuggled("X: y", " Content-Length: 39"),
    "a chunk whose size is not a number": _smuggled("Transfer-Encoding: chunked", body=b"0x5\r\n"),
    "a way up": _request_for("/socket.io/../api/auctions/1/winnings"),
    "an encoded way up": _request_for("/%2e%2e/%2e%2e%2fetc/passwd"),
    "two slashes": _request_for("//api/auctions"),
    "a path that ends early": _request_for("/api/auctions/1%00/winnings"),
    "another path in a header": _request_for(
        "/nowhere", "X-Original-URL: /readyz", "X-Rewrite-URL: /readyz"
    ),
    "another method in a header": _request_for("/nowhere", "X-HTTP-Method-Override: DELETE"),
}
"""Requests that mean one thing to a proxy and another to a server. None may be answered with 200."""
