"""`baraka simulate`: holds a simulated sale and judges the server by it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import typer

from baraka_cli.commands.refused_tokens import why_refused
from baraka_cli.commands.simulate_flags import crowd, findings, server
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
    preset: crowd.ScenarioName = None,
    url: server.Url = "http://127.0.0.1:3000",
    auction: server.Auction = None,
    host: server.Host = 1,
    no_host: server.NoHost = False,
    users: server.Users = USERS,
    tokens: server.Tokens = None,
    viewers: crowd.Viewers = None,
    bidders: crowd.Bidders = None,
    commenters: crowd.Commenters = None,
    processes: crowd.Processes = AUTO,
    lots: crowd.Lots = None,
    lots_encoding: crowd.LotsEncoding = None,
    rate: crowd.Rate = None,
    duration: crowd.Duration = None,
    ramp_up: crowd.RampUp = None,
    find_limit: crowd.FindLimit = None,
    replay: crowd.Replay = None,
    speed: crowd.Speed = None,
    transport: crowd.Transport = None,
    chaos: crowd.Chaos = None,
    seed: crowd.Seed = None,
    database_url: server.DatabaseUrl = None,
    server_pid: server.ServerPid = None,
    whole_numbers: server.WholeNumbers = False,
    patience: server.Patience = PATIENCE,  # type: ignore[assignment]
    probe: findings.Probe = None,
    exempt: findings.Except = None,
    as_json: findings.AsJson = False,
    report: findings.Report = None,
    save: findings.Save = None,
    junit: findings.Junit = None,
    repeat: findings.Repeat = 1,
    compare: findings.Compare = None,
    fail_on_worse: findings.FailOnWorse = False,
    max_p99_ms: findings.MaxP99Ms = None,
    max_lost: findings.MaxLost = None,
    max_unanswered: findings.MaxUnanswered = None,
    min_accepted_per_second: findings.MinAcceptedPerSecond = None,
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
