"""The pins of a server alone, `requirements.txt`: what it imports, out of `constraints.txt`, with hashes.

Without what tests, checks and the build need. `make pins` runs it, and `make check` says when it is stale.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parents[1]
ALL = HOUSE / "constraints.txt"
RUNTIME = HOUSE / "requirements.txt"
ENTRY = re.compile(r"^([\w.-]+)==(?:.*\n)(?:[ ].*\n)*", re.MULTILINE)
HEAD = """\
# Every package that `baraka` needs to run, with hashes. Made by 'make pins' out of constraints.txt.
# {python}
#
#   pip install --require-hashes -r requirements.txt && pip install --no-deps baraka-*.whl
"""


def needed() -> set[str]:
    """The packages that `baraka` needs, and those that these need; extras as they are asked for."""
    found: set[str] = set()
    waiting: list[tuple[str, str]] = [("baraka", "")]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(name)
        for line in requires(name) or []:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                other = canonicalize_name(wanted.name)
                waiting += [(other, each) for each in ("", *wanted.extras)]
    return found - {"baraka"}


def runtime_pins() -> str:
    """Raises `ValueError` where a package that is needed has no pin."""
    text = ALL.read_text(encoding="utf-8")
    entries: dict[str, str] = {canonicalize_name(each[1]): each[0] for each in ENTRY.finditer(text)}
    wanted = needed()
    if missing := sorted(wanted - entries.keys()):
        raise ValueError(f"constraints.txt lacks {', '.join(missing)}. Try: make pins")
    python = text.splitlines()[1].lstrip("# ")
    pins = "".join(
        "".join(
            line for line in entries[name].splitlines(True) if not line.lstrip().startswith("#")
        )
        for name in sorted(wanted)
    )
    return HEAD.format(python=python) + pins


def main() -> int:
    made = runtime_pins()
    if "--check" not in sys.argv:
        RUNTIME.write_text(made, encoding="utf-8")
    elif not RUNTIME.exists() or RUNTIME.read_text(encoding="utf-8") != made:
        print("requirements.txt is stale. Try: .venv/bin/python tools/runtime_pins.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
