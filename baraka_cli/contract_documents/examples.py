"""Examples of the contract: payloads that were seen on the wire of a real server, by events and routes.

They are kept in examples.json, which tools/contract_examples.py records.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By kind (`clientToServer`, `refused`, `serverToClient`, `http`) and then by name."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
