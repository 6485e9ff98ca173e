"""Tokens that a server refuses: the run ends at once, and says what was wrong with them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from baraka_cli.simulator.result import Result
from baraka_server.wire.identity import mint
from tests.support.clients.command_line import Answer, run
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.guide_server import GuideServer
from tests.support.servers.neighbours import prepare

AUDIENCE, ISSUER, LIFETIME = (
    "BARAKA_JWT_AUDIENCE",
    "BARAKA_JWT_ISSUER",
    "BARAKA_TOKEN_LIFETIME_SECONDS_MAX",
)
ASKED = {AUDIENCE: "app", ISSUER: "house", LIFETIME: 3600}
NAMED = ("--auction=1",)
"""With it, nothing depends on what the server lists."""


async def simulate(url: str, folder: Path, *words: str, **settings: object) -> Answer:
    command = ("simulate", "smoke", f"--url={url}", "--users=40", "--duration=1", *words)
    return await asyncio.to_thread(run, *command, folder=folder, seconds_max=60, **settings)


async def test_tokens_have_what_the_settings_ask_for(tmp_path):
    async with Baraka(await prepare(tmp_path), tmp_path, **ASKED) as baraka:
        done = await simulate(baraka.url, tmp_path, "--json", **ASKED)
        assert done.code == 0, done.out + done.err
        assert Result.model_validate_json(done.out).totals.viewers_max > 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({AUDIENCE: "app"}, "says no aud, says no iss"),
        ({ISSUER: "house"}, "BARAKA_JWT_SECRET, BARAKA_JWT_AUDIENCE and BARAKA_JWT_ISSUER here"),
        ({LIFETIME: 3600}, "takes tokens that last a minute, and this one lasts 12 hours"),
    ],
)
async def test_what_the_server_asks_for_and_is_not_set_here_is_said(tmp_path, asked, told):
    async with Baraka(await prepare(tmp_path), tmp_path, **asked) as baraka:
        done = await simulate(baraka.url, tmp_path, *NAMED)
    assert (done.code, done.out) == (2, "")
    assert "Invalid or expired token" in done.err
    assert told in done.err


@pytest.mark.parametrize("words", [(), ("--no-host",)], ids=["host", "no host"])
async def test_it_is_said_by_a_server_without_http_too(tmp_path, words):
    async with GuideServer() as server:
        other = "another secret, of 32 bytes or more"
        done = await simulate(server.url, tmp_path, *NAMED, *words, BARAKA_JWT_SECRET=other)
        probes = await asyncio.to_thread(
            run,
            *("simulate", "hostile", f"--url={server.url}", "--users=40", *NAMED),
            folder=tmp_path,
            BARAKA_JWT_SECRET=other,
        )
    for answer in (done, probes):
        assert answer.code == 2, answer.out
        assert "refuses the access token with 'Invalid or expired token'" in answer.err
        assert "Set BARAKA_JWT_SECRET," in answer.err


async def test_one_token_of_a_file_that_has_expired_is_named(tmp_path):
    hour = timedelta(hours=1)
    tokens = [mint(SECRET, user, -hour if user == 9 else hour, {}) for user in range(1, 41)]
    (tmp_path / "tokens").write_text("\n".join(tokens))
    async with GuideServer() as server:
        done = await simulate(server.url, tmp_path, *NAMED, "--tokens=tokens")
    assert done.code == 2, done.out
    assert "(user 9)" in done.err
    assert "It expired at " in done.err
    assert not any(token in done.err for token in tokens)
