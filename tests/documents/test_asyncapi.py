"""The AsyncAPI document is one, says the official parser, and has every event with its replies."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from baraka_server.contract.vocabulary import CLIENT_EVENTS, SERVER_EVENTS
from tests.support.checks.not_run import not_run
from tools.contract_docs import FOLDER

PARSER = Path(__file__).parents[1] / "asyncapi"
ERROR = 0


def test_the_official_parser_takes_the_document() -> None:
    node = shutil.which("node")
    if node is None or not (PARSER / "node_modules").exists():
        not_run("AsyncAPI's parser", "node or its packages are missing. Try: make node")
    done = subprocess.run(
        [node, PARSER / "validate.mjs", FOLDER / "asyncapi.json"], capture_output=True, text=True
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    errors = [one for one in found["diagnostics"] if one["severity"] == ERROR]
    assert errors == []
    operations = found["operations"]
    assert operations.keys() == {f"sent_{name}" for name in CLIENT_EVENTS} | {
        f"told_{name}" for name in SERVER_EVENTS
    }
    assert operations["sent_placeBid"] == ["BidAccepted", "Refused"]
    assert all(operations[f"sent_{name}"] for name in CLIENT_EVENTS)
    assert operations["told_newBid"] is None
