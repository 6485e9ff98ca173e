"""Setup of `baraka simulate --replay`: reads the record, and makes a scenario of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baraka_cli.terminal import wrong_usage

if TYPE_CHECKING:
    from baraka_cli.simulator.crowd.replaying import Replay

SAID_BY_THE_RECORD = (
    *("bidders", "commenters", "lots", "rate", "duration", "ramp_up", "find_limit", "no_host"),
)
SECONDS_MIN = 1.0


def replay_of(file: Path | None, speed: float | None, given: Mapping[str, Any]) -> Replay | None:
    """The replay that was asked for; None for none. Exits 2 for what cannot be done again."""
    from baraka_cli.simulator.crowd.replaying import Replay
    from baraka_cli.simulator.recording import BadRecording, read_recording

    if file is None:
        if speed is not None:
            wrong_usage("--speed: of what? Give --replay FILE.json")
        return None
    said = [name for name in SAID_BY_THE_RECORD if given.get(name) is not None]
    if said:
        names = ", ".join("--" + name.replace("_", "-") for name in said)
        wrong_usage(f"{names}: with --replay the record says that; leave it out")
    try:
        return Replay(read_recording(file), speed or 1.0)
    except BadRecording as error:
        wrong_usage(f"--replay: {error}")


def scenario_of(replay: Replay, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the scenario that the record decides. Connections are cut only when that is asked for."""
    seconds = max(replay.recording.seconds / replay.speed, SECONDS_MIN)
    chaos = given.get("chaos")
    return {
        "bidders": 0,
        "commenters": 0,
        "rate": 0,
        "lots": len(replay.recording.lots),
        "duration": seconds,
        "chaos": 0 if chaos is None else chaos,
    }


def command_again(
    file: Path | None, replay: Replay | None, url: str, viewers: int | None, seed: int | None
) -> str:
    """The command line that does it once more; empty without a replay: the scenario says it then."""
    from baraka_cli.simulator.report.public import without_password

    if file is None or replay is None:
        return ""
    words = ["baraka", "simulate", "--url", without_password(url), "--replay", str(file)]
    for name, value in (("speed", f"{replay.speed:g}"), ("viewers", viewers), ("seed", seed)):
        if value is not None:
            words += [f"--{name}", str(value)]
    return shlex.join(words)
