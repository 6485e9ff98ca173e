"""pre-commit and `make check` call the same tools, so that neither passes what the other refuses."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def commands_of_make_check() -> list[str]:
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", makefile, re.MULTILINE)
    assert recipe
    lines = [line.strip().removeprefix("@") for line in recipe[1].splitlines()]
    return [line.replace("$(BIN)", ".venv/bin").replace("$(MAKE)", "make") for line in lines]


def test_pre_commit_runs_what_make_check_runs():
    config = (HOUSE / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ +entry: (.+)$", config, re.MULTILINE) == commands_of_make_check()


def test_pre_commit_needs_no_network():
    """A repository of hooks would be fetched from its host."""
    config = (HOUSE / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (.+)$", config, re.MULTILINE) == ["local"]
    assert set(re.findall(r"language: (.+)$", config, re.MULTILINE)) == {"system"}
