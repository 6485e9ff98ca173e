"""Makes the command line that holds a sale once more, with the same decisions."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from baraka_cli.simulator.report.public import flag_value, without_password
from baraka_cli.simulator.result import Result
from baraka_cli.simulator.scenario import PRESETS, Scenario

FLAGS = (
    *("viewers", "bidders", "commenters", "lots", "rate"),
    *("duration", "ramp_up", "find_limit", "transport", "chaos", "seed"),
    *("max_p99_ms", "max_lost", "max_unanswered", "min_accepted_per_second"),
)
"""The parts of a scenario that the command line can change; the others need a file."""

FILE = "scenario.toml"


def command_line(result: Result) -> str:
    """As the run says, else from its scenario; without secrets. With `scenario_file`, it reads that."""
    if result.command:
        return result.command
    words = ["baraka", "simulate"]
    preset, changes = _nearest(result.scenario)
    if scenario_file(result) is not None:
        words.append(FILE)
        changes = {}
    elif result.scenario:
        words.append(preset)
    words += ["--url", without_password(result.url)]
    for name in FLAGS:
        if name in changes:
            words += [flag(name), flag_value(name, changes[name])]
    if result.processes > 1:
        words += ["--processes", str(result.processes)]
    words += [f"--except={finding.promise}" for finding in result.findings if finding.exempt]
    return shlex.join(words)


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def scenario_file(result: Result) -> str | None:
    """The TOML that the scenario needs when flags cannot say it; None when they can."""
    preset, changes = _nearest(result.scenario)
    if result.command or _said_by_flags(changes):
        return None
    lines = [f"preset = {json.dumps(preset)}"]
    lines += [
        f"{name} = {json.dumps(value)}"
        for name, value in changes.items()
        if isinstance(value, str | int | float)
    ]
    return "\n".join(lines)


def _nearest(scenario: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The preset that needs the fewest changes to become `scenario`, flags rather than a file."""
    choices = []
    for name, preset in PRESETS.items():
        fields = preset.model_dump(mode="json")
        changes = {
            key: value
            for key, value in scenario.items()
            if key in Scenario.model_fields and value != fields[key]
        }
        # What a preset sets and the scenario does not, nothing can unset.
        unset = any(value is None for value in changes.values())
        choices.append((unset, not _said_by_flags(changes), len(changes), name, changes))
    *_, name, changes = min(choices, key=lambda choice: choice[:3])
    return name, changes


def _said_by_flags(changes: Mapping[str, Any]) -> bool:
    return all(name in FLAGS for name in changes)
