"""Settings decide which tokens a real server accepts (D1; RFC 8725)."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from baraka_server.wire.identity import mint
from tests.support.clients.phones import PythonPhones
from tests.support.servers.baraka import SECRET, Baraka

HOUR = timedelta(hours=1)
STRICT = {
    "BARAKA_JWT_AUDIENCE": "phones",
    "BARAKA_JWT_ISSUER": "https://issuer.example",
    "BARAKA_TOKEN_LIFETIME_SECONDS_MAX": 2 * 60 * 60,
    "BARAKA_TOKEN_CHARS_MAX": 600,
    "BARAKA_TOKEN_KINDS": "customer, seller",
}
GOOD = {"aud": "phones", "iss": "https://issuer.example"}
TOKENS = {
    "good": (mint(SECRET, 2, HOUR, GOOD), True),
    "for several": (mint(SECRET, 2, HOUR, GOOD | {"aud": ["office", "phones"]}), True),
    "for others": (mint(SECRET, 2, HOUR, GOOD | {"aud": "office"}), False),
    "for nobody": (mint(SECRET, 2, HOUR, {"iss": GOOD["iss"]}), False),
    "from others": (mint(SECRET, 2, HOUR, GOOD | {"iss": "https://other.example"}), False),
    "from nobody": (mint(SECRET, 2, HOUR, {"aud": "phones"}), False),
    "for too long": (mint(SECRET, 2, timedelta(hours=3), GOOD), False),
    "too long": (mint(SECRET, 2, HOUR, GOOD | {"pad": "x" * 600}), False),
    "to refresh": (mint(SECRET, 2, HOUR, GOOD | {"token_type": "refresh"}), False),
    "of a known kind": (mint(SECRET, 2, HOUR, GOOD | {"type": "Customer"}), True),
    "for a code": (mint(SECRET, 2, HOUR, GOOD | {"type": "otp"}), False),
    "for a new password": (mint(SECRET, 2, HOUR, GOOD | {"purpose": "password_reset"}), False),
    "expired": (mint(SECRET, 2, -HOUR, GOOD), False),
}


@pytest.mark.parametrize("asked_for", [STRICT, {}], ids=["strict", "as it comes"])
async def test_a_server_lets_in_whom_its_settings_let_in(sale_database, tmp_path, asked_for):
    always_refused = {"to refresh", "for a code", "for a new password", "expired"}
    async with (
        Baraka(sale_database, tmp_path, **asked_for) as server,
        aiohttp.ClientSession(server.url) as http,
        PythonPhones() as phones,
    ):
        for name, (token, good) in TOKENS.items():
            welcome = good if asked_for else name not in always_refused | {"of a known kind"}
            headers = {"Authorization": f"Bearer {token}"}
            async with http.get("/api/auctions", headers=headers) as answer:
                assert (name, answer.status) == (name, 200 if welcome else 401)
            phone = await phones.open(server.url, auth={"token": token})
            if welcome:
                refused = await phone.emits("joinAuction", {"auctionId": 1})
                assert refused["message"] == "Auction has not started yet."
            else:
                await phone.hears_error("Invalid or expired token")
                await phone.lives_through("disconnect")
        said = [line for line in server.log if line.get("limit") == "token_kinds"]
        assert "'refresh'" in said[0]["message"]
        assert SECRET not in str(server.log)
