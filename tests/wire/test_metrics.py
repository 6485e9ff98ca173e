"""Metrics of a server: who may read them, what they are called, and that they count what happens."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError

from baraka_server.metrics.catalog import METRICS, Kind
from baraka_server.metrics.report import Report
from baraka_server.settings import Settings
from baraka_server.wire.metrics_http import MetricsRoutes
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET
from tests.support.servers.free_port import listen
from tests.support.servers.neighbours import AUCTION, server_in_process

TOKEN = "a token of sixteen characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def get(url: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url + path, headers=headers) as answer:
        return answer.status, await answer.text()


async def first_line(url: str, request: bytes) -> bytes:
    """The first line of the answer to these bytes, which no client sends by itself."""
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line


def samples(text: str) -> dict[str, float]:
    """The samples of a scrape by name and labels: `baraka_bids_total{outcome="accepted"}`."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_without_a_token_or_a_port_there_are_no_metrics(tmp_path: Path) -> None:
    async with server_in_process(tmp_path) as house:
        for path in ("/metrics", "/metrics/top"):
            assert (await get(house.url, path, BEARER))[0] == 404


async def test_whoever_has_the_token_reads_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baraka_server.measured.REPORT_SECONDS", 0)
    async with server_in_process(tmp_path, metrics_token=SecretStr(TOKEN)) as house:
        for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN}):
            for path in ("/metrics", "/metrics/top"):
                status, text = await get(house.url, path, headers)
                assert status == 401, text
                assert "BARAKA_METRICS_TOKEN" in text
        assert b" 401 " in await first_line(
            house.url, b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\n\r\n"
        )
        await house.bilal_bids()
        await house.bilal.emits("placeBid", AUCTION | {"amount": 1})
        await house.bilal.emits("placeBid", AUCTION)
        await house.bilal.emits("noSuchEvent", {})
        async with PythonPhones() as phones:
            stranger = await phones.open(house.url, 5, auth={"token": "no token"})
            await stranger.hears("error")
        url = f"{house.url}/api/auctions/1/slowMode"
        mine = {"Authorization": f"Bearer {token(SECRET, 1)}"}
        async with aiohttp.ClientSession() as http, http.post(url, headers=mine) as answer:
            assert answer.status == 400
        _, text = await get(house.url, "/metrics", BEARER)
        said = samples(text)
        expected = {
            'baraka_bids_total{outcome="accepted"}': 1,
            'baraka_bids_total{outcome="refused"}': 2,
            'baraka_bids_total{outcome="failed"}': 0,
            'baraka_joins_total{outcome="accepted"}': 1,
            'baraka_refusals_total{code="bid_too_low"}': 1,
            'baraka_refusals_total{code="malformed"}': 2,
            'baraka_refusals_total{code="unknown_event"}': 1,
            'baraka_commands_total{event="placeBid"}': 3,
            'baraka_commands_total{event="slowMode"}': 1,
            'baraka_commands_total{event="unknown"}': 1,
            'baraka_sockets_turned_away_total{code="invalid_token"}': 1,
            "baraka_viewers": 2,
            "baraka_rooms": 1,
            "baraka_workers": 1,
            "baraka_database_healthy": 1,
            "baraka_relay_wanted": 0,
            "baraka_delivery_seconds_count": 3,
        }
        assert {name: said.get(name) for name in expected} == expected
        assert said["baraka_commit_seconds_count"] >= 3
        assert said["baraka_fan_out_seconds_count"] > 0
        assert said["baraka_deliveries_total"] > 0
        _, top = await get(house.url, "/metrics/top", BEARER)
        assert '"bids": 1' in top


async def test_labels_have_few_values_whatever_clients_send(tmp_path: Path) -> None:
    async with server_in_process(tmp_path, metrics_token=SecretStr(TOKEN)) as house:
        for n in range(20):
            await house.bilal.emits(f"event{n}", {})
            await house.bilal.emits("joinAuction", {"auctionId": 1000 + n})
        _, text = await get(house.url, "/metrics", BEARER)
        assert len(samples(text)) < 400
        assert "event7" not in text
        assert "1007" not in text


async def test_a_parent_that_stands_still_is_said_and_no_part_is_told_for_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("baraka_server.wire.metrics_http.REPORT_SECONDS_MAX", 0.01)
    app = web.Application()

    async def silence() -> Report:
        await asyncio.Event().wait()
        raise AssertionError

    MetricsRoutes(silence, token=None).add_to(app)
    runner, url = await listen(app)
    status, text = await get(url, "/metrics", {})
    assert (status, json.loads(text)["code"]) == (503, "unavailable")
    await runner.cleanup()


async def test_names_and_units_follow_prometheus() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"baraka_[a-z][a-z_]*", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric
        assert not re.search(r"_(ms|milliseconds|kb|mb|percent|count|sum|bucket)$", metric.name)
        assert metric.help.endswith("."), metric
        assert bool(metric.bounds) == (metric.kind is Kind.HISTOGRAM)
        assert list(metric.bounds) == sorted(metric.bounds)
        assert not {"auction", "user", "address", "sid"} & set(metric.labels)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"metrics_port": 9464, "metrics_host": "0.0.0.0"}, "set BARAKA_METRICS_TOKEN as well"),
        ({"metrics_token": SecretStr("short")}, "at least 16 characters"),
    ],
)
def test_metrics_are_never_open_to_the_world_by_accident(given: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        Settings(_env_file=None, **given)


def test_with_a_token_metrics_may_be_anywhere() -> None:
    open_to_all = Settings(
        _env_file=None, metrics_token=SecretStr(TOKEN), metrics_port=0, metrics_host="::"
    )
    assert open_to_all.metrics_are_on
