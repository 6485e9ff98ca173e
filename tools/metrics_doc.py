"""Tables of docs/monitoring.md, made from the alerts and the catalog of metrics. With --check it fails when it is stale."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from baraka_server.metrics.catalog import METRICS, Metric  # noqa: E402
from tools.made_parts import put_in, write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "monitoring.md"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
BEGIN = "<!-- Made by tools/metrics_doc.py from {}: change it there. -->\n"
ALERT = re.compile(
    r"- alert: (?P<name>\w+)\n\s+expr: '(?P<expr>.*)'\n\s+for: (?P<wait>\w+)\n\s+labels:\n"
    r"\s+severity: (?P<severity>\w+)\n\s+annotations:\n\s+summary: '.*'\n\s+action: '(?P<action>.*)'\n"
)


def alerts() -> str:
    text = ALERTS.read_text(encoding="utf-8")
    found = list(ALERT.finditer(text))
    if len(found) != text.count("- alert: "):
        sys.exit(f"{ALERTS} has alerts in another form than tools/metrics_doc.py reads")
    rows = []
    for alert in found:
        expr = alert["expr"].replace("''", "'").replace("|", "\\|")
        wait = "" if alert["wait"] == "0s" else f" for {alert['wait']}"
        action = alert["action"].replace("''", "'")
        rows.append(f"| `{alert['name']}` | {alert['severity']} | `{expr}`{wait} | {action} |")
    return "\n".join(["| alert | | when | what to do |", "|---|---|---|---|", *rows])


def metrics() -> str:
    rows = [f"| `{one.name}` | {one.kind} | {_labels(one)} | {one.help} |" for one in METRICS]
    return "\n".join(["| metric | kind | labels | what it is |", "|---|---|---|---|", *rows])


def _labels(metric: Metric) -> str:
    return ", ".join(f"`{label}`" for label in metric.labels)


def page(text: str) -> str:
    for source, table in (
        ("deploy/prometheus/alerts.yml", alerts()),
        ("baraka_server/metrics/catalog.py", metrics()),
    ):
        text = put_in(PAGE, text, BEGIN.format(source), table)
    return text


if __name__ == "__main__":
    write_or_check(PAGE, page(PAGE.read_text(encoding="utf-8")), "metrics_doc.py")
