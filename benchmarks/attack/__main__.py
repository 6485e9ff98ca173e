"""`python -m benchmarks.attack`: run the attacks one after the other, and print their effect on others.

Before each attack and after it the same server is measured without it, for as long. Talk goes to stderr, the
table, in Markdown, to stdout. Exit code 1 if an attack was not held off.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import machine
from benchmarks.__main__ import raise_open_files, say
from benchmarks.attack import cost, held
from benchmarks.attack.hands import GONE, inside
from benchmarks.attack.place import QUICK, Place, Size, Taken, Usage, open_place
from benchmarks.report import short, table

WORSE_MAX = 2.0
"""How many times as long a bid may take beside an attack."""
NOISE_MS = 2.0
"""A bid that took so little longer did not."""
LATE_MS = 50.0
"""A bid that took no longer is not late: people notice twice as much, and on a machine that server,
database, neighbour and attackers share, one commit takes that long now and then without any attack."""
LATE_MIN = 2
"""One late bid in a run of a hundred is the machine's as likely as the attack's."""
ATTACKER_NICENESS = 10
"""Attackers have machines of their own: here they leave the processors to server and neighbour."""

Attack = Callable[[Place], Awaitable[str]]

ATTACKS: dict[str, Attack] = {
    "ended-joins": cost.ended_joins,
    "room-joins": cost.room_joins,
    "last-seq": cost.last_seq,
    "slow-viewer": cost.slow_viewer,
    "comments": cost.comments,
    "starts": cost.starts,
    "histories": cost.histories,
    "handshakes": cost.handshakes,
    "tricks": held.tricks,
    "endless-headers": held.endless_headers,
    "slow-loris": held.slow_loris,
    "slow-post": held.slow_post,
    "silent-websockets": held.silent_websockets,
    "visits": held.visits,
    "cycles": held.cycles,
    "locked-row": held.locked_row,
    "stop": held.stop,
}
"""In this order; the last one ends the server."""


@dataclass(frozen=True, slots=True)
class Told:
    name: str
    quiet: Taken
    beside: Taken | None
    usage: Usage
    told: str
    failed: bool

    @property
    def held_off(self) -> bool:
        if self.failed or (self.beside and self.beside.refused):
            return False
        if self.beside is None:
            return True
        return not worse(self.beside.median, self.quiet.median) and not self.late

    @property
    def late(self) -> int:
        """The number of late bids, if it is above the hundredth that p99 leaves out and no accident."""
        if self.beside is None:
            return 0
        count = self.beside.late(max(LATE_MS, WORSE_MAX * self.quiet.p99))
        return count if count >= LATE_MIN and count > len(self.beside.ms) / 100 else 0

    def row(self) -> list[str]:
        usage, beside = self.usage, self.beside
        p99 = ""
        if beside:
            p99 = f"{short(beside.p99)} / {short(self.quiet.p99)}"
            p99 += f" ({short(beside.p99 / self.quiet.p99)} ×)"
        memory = " → ".join(
            f"{size / 2**20:.0f}" for size in (usage.before, usage.peak, usage.after)
        )
        return [
            self.name,
            f"{short(beside.median)} / {short(self.quiet.median)}" if beside else "",
            p99,
            f"{usage.spent.server / usage.spent.wall:.2f}" if beside else "",
            memory if beside else "",
            "" if not beside else f"no: {usage.left} more" if usage.left else "yes",
            ("held off" if self.held_off else "**not held off**") + _disturbance(usage),
            self.told + _refusals(beside) + (f"; {self.late} bids were late" if self.late else ""),
        ]


HEAD = (
    *("attack", "bid elsewhere, median ms (beside / quiet)", "p99 ms", "server cores"),
    *("MB before → peak → after", "went back", "verdict", "what happened"),
)


def worse(beside: float, quiet: float) -> bool:
    return beside > WORSE_MAX * quiet and beside > quiet + NOISE_MS


def _disturbance(usage: Usage) -> str:
    """Told with the verdict: whatever else runs on the machine makes both runs slower, and unequally."""
    others = usage.spent.foreign_cores
    return f", {others:.1f} cores were others'" if usage.spent.disturbed else ""


def _refusals(beside: Taken | None) -> str:
    if not beside or not beside.refused:
        return ""
    return "; the neighbour: " + ", ".join(f"{n} × {code}" for code, n in beside.refused.items())


async def measured(name: str, place: Place) -> Told:
    quiet = await place.bids(place.size.seconds)
    failed = False
    async with place.watched() as usage:
        attacking = asyncio.ensure_future(ATTACKS[name](place))
        beside = None if name == "stop" else await place.bids(place.size.seconds)
        try:
            told = await attacking
        except AssertionError as error:
            told, failed = str(error), True
        except GONE as error:
            told = f"the attacker was disconnected {error}".rstrip()
    if place.server.running:
        await place.settles(usage)
        quiet += await place.bids(place.size.seconds)
    return Told(name, quiet, beside, usage, told, failed)


async def run(names: Sequence[str], size: Size) -> list[Told]:
    results = []
    with tempfile.TemporaryDirectory(prefix="baraka-attack-") as folder:
        say("filling a database")
        async with open_place(size, Path(folder)) as place:
            os.nice(ATTACKER_NICENESS)
            await place.bids(size.seconds)  # the first lot warms everything up
            async with inside(place.url, cost.watchers(size)):
                pass  # what a process takes from the system for a crowd it keeps for the next one
            for name in names:
                say(f"{name}: {(ATTACKS[name].__doc__ or '').splitlines()[0]}")
                one = await measured(name, place)
                results.append(one)
                say(" | ".join(filter(None, one.row()[1:])))
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="whether it runs; no numbers to keep")
    parser.add_argument("--only", metavar="NAME", help=f"some of: {', '.join(ATTACKS)}")
    parser.add_argument("--seconds", type=float, help="how long each run is")
    chosen = parser.parse_args(arguments)
    names = chosen.only.split(",") if chosen.only else list(ATTACKS)
    if unknown := set(names) - set(ATTACKS):
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    size = QUICK if chosen.quick else Size()
    if chosen.seconds:
        size = replace(size, seconds=chosen.seconds)
    raise_open_files()
    logging.getLogger("asyncio").setLevel(
        logging.ERROR
    )  # for every connection that the server closed
    results = asyncio.run(run([name for name in ATTACKS if name in names], size))
    print("\n".join(machine.described()))
    print()
    print(table(HEAD, [one.row() for one in results]))
    return 0 if all(one.held_off for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
