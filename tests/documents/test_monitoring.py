"""Alerts, the dashboard and the table of metrics name metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from baraka_server.metrics.catalog import BY_NAME, METRICS, Kind
from tests.support.servers.prometheus import ALERTS, DEPLOY, promtool, require_prometheus

DASHBOARD = DEPLOY / "grafana" / "baraka.json"
TESTS = DEPLOY / "prometheus" / "alerts_test.yml"
MONITORING = Path(__file__).parents[2] / "docs" / "monitoring.md"
PROMETHEUS_OWN = {"instance", "job", "le"}


def alerts() -> dict[str, str]:
    """The expressions of the alerts by name."""
    found = re.findall(r"- alert: (\w+)\n\s+expr: '(.*)'\n", ALERTS.read_text())
    return {name: expression.replace("''", "'") for name, expression in found}


def panels() -> dict[str, str]:
    """The expressions of the dashboard by title of the panel and letter."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel["targets"]
    }


def objections(expression: str) -> Iterator[str]:
    """The metrics and labels of an expression that no server has."""
    for name, selector in re.findall(r"\b(baraka_\w+)(?:\{([^}]*)\})?", expression):
        metric = BY_NAME.get(name) or BY_NAME.get(re.sub(r"_(bucket|sum|count)$", "", name))
        if metric is None or (metric.kind is Kind.HISTOGRAM) == (name == metric.name):
            yield name
            continue
        for label in re.findall(r"(\w+)\s*[=!]", selector):
            if label not in {*metric.labels, *PROMETHEUS_OWN}:
                yield f"{name}{{{label}}}"
    known = {label for metric in METRICS for label in metric.labels} | PROMETHEUS_OWN
    for labels in re.findall(r"(?:by|ignoring|on) \(([^)]*)\)", expression):
        yield from (one.strip() for one in labels.split(",") if one.strip() not in known)


def test_alerts_and_dashboard_name_what_there_is() -> None:
    expressions = alerts() | panels()
    assert len(alerts()) >= 15
    assert len(panels()) >= 30
    found = {name: bad for name, one in expressions.items() if (bad := [*objections(one)])}
    assert found == {}


@pytest.mark.parametrize(
    "wrong",
    ["baraka_bid_total", "rate(baraka_commit_seconds[1m])", 'baraka_bids_total{auction="1"}'],
)
def test_a_name_that_is_wrong_is_found(wrong: str) -> None:
    assert [*objections(wrong)]


def test_every_alert_has_a_test_that_promtool_passes() -> None:
    tested = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels", TESTS.read_text())
    assert set(tested) == set(alerts())
    require_prometheus()
    promtool("check", "rules", ALERTS)
    assert "SUCCESS" in promtool("test", "rules", TESTS)
