"""A private, throw-away Prometheus from the Debian package, with the files of `deploy/prometheus/`.

Nothing but addresses and times is changed in those files.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.checks.not_run import not_run
from tests.support.servers.private_server import PrivateServer, program

DEPLOY = Path(__file__).parents[3] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
TARGETS = '["10.0.0.11:9464", "10.0.0.12:9464"]'


def require_prometheus() -> None:
    if missing := Prometheus.missing():
        not_run("Prometheus", f"{', '.join(missing)} not found. Try: make servers, as root")


def promtool(*words: str | Path) -> str:
    """What `promtool` says. Raises `AssertionError` where it is not content."""
    done = subprocess.run(
        [program("promtool"), *map(str, words)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Prometheus(PrivateServer):
    """`with Prometheus(["127.0.0.1:9464"], token) as prometheus`: it scrapes them once a second.

    What the shipped alerts wait for is a second.
    """

    programs = ("prometheus", "promtool")

    def __init__(self, targets: list[str], token: str) -> None:
        super().__init__()
        token_file = self.folder / "token"
        token_file.write_text(token)
        shipped = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
        for theirs, ours in {
            TARGETS: json.dumps(targets),
            "/etc/prometheus/baraka-token": str(token_file),
            "interval: 5s": "interval: 1s",
        }.items():
            assert theirs in shipped, theirs
            shipped = shipped.replace(theirs, ours)
        self.config = self.folder / "prometheus.yml"
        self.config.write_text(shipped)
        alerts = re.sub(r"\bfor: \w+", "for: 1s", ALERTS.read_text())
        (self.folder / "alerts.yml").write_text(alerts)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression has now."""
        data = self._get("query", query=expression)
        found: list[dict[str, Any]] = data["result"]
        return found

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {
            alert["labels"]["alertname"]
            for alert in self._get("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def _get(self, what: str, **asked: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def _command(self) -> list[str]:
        return [
            program("prometheus"),
            f"--config.file={self.config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        ]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1).close()
        except OSError:
            return False
        return True
