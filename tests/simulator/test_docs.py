"""docs/simulate.md names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from baraka_cli.simulator.hostile.table import PROBES
from baraka_cli.simulator.result import TITLES
from baraka_cli.simulator.scenario import PRESETS, Scenario

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """The first column of the tables under a heading, without their own headings."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|.*\|$", section, re.MULTILINE)
    return [row for row in rows if row not in {"preset", "field", "promise", "probe"}]


def test_every_preset_and_field_is_documented():
    names = [name for cell in first_cells("Scenarios") for name in re.findall(r"`([\w-]+)`", cell)]
    assert sorted(names) == sorted([*PRESETS, *Scenario.model_fields])


def test_every_promise_is_documented_in_the_words_of_the_report():
    assert first_cells("Promises") == list(TITLES.values())


def test_every_promise_is_documented_with_the_name_that_exempts_it():
    for promise, title in TITLES.items():
        (row,) = (line for line in DOCUMENT.splitlines() if line.startswith(f"| {title} |"))
        assert row.endswith(f" `{promise}` |")


def test_every_probe_is_documented_in_the_words_of_the_report():
    rows = [f"| `{one.name}` | {one.tries} | {one.right} |" for one in PROBES.values()]
    assert [row for row in DOCUMENT.splitlines() if row in rows] == rows
    assert first_cells("Hostile") == [f"`{name}`" for name in PROBES]
