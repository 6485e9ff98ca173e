"""Signing in on a running server: its routes, their shapes, and known attacks on them (D49 to D51)."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import jwt
import pytest
from sqlalchemy import update

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.store import accounts, sessions
from baraka_server.store.tables import users
from tests.support.checks.schema import query
from tests.support.clients.phones import PythonPhones, token
from tests.support.clients.stranger import Line
from tests.support.servers import baraka as servers
from tests.support.servers.baraka import Baraka
from tests.support.servers.sms_gateway import SmsGateway
from tests.wire.test_metrics import BEARER, TOKEN, samples

NUMBERS = {2: "+96555550002", 3: "55550003", 4: "+96555550004", 5: "0096555550004"}
"""Of users: Bilal's, one as its own country writes it, and one number that two users have."""
HIS, LOCAL, DOUBLED, NOBODYS = "+96555550002", "+96555550003", "+96555550004", "+96555559999"
OTP_OF_BILAL = "SELECT otpCode FROM users WHERE id = 2"
SECRET = "a secret that the gateway has too, of 32 bytes"


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: tests/store has what depends on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


@pytest.fixture
async def people(store):
    async with store.writing() as connection:
        for user_id, number in NUMBERS.items():
            row = update(users).where(users.c.id == user_id).values(number=number)
            await connection.execute(row)
    return store


class House:
    """A server whose codes come to a gateway, and a client that keeps nothing."""

    def __init__(self, baraka, gateway, http):
        self.baraka, self.gateway, self.http = baraka, gateway, http

    async def post(self, path, /, **body):
        return await self.posts(path, json.dumps(body))

    async def posts(self, path, data):
        async with self.http.post(path, data=data) as response:
            assert response.headers["Cache-Control"] == "no-store"
            answer = await response.json()
            assert answer["status"] == ("success" if response.status == 200 else "error")
            if response.status in {429, 503}:
                assert int(response.headers["Retry-After"]) >= 1
            return response.status, answer

    async def signs_in(self, number, **more):
        assert (await self.post("/auth/request-otp", number=number))[0] == 200
        code = await self.gateway.code_for(number)
        status, answer = await self.post("/auth/otp", number=number, otp=code, **more)
        assert status == 200, answer
        return answer["data"]


@asynccontextmanager
async def house(sale_database, folder, **settings):
    ours = {
        "BARAKA_SIGN_IN": "webhook",
        "BARAKA_SIGN_IN_WEBHOOK_SECRET": SECRET,
        "BARAKA_PHONE_REGION": "KW",
        "BARAKA_SIGN_IN_REQUESTS_PER_SECOND_MAX": 0,
        "BARAKA_LOG_LEVEL": "DEBUG",
    }
    async with SmsGateway() as gateway:
        ours |= {"BARAKA_SIGN_IN_WEBHOOK_URL": gateway.url}
        async with (
            Baraka(sale_database, folder, **ours | settings) as baraka,
            aiohttp.ClientSession(baraka.url) as http,
        ):
            yield House(baraka, gateway, http)


async def test_a_code_signs_in_and_a_refresh_token_keeps_signed_in(sale_database, tmp_path, people):
    watched = {"BARAKA_METRICS_TOKEN": TOKEN}
    async with house(sale_database, tmp_path, **watched) as here, PythonPhones() as phones:
        # A code is asked for, and asked for again by what stands for the number.
        status, asked = await here.post("/auth/request-otp", number="5555 0002")
        assert status == 200
        assert asked["data"].keys() == {"challengeToken", "expiresIn", "resendIn"}
        assert (asked["data"]["expiresIn"], asked["data"]["resendIn"]) == (300, 60)
        challenge = asked["data"]["challengeToken"]
        status, early = await here.post("/auth/resend-otp", challengeToken=challenge)
        assert (status, early["code"]) == (429, "too_many_codes")
        code = await here.gateway.code_for(HIS)
        assert await query(sale_database, OTP_OF_BILAL) == [(None,)]
        async with here.http.get("/watch/1") as page:
            assert '<meta name="baraka-sign-in" content="true">' in await page.text()

        # Arabic digits, in the place of the number what stands for it.
        wrong = "000000" if code != "000000" else "111111"
        status, refused = await here.post("/auth/otp", challengeToken=challenge, otp=wrong)
        assert (status, refused["code"]) == (400, "wrong_code")
        arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        status, answer = await here.post("/auth/otp", challengeToken=challenge, otp=arabic)
        assert status == 200
        user = answer["data"]
        assert (user["id"], user["number"], user["otpCode"]) == (2, HIS, None)
        assert user["token"] == user["accessToken"]
        claims = jwt.decode(user["token"], options={"verify_signature": False})
        assert user["expiresIn"] == claims["exp"] - claims["iat"] == 900
        async with here.http.get("/metrics", headers=BEARER) as scraped:
            counts = samples(await scraped.text())
        for outcome in ("code_asked", "code_limited", "code_sent", "code_wrong", "signed_in"):
            assert counts[f'baraka_sign_ins_total{{outcome="{outcome}"}}'] == 1, outcome
        status, again = await here.post("/auth/otp", number=HIS, otp=code)
        assert (status, again["code"]) == (400, "wrong_code")  # it was used

        # The access token is one of those that the server takes.
        phone = await phones.open(here.baraka.url, auth={"token": user["token"]})
        assert (await phone.emits("joinAuction", {"auctionId": 1}))["code"] == "not_live"

        status, renewed = await here.post("/auth/refresh", refreshToken=user["refreshToken"])
        assert status == 200
        pair = renewed["data"]
        assert pair.keys() == {"accessToken", "token", "refreshToken", "expiresIn"}
        sibling = (await here.post("/auth/refresh", refreshToken=user["refreshToken"]))[1]["data"]
        assert sibling["refreshToken"] != pair["refreshToken"]
        for _ in range(2):
            status, over = await here.post("/auth/refresh", refreshToken=user["refreshToken"])
            assert (status, over["code"]) == (401, "session_over")
        status, over = await here.post("/auth/refresh", refreshToken=pair["refreshToken"])
        assert (status, over["code"]) == (401, "session_over")

        local = await here.signs_in(LOCAL)
        assert (local["id"], local["number"]) == (3, "55550003")
        token = local["refreshToken"]
        for _ in range(2):
            assert await here.post("/auth/logout", refreshToken=token) == (
                200,
                {"status": "success", "data": {}},
            )
        assert (await here.post("/auth/refresh", refreshToken=token))[0] == 401

        # Neither codes, nor numbers, nor tokens are in the log, at any level.
        log = json.dumps(here.baraka.log, ensure_ascii=False)
        secrets = [
            code,
            arabic,
            challenge,
            user["refreshToken"],
            pair["refreshToken"],
            user["token"],
        ]
        assert "refresh_reused" in log
        for secret in (*secrets, "55550002", "55550003"):
            assert secret not in log


async def test_nobody_can_tell_whose_number_it_is(sale_database, tmp_path, people):
    async with house(sale_database, tmp_path) as here:
        found = []
        for number in (HIS, NOBODYS, DOUBLED):
            answers = [
                await here.post("/auth/request-otp", number=number),
                await here.post("/auth/request-otp", number=number),
                await here.post("/auth/otp", number=number, otp="000000"),
                *[
                    await here.post("/auth/otp", number=number, otp=f"00000{n}")
                    for n in range(1, 5)
                ],
                await here.post("/auth/otp", number=number, otp="000005"),
            ]
            for _, answer in answers:
                answer.get("data", {}).pop("challengeToken", None)
                answer.pop("retryAfterMs", None)
            found.append(answers)
        assert found[0] == found[1] == found[2]
        assert [status for status, _ in found[0]] == [200, 429, 400, 400, 400, 400, 400, 429]
        await here.baraka.says("users 4 and 5 have the same telephone number: neither can sign in")
        assert [one.payload["number"] for one in here.gateway.received] == [HIS]
        assert "55550004" not in json.dumps(here.baraka.log)


async def test_what_is_malformed_names_what_is_wrong_and_reaches_nothing(
    sale_database, tmp_path, people
):
    async with house(sale_database, tmp_path, BARAKA_PHONE_COUNTRIES="965") as here:
        for path, data, said in [
            ("/auth/request-otp", "", "number is required"),
            ("/auth/request-otp", "nonsense", "the body must be JSON"),
            ("/auth/request-otp", "[1]", "the payload must be an object"),
            ("/auth/request-otp", "[" * 50_000, "the body must be JSON"),
            ("/auth/request-otp", "x" * 200_000, "the body has more than 100000 bytes"),
            ("/auth/request-otp", '{"number": ["+96555550002"]}', "number is required"),
            ("/auth/request-otp", '{"number": {"$ne": 1}}', "number is required"),
            ("/auth/request-otp", '{"number": true}', "number is required"),
            ("/auth/request-otp", '{"number": "\\ud800"}', "number must be"),
            (
                "/auth/request-otp",
                '{"number": "+96555550002\\r\\nX-Other: 1"}',
                "number must be a telephone number",
            ),
            ("/auth/request-otp", '{"number": "+12025550123"}', "no code can be sent"),
            ("/auth/request-otp", '{"number": "+999500000007"}', "number must be a telephone"),
            ("/auth/resend-otp", '{"challengeToken": 7}', "challengeToken must be"),
            ("/auth/otp", '{"number": "+96555550002", "otp": "12345"}', "otp must be the 6 digits"),
            ("/auth/otp", '{"number": "+96555550002", "otp": "1234567"}', "otp must be"),
            ("/auth/otp", '{"number": "+96555550002", "otp": ["1"]}', "otp must be"),
            (
                "/auth/otp",
                '{"number": "+96555550002", "otp": "123456", "name": ""}',
                "name ",
            ),
            ("/auth/refresh", "{}", "refreshToken must be"),
            ("/auth/refresh", '{"refreshToken": "%s"}' % ("x" * 5000), "refreshToken must be"),
            ("/auth/logout", '{"refreshToken": null}', "refreshToken must be"),
        ]:
            status, answer = await here.posts(path, data)
            assert (status, answer["code"]) == (400, "malformed"), (data[:60], answer)
            assert said in answer["message"]
        for method, path, status, code in [
            ("GET", "/auth/otp", 405, "method_not_allowed"),
            ("POST", "/auth/nothing", 404, "not_found"),
        ]:
            async with here.http.request(method, path) as response:
                answer = await response.json()
                assert (response.status, answer["status"], answer["code"]) == (
                    status,
                    "error",
                    code,
                )
        status, over = await here.post("/auth/resend-otp", challengeToken="x" * 22)
        assert (status, over["code"]) == (400, "challenge_over")
        status, over = await here.post("/auth/refresh", refreshToken="\ud800")
        assert (status, over["code"]) == (401, "session_over")
        assert here.gateway.received == []
        assert await query(sale_database, "SELECT COUNT(*) FROM baraka_codes") == [(0,)]


async def test_a_new_number_signs_up_with_a_name_where_the_house_wants_it(
    sale_database, tmp_path, people
):
    async with house(sale_database, tmp_path, BARAKA_SIGN_UP="true") as here:
        await here.post("/auth/otp", number=NOBODYS)  # without a code it sends one
        code = await here.gateway.code_for(NOBODYS)
        short = 7 if code != "000007" else 8  # a whole number lost its zeros, and is a code
        status, answer = await here.post("/auth/otp", number=NOBODYS, otp=short)
        assert (status, answer["code"]) == (400, "wrong_code")
        status, answer = await here.post("/auth/otp", number=NOBODYS, otp=code)
        assert (status, answer["code"]) == (400, "name_needed")
        status, answer = await here.post(
            "/auth/otp", number=NOBODYS, otp=int(code), name="نور <b>\r\nX: 1"
        )
        assert status == 200
        noor = answer["data"]
        assert (noor["name"], noor["number"]) == ("نور <b>\r\nX: 1", NOBODYS)
        assert (noor["type"], noor["category_id"]) == ("Normal", None)
        assert await here.gateway.code_for(NOBODYS) == code


async def test_a_blocked_user_is_signed_out_and_does_not_sign_in(sale_database, tmp_path, people):
    settings = {"BARAKA_ACCOUNTS_LOOK_SECONDS": 0.1, "BARAKA_TOKEN_LIFETIME_SECONDS_MAX": 600}
    async with house(sale_database, tmp_path, **settings) as here, PythonPhones() as phones:
        bilal = await here.signs_in(HIS)
        assert bilal["expiresIn"] == 600  # a longer life this server would refuse
        phone = await phones.open(here.baraka.url, auth={"token": bilal["token"]})
        await phone.lives_through("connect")
        await here.post("/auth/request-otp", number=LOCAL)
        code = await here.gateway.code_for(LOCAL)
        for user_id in (2, 3):
            await accounts.block(people, user_id)
        await phone.lives_through("disconnect")
        status, over = await here.post("/auth/refresh", refreshToken=bilal["refreshToken"])
        assert (status, over["code"]) == (401, "session_over")
        status, refused = await here.post("/auth/otp", number=LOCAL, otp=code)
        assert (status, refused["code"]) == (403, "blocked_everywhere")
        assert await sessions.list_of(people, 3) == []


async def test_a_blocked_user_with_a_token_does_not_come_in_between_two_looks(
    sale_database, tmp_path, people
):
    await accounts.block(people, 3)
    settings = {"BARAKA_ACCOUNTS_LOOK_SECONDS": 600}
    async with house(sale_database, tmp_path, **settings) as here, PythonPhones() as phones:
        hers = token(servers.SECRET, 3)

        async def is_known():
            bearer = {"Authorization": f"Bearer {hers}"}
            async with here.http.get("/api/auctions", headers=bearer) as answer:
                return answer.status == 403

        async with asyncio.timeout(30):
            while not await is_known():  # until the first look
                await asyncio.sleep(0.02)
        phone = await phones.open(here.baraka.url, auth={"token": hers})
        assert (await phone.hears("error"))["code"] == "blocked_everywhere"
        await phone.lives_through("disconnect")


async def test_one_code_at_once_begins_one_session(sale_database, tmp_path, people):
    async with house(sale_database, tmp_path) as here:
        await here.post("/auth/request-otp", number=HIS)
        code = await here.gateway.code_for(HIS)
        answers = await asyncio.gather(
            *(here.post("/auth/otp", number=HIS, otp=code) for _ in range(4))
        )
        assert sorted(status for status, _ in answers) == [200, 400, 400, 400]
        assert len(await sessions.list_of(people, 2)) == 1


async def test_codes_are_written_where_an_existing_system_reads_them(
    sale_database, tmp_path, people
):
    async with house(sale_database, tmp_path, BARAKA_OTP_IN_USERS="true") as here:
        await here.post("/auth/request-otp", number=HIS)
        code = await here.gateway.code_for(HIS)
        assert await query(sale_database, OTP_OF_BILAL) == [(code,)]
        await here.post("/auth/otp", number=HIS, otp=code)
        assert await query(sale_database, OTP_OF_BILAL) == [(None,)]


async def test_the_limits_of_an_address_hold_and_are_logged(sale_database, tmp_path, people):
    limits = {
        "BARAKA_SIGN_IN_REQUESTS_PER_SECOND_MAX": 1,
        "BARAKA_CODES_PER_ADDRESS_PER_HOUR_MAX": 2,
        "BARAKA_WRONG_CODES_PER_ADDRESS_PER_HOUR_MAX": 1,
    }
    async with house(sale_database, tmp_path, **limits) as here:
        answers = [
            await here.post("/auth/request-otp", number=f"+9655{count}550000") for count in range(3)
        ]
        assert [status for status, _ in answers] == [200, 200, 429]
        assert answers[2][1]["code"] == "too_many_codes"
        assert answers[2][1]["retryAfterMs"] > 3_000_000
        why = Refusal(Code.TOO_MANY_CODES).message
        await here.baraka.says(f"refused 127.0.0.1: {why}")
        codes = {(await here.post("/auth/logout"))[1]["code"] for _ in range(6)}
        assert codes == {"malformed", "too_fast"}
        # Other addresses have limits of their own; the second one asks for a number too early.
        for source, statuses in {"127.0.0.2": [200, 400, 429], "127.0.0.3": [429, 400]}.items():
            ask, wrong = {"number": NOBODYS}, {"number": NOBODYS, "otp": "000000"}
            async with Line(here.baraka.url, source=source) as elsewhere:
                found = [
                    (
                        await elsewhere.requests("POST", "/auth/otp", json.dumps(body).encode())
                    ).status
                    for body in (ask, wrong, wrong)[: len(statuses)]
                ]
            assert found == statuses, source


async def test_without_a_way_to_deliver_codes_nobody_signs_in(baraka):
    async with aiohttp.ClientSession(baraka.url) as http:
        for path in ("request-otp", "resend-otp", "otp", "refresh", "logout"):
            async with http.post(f"/auth/{path}", json={"number": HIS}) as response:
                assert response.status == 404
                assert (await response.json())["code"] == "not_found"
