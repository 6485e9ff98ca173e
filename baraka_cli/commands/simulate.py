"""`baraka simulate`: holds a simulated sale and judges the server by it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import typer

from baraka_cli.commands import simulate_flags as flags
from baraka_cli.commands.refused_tokens import why_refused
from baraka_cli.commands.simulate_hostile import (
    HOSTILE,
    only_for_a_sale,
    probed,
    probes_named,
)
from baraka_cli.commands.simulate_replay import command_again, replay_of, scenario_of
from baraka_cli.commands.simulate_result import Files, exit_code, former_result, held, tell
from baraka_cli.commands.simulate_setup import (
    AUTO,
    open_enough_files,
    people_of,
    places_of,
    processes_of,
    promises_named,
    scenario_and_lots,
    somebody_comes,
)
from baraka_cli.terminal import wrong_usage

if TYPE_CHECKING:
    from baraka_cli.simulator.result import Result

USERS = 100
"""As many as `baraka db seed` makes when nobody says otherwise."""
PATIENCE = "10s"


def simulate(
    preset: flags.ScenarioName = None,
    url: flags.Url = "http://127.0.0.1:3000",
    auction: flags.Auction = None,
    host: flags.Host = 1,
    no_host: flags.NoHost = False,
    users: flags.Users = USERS,
    tokens: flags.Tokens = None,
    viewers: flags.Viewers = None,
    bidders: flags.Bidders = None,
    commenters: flags.Commenters = None,
    processes: flags.Processes = AUTO,
    lots: flags.Lots = None,
    lots_encoding: flags.LotsEncoding = None,
    rate: flags.Rate = None,
    duration: flags.Duration = None,
    ramp_up: flags.RampUp = None,
    find_limit: flags.FindLimit = None,
    replay: flags.Replay = None,
    speed: flags.Speed = None,
    transport: flags.Transport = None,
    chaos: flags.Chaos = None,
    seed: flags.Seed = None,
    database_url: flags.DatabaseUrl = None,
    server_pid: flags.ServerPid = None,
    whole_numbers: flags.WholeNumbers = False,
    patience: flags.Patience = PATIENCE,  # type: ignore[assignment]
    probe: flags.Probe = None,
    exempt: flags.Except = None,
    as_json: flags.AsJson = False,
    report: flags.Report = None,
    save: flags.Save = None,
    junit: flags.Junit = None,
    repeat: flags.Repeat = 1,
    compare: flags.Compare = None,
    fail_on_worse: flags.FailOnWorse = False,
    max_p99_ms: flags.MaxP99Ms = None,
    max_lost: flags.MaxLost = None,
    max_unanswered: flags.MaxUnanswered = None,
    min_accepted_per_second: flags.MinAcceptedPerSecond = None,
) -> None:
    """Hold a simulated sale: how much does a server carry, and does it keep its promises.

    The auction is really started, bid on and ended: use one that nobody needs. With hostile, what
    nobody should do is tried on it instead. Exits 1 when a promise was broken, a fault was found or
    a threshold was not held, and 2 when the sale could not be held. Ctrl-C and SIGTERM end the
    auction and report.
    """
    from baraka_cli.simulator.run import Setup

    url = url.rstrip("/")
    if not url.startswith(("http://", "https://")):
        wrong_usage(f"--url: '{url}' is not an address; write it like http://127.0.0.1:3000")
    fields = {
        "viewers": viewers,
        "bidders": bidders,
        "commenters": commenters,
        "rate": rate,
        "duration": duration,
        "ramp_up": ramp_up,
        "find_limit": find_limit,
        "transport": transport,
        "chaos": chaos,
        "seed": seed,
        "max_p99_ms": max_p99_ms,
        "max_lost": max_lost,
        "max_unanswered": max_unanswered,
        "min_accepted_per_second": min_accepted_per_second,
    }
    files = Files(report=report, save=save, junit=junit)
    if preset == HOSTILE:
        only_for_a_sale(
            **fields,
            lots=lots,
            processes=None if processes == AUTO else processes,
            no_host=no_host,
            database_url=database_url,
            server_pid=server_pid,
            repeat=repeat > 1,
            compare=compare,
        )
        probes, left_out = probes_named(probe, "--probe"), probes_named(exempt, "--except")
        files.try_out()
        result = probed(url, auction, people_of(tokens, host, users), probes, left_out)
        _tell_and_exit(result, None, files, as_json=as_json, fail_on_worse=False)
    if probe:
        wrong_usage(f"--probe is for {HOSTILE}: baraka simulate {HOSTILE} --probe {probe[0]}")
    promises = promises_named(exempt)
    again = replay_of(replay, speed, {**fields, "lots": lots, "no_host": no_host or None})
    if again is not None:
        fields |= scenario_of(again, fields)
    scenario, run_list = scenario_and_lots(preset, lots, lots_encoding, fields)
    if again is not None:
        run_list = again.recording.lots
    else:
        somebody_comes(scenario, hosted=not no_host)
    if repeat > 1 and (auction is not None or no_host):
        wrong_usage(
            "--repeat holds each sale on an auction of its own: leave --auction and --no-host out"
        )
    old = former_result(compare, scenario, must_be_alike=fail_on_worse)
    files.try_out()
    held_by = processes_of(processes, scenario, url, server_pid or ())
    open_enough_files(scenario, held_by)
    people = people_of(tokens, host, users, sale_seconds=scenario.duration)
    places = places_of(url, auction, repeat, people)
    if no_host:
        places = [replace(place, next_door=None) for place in places]  # nobody would start it
    setups = [
        Setup(
            url=url,
            scenario=scenario,
            place=place,
            lots=run_list,
            mint=people.mint,
            server_pids=tuple(server_pid or ()),
            hosted=not no_host,
            numbers_are_whole=whole_numbers,
            version=version("baraka"),
            patience=patience,
            replay=again,
            command=command_again(replay, again, url, viewers, seed),
            why_refused=partial(why_refused, url, people.maker),
            exempt=promises,
            processes=held_by,
        )
        for place in places
    ]
    result = held(setups, database_url)
    _tell_and_exit(result, old, files, as_json=as_json, fail_on_worse=fail_on_worse)


def _tell_and_exit(
    result: Result, old: Result | None, files: Files, *, as_json: bool, fail_on_worse: bool
) -> None:
    written = tell(result, old, files, as_json=as_json, fail_on_worse=fail_on_worse)
    raise typer.Exit(exit_code(result, old if fail_on_worse else None, written=written))
