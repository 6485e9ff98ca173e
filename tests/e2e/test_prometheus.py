"""The real Prometheus with the shipped configuration: it scrapes a sale, and an alert fires."""

from __future__ import annotations

import asyncio
import re

import pytest

from baraka_server.metrics.catalog import METRICS, Kind
from tests.documents.test_monitoring import panels
from tests.support.clients.phones import PATIENCE_SECONDS, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.prometheus import Prometheus, promtool, require_prometheus
from tests.wire.test_metrics import TOKEN

pytestmark = only_sqlite

AUCTION = {"auctionId": 1}
LOT = AUCTION | {"product": "Gold Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
QUIET = {
    "baraka_clients_refused_total",
    "baraka_clients_disconnected_total",
    "baraka_sockets_turned_away_total",
}
"""Metrics whose labels are only known when something of it happened."""
FAULTS = {"BarakaDown", "BarakaDatabaseUnhealthy", "BarakaRelayInterrupted"}
"""Alerts that do not fire on a machine that is merely busy."""
WATCHED = {"BARAKA_METRICS_PORT": 0, "BARAKA_METRICS_TOKEN": TOKEN}


def target(server: Baraka) -> str:
    url = next(line["url"] for line in server.log if line.get("event") == "metrics")
    return re.sub(r"^http://|/metrics$", "", url)


async def until(prometheus: Prometheus, condition, what) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what()}") from None


async def test_prometheus_scrapes_a_sale_and_every_panel_of_the_dashboard_shows_it(
    sale_database, redis, tmp_path
):
    require_prometheus()
    settings = WATCHED | {"BARAKA_REDIS_URL": redis.url}
    async with Baraka(sale_database, tmp_path, **settings) as server, PythonPhones() as phones:
        with Prometheus([target(server)], TOKEN) as prometheus:
            promtool("check", "config", prometheus.config)
            amina, bilal = [
                await phones.open(server.url, user, auth={"token": token(SECRET, user)})
                for user in (1, 2)
            ]
            assert (await amina.emits("startLiveAuction", AUCTION))["ok"]
            assert (await amina.emits("changeCuurentProduct", LOT))["ok"]
            assert (await bilal.emits("joinAuction", AUCTION))["ok"]
            assert not (await bilal.emits("placeBid", AUCTION | {"amount": 0}))["ok"]
            assert (await bilal.emits("placeBid", AUCTION | {"amount": 10}))["ok"]
            bids = 'baraka_bids_total{outcome="accepted"} == 1'
            # Rates are of two scrapes.
            rates = "rate(baraka_commands_total[1m])"
            await until(
                prometheus,
                lambda: prometheus.query(bids) and prometheus.query(rates),
                lambda: prometheus.query("up"),
            )
            for metric in METRICS:
                if metric.name not in QUIET:
                    name = metric.name + ("_bucket" if metric.kind is Kind.HISTOGRAM else "")
                    assert prometheus.query(name), f"{name} was not scraped"
            for title, expression in panels().items():
                asked = expression.replace("$instance", ".*").replace("$__rate_interval", "1m")
                assert prometheus.query(asked), f"{title} shows nothing: {asked}"
            assert not prometheus.firing() & FAULTS


@pytest.mark.long
@pytest.mark.chaos
async def test_an_alert_fires_when_redis_is_killed_and_ends_when_it_is_back(
    sale_database, redis, tmp_path
):
    require_prometheus()
    settings = WATCHED | {
        "BARAKA_REDIS_URL": redis.url,
        "BARAKA_RELAY_ECHO_SECONDS_MAX": 1,
    }
    async with Baraka(sale_database, tmp_path, **settings) as server:
        with Prometheus([target(server)], TOKEN) as prometheus:
            healthy = "baraka_relay_healthy == 1"
            await until(prometheus, lambda: prometheus.query(healthy), prometheus.firing)
            await asyncio.to_thread(redis.kill)
            name = {"BarakaRelayInterrupted"}
            await until(prometheus, lambda: name <= prometheus.firing(), prometheus.firing)
            await asyncio.to_thread(redis.start)
            await until(prometheus, lambda: not prometheus.firing() & FAULTS, prometheus.firing)
