"""Delivery of one-time codes by a webhook: a signed POST that any SMS gateway can be put behind (D49).

    Baraka-Delivery: 5f0c…                      the same in each attempt
    Baraka-Signature: t=1795737600,v1=9a0b…     HMAC-SHA256 of "1795737600." and the body

The body is `{type, id, number, code, expiresIn}`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable

import aiohttp

from baraka_server.live.code_delivery import NotDelivered, ToSend

ATTEMPT_SECONDS_MAX = 10
FOR_LATER = frozenset({408, 425, 429})
"""Answers of 4xx after which another attempt may do."""


def signature(secret: str, at: int, body: bytes) -> str:
    """The header that proves who sent a body, and when."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class WebhookChannel:
    """POSTs codes to `url`. Certificates are verified, redirects not followed, answers not read.

    `seconds_max` is how long an attempt may take. `clock` gives the time in seconds since 1970.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        seconds_max: float = ATTEMPT_SECONDS_MAX,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._secret = secret
        self._seconds_max = seconds_max
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, sending: ToSend) -> None:
        now = self._clock()
        at, left = int(now), sending.expires_at.timestamp() - now
        body = json.dumps(
            {
                "type": "one_time_code",
                "id": sending.id,
                "number": sending.number.e164,
                "code": sending.code,
                "expiresIn": max(0, int(left)),
            }
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Baraka",
            "Baraka-Delivery": sending.id,
            "Baraka-Signature": signature(self._secret, at, body),
        }
        status = await self._post(body, headers)
        if 200 <= status < 300:
            return
        for_good = status < 500 and status not in FOR_LATER
        raise NotDelivered(f"the webhook answered {status}", for_good=for_good)

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._seconds_max)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return response.status
        except TimeoutError:
            raise NotDelivered("the webhook did not answer in time", for_good=False) from None
        except aiohttp.ClientConnectorCertificateError:
            raise NotDelivered("the webhook's certificate is not valid", for_good=False) from None
        except (aiohttp.ClientError, OSError) as error:
            kind = type(error).__name__
            raise NotDelivered(f"the webhook cannot be reached ({kind})", for_good=False) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
