"""`python -m tests.support.chaos --seeds 100`: sales under drawn faults, one seed after the other.

Every seed is told with its verdict, and kept with all of its numbers in `.chaos/`. The exit code is 1 where
something that must hold did not; `--seed N` holds that sale again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tests.support.chaos import plan
from tests.support.chaos.sale import run
from tests.support.chaos.summary import summary
from tests.support.servers.mariadb import MariaDB
from tests.support.servers.redis import Redis

FOLDER = Path(__file__).parents[3] / ".chaos"
SEEDS = 10
SEED_SECONDS, LONG_SEED_SECONDS = 50, 110
"""Roughly what a sale takes."""
SEED_SECONDS_MAX = 300
"""A sale that takes longer hangs."""
LINE_BYTES_MAX = 64 * 1024 * 1024


def main() -> int:
    words = _words()
    if words.worker:
        return _work()
    seeds = (
        [words.seed] if words.seed is not None else range(words.first, words.first + words.seeds)
    )
    return asyncio.run(_run_all(list(seeds), words.jobs))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many (%(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (%(default)s)")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time (%(default)s)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


# --- all seeds


async def _run_all(seeds: Sequence[int], jobs: int) -> int:
    began = time.monotonic()
    _say_what_comes(seeds, jobs)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}.jsonl"
    failed: list[int] = []
    verdicts: list[dict[str, Any]] = []
    waiting = list(reversed(seeds))
    with path.open("w", encoding="utf-8") as log:

        async def work() -> None:
            worker = None
            while waiting:
                seed = waiting.pop()
                worker = worker or await _start_worker()
                verdict = await _ask(worker, seed)
                if "crashed" in verdict["violations"]:
                    worker = None
                failed.extend([seed] if verdict["violations"] else [])
                verdicts.append(verdict)
                _note(log, verdict)
            if worker and worker.stdin:
                worker.stdin.close()
                await worker.wait()

        await asyncio.gather(*(work() for _ in range(jobs)))
    for line in summary(verdicts):
        print(line)
    minutes = (time.monotonic() - began) / 60
    print(f"{len(seeds) - len(failed)} of {len(seeds)} seeds held, in {minutes:.0f} min: {path}")
    if not failed:
        return 0
    print("Again, one by one:")
    for seed in sorted(failed):
        print(f'  make chaos CHAOS_ARGS="--seed {seed}"')
    return 1


def _say_what_comes(seeds: Sequence[int], jobs: int) -> None:
    long = sum(map(plan.is_long, seeds))
    seconds = (len(seeds) - long) * SEED_SECONDS + long * LONG_SEED_SECONDS
    about = max(1, round(seconds / 60 / jobs))
    print(
        f"Sales under faults: {len(seeds)} of them, {long} with a freeze of a minute: about {about} min",
        flush=True,
    )


async def _start_worker() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.chaos", "--worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )


async def _ask(worker: asyncio.subprocess.Process, seed: int) -> dict[str, Any]:
    """The verdict of a seed; that it crashed, and the worker ended, where there is none."""
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{seed}\n".encode())
    answer, why = b"", "the process ended"
    try:
        answer = await asyncio.wait_for(worker.stdout.readline(), SEED_SECONDS_MAX)
    except TimeoutError:
        why = f"it did not end in {SEED_SECONDS_MAX} s"
    if answer:
        verdict: dict[str, Any] = json.loads(answer)
        return verdict
    with suppress(ProcessLookupError):
        worker.kill()
    await worker.wait()
    return {"seed": seed, "violations": {"crashed": [why]}}


def _note(log: TextIO, verdict: dict[str, Any]) -> None:
    log.write(json.dumps(verdict) + "\n")
    log.flush()
    broken = verdict["violations"]
    print(f"seed {verdict['seed']:>3}  {'BROKEN' if broken else 'held  '}", _numbers(verdict))
    for check, said in broken.items():
        for one in said:
            print(f"          {check}: {one}"[:400])
    sys.stdout.flush()


def _numbers(verdict: dict[str, Any]) -> str:
    if "bids" not in verdict:
        return ""
    counted = verdict["counted_seconds"]
    calm = verdict["lag"].get("calm")
    parts = [
        f"{verdict['seconds']:.0f} s",
        verdict["set_up"],
        f"{verdict['accepted']} of {verdict['bids']} bids",
        "never counted" if counted is None else f"counted in {counted:.1f} s",
        "forwarded" if verdict["forwarded"] else "",
        f"lag p99 {calm['p99_ms']:.0f} ms" if calm else "",
        "; ".join(verdict["faults"]),
    ]
    return ", ".join(filter(None, parts))


# --- one process for many seeds


def _work() -> int:
    """Hold the sale of each seed that is read, on one MariaDB and one Redis; write its verdict."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the servers under test print is not one
    logging.getLogger("engineio.client").setLevel(logging.CRITICAL)  # of connections that are cut
    with MariaDB() as mariadb, Redis() as redis:
        for line in sys.stdin:
            seed = int(line)
            try:
                with tempfile.TemporaryDirectory(prefix="baraka-chaos-") as folder:
                    verdict = asdict(asyncio.run(run(seed, Path(folder), mariadb, redis)))
            except Exception as fault:
                verdict = {"seed": seed, "violations": {"fault": [repr(fault)]}}
            out.write(json.dumps(verdict, default=str) + "\n")
            out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
