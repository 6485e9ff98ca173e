"""Files that are the same for everybody, over HTTP: under a policy, compressed, and not sent twice."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from aiohttp import hdrs, web

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
FORBIDDEN = {
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What no page of ours does."""


def headers_for(
    sources: Mapping[str, str], cache: str, more: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """The headers of documents that may load what `sources` of a content security policy say, and no more."""
    rules = {"default-src": "'none'", **sources, **FORBIDDEN}
    policy = "; ".join(map(" ".join, rules.items()))
    return {"Content-Security-Policy": policy, hdrs.CACHE_CONTROL: cache, **ALWAYS, **more}


@dataclass(frozen=True)
class Document:
    """A file as it is sent; a browser that has it by its tag is told only that it is still so."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:20]

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.body, mtime=0)

    async def answer(self, request: web.Request) -> web.Response:
        headers = {**self.headers, hdrs.ETAG: f'"{self.tag}"'}
        if any(tag.value in {self.tag, "*"} for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        body = self.body
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            body = self.compressed
        return web.Response(
            body=body, content_type=self.content_type, charset="utf-8", headers=headers
        )
