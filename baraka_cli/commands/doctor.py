"""`baraka doctor`: finds unsafe or wrong settings and says how to mend them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from baraka_cli.terminal import (
    AsJson,
    DatabaseUrl,
    env_file_problem,
    print_json,
    run,
    say,
    setting_problems,
    stdout,
)

if TYPE_CHECKING:
    from baraka_cli.doctor_checks import CheckResult
    from baraka_server.settings import Settings
    from baraka_server.store.revision_status import Status

STYLES = {"mend": "bold red", "look": "yellow", "ok": "green"}
OTHERS = 0o077
"""The rights of everybody but a file's owner."""


def doctor(
    context: typer.Context, as_json: AsJson = False, database_url: DatabaseUrl = None
) -> None:
    """Check settings, database and machine before a sale, and say what to do.

    Run it where the server runs, as the user that it runs as. Every line begins with ok, look (safe
    enough to start, but somebody should know) or mend. It changes nothing and shows no secret.
    Exits 1 when something must be mended.
    """
    from baraka_cli.doctor_checks import State

    commands = context.find_root().command
    results = list(_results(commands, database_url))
    results.sort(key=lambda one: list(State).index(one.state))
    counts = {state: sum(one.state is state for one in results) for state in State}
    if as_json:
        print_json(
            {
                "ok": not counts[State.MEND],
                "checks": [
                    {"state": one.state, "check": one.check, "what": one.what, "do": one.do}
                    | dict(one.about)
                    for one in results
                ],
            }
        )
    else:
        _print(results)
        say(
            f"\n{counts[State.MEND]} to mend, {counts[State.LOOK]} to look at, "
            f"{counts[State.OK]} fine."
        )
    if counts[State.MEND]:
        raise typer.Exit(1)


def _results(commands: Any, database_url: str | None) -> Iterator[CheckResult]:
    from baraka_cli import doctor_checks
    from baraka_cli.doctor_signing_in import of_signing_in
    from baraka_server import open_files
    from baraka_server.settings import Settings
    from baraka_server.sources import origin

    settings, wrong = _settings(database_url)
    for problem in wrong:
        yield doctor_checks.mend("settings", problem, "see docs/settings.md for what it may be")
    yield from _unknown_settings(commands)
    yield from _env_file()
    bad = {problem.partition(":")[0] for problem in wrong}
    for one in doctor_checks.of_settings(settings, origin(Settings, "jwt_secret")):
        # One that is unreadable is named already; the default that stands in for it is not.
        if not (one.check == "secret" and "BARAKA_JWT_SECRET" in bad):
            yield one
    yield from of_signing_in(settings)
    if not bad & {"BARAKA_DATABASE_URL", "--database-url"}:
        by = "set by --database-url" if database_url else origin(Settings, "database_url")
        yield from run(_database(settings, by))
    yield from run(_several_servers(settings))
    yield doctor_checks.of_open_files(settings, open_files.limit())
    yield doctor_checks.of_uvloop(there=_has_uvloop())


def _settings(database_url: str | None) -> tuple[Settings, list[str]]:
    """The settings, with defaults for those that cannot be used, and what is wrong with these."""
    from pydantic import ValidationError

    from baraka_server.settings import Settings

    given: dict[str, Any] = {} if database_url is None else {"database_url": database_url}
    wrong: list[str] = []
    try:
        return Settings(**given), wrong
    except ValidationError as error:
        wrong += setting_problems(error, given)
        for problem in error.errors():
            name = str(problem["loc"][0])
            given[name] = Settings.model_fields[name].default
    except (OSError, UnicodeDecodeError) as error:
        wrong.append(env_file_problem(error))
        given["_env_file"] = None
    try:
        return Settings(**given), wrong
    except ValidationError as error:  # behind an unreadable .env
        wrong += setting_problems(error, given)
        return Settings.model_construct(), wrong


def _unknown_settings(commands: Any) -> Iterator[CheckResult]:
    """Names that nobody reads: what was meant by them is not set."""
    import os
    from difflib import get_close_matches

    from baraka_cli.doctor_checks import look
    from baraka_server.settings import Settings
    from baraka_server.sources import secret_variables, variable_of

    known = {*map(variable_of, Settings.model_fields), *secret_variables(Settings)}
    known |= _flags_variables(commands)
    for name in sorted({*map(str.upper, os.environ), *_names_in_env_file()}):
        if name.startswith("BARAKA_") and name not in known:
            meant = get_close_matches(name, known, n=1)
            do = f"did you mean {meant[0]}?" if meant else "see docs/settings.md for what there is"
            yield look("settings", f"{name} is set, and means nothing", do)


def _names_in_env_file() -> set[str]:
    from dotenv import dotenv_values

    from baraka_server.sources import ENCODING, env_file

    try:
        return {name.upper() for name in dotenv_values(env_file(), encoding=ENCODING)}
    except (OSError, UnicodeDecodeError):
        return set()


def _flags_variables(commands: Any) -> set[str]:
    """The environment variables that stand for flags of any command."""
    names, waiting = set(), [commands]
    while waiting:
        command: Any = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        names |= {str(option.envvar) for option in command.params if option.envvar}
    return names


def _env_file() -> Iterator[CheckResult]:
    from baraka_cli.doctor_checks import look, ok
    from baraka_server.settings import Settings
    from baraka_server.sources import env_file, secrets_of, variable_of

    file, secrets = env_file(), set(map(variable_of, secrets_of(Settings)))
    if not file.is_file():
        yield ok("settings", f"from the environment; {file} is not there")
    elif secrets & _names_in_env_file() and file.stat().st_mode & OTHERS:
        yield look("settings", f"{file} has secrets, and others may read it", "chmod 600 .env")
    else:
        yield ok("settings", f"from the environment and {file}")


async def _database(settings: Settings, origin: str) -> list[CheckResult]:
    from baraka_cli import doctor_checks, doctor_database
    from baraka_server.store import inspection as store
    from baraka_server.store import migrate
    from baraka_server.store.address import UnusableUrl, missing_file, shown_url
    from baraka_server.store.errors import StoreError

    url, facts = settings.database_url.get_secret_value(), None
    try:
        shown = f"{shown_url(url)} ({origin})"
    except UnusableUrl as error:
        return [
            doctor_checks.mend("database", f"{error} ({origin})", "correct BARAKA_DATABASE_URL")
        ]
    try:
        status = await migrate.current(url)
        results = [_revision(status, shown)]
        facts = await store.examine(url, timeout_seconds=settings.database_timeout_seconds)
    except UnusableUrl as error:
        return [doctor_checks.mend("database", str(error), "correct BARAKA_DATABASE_URL")]
    except (StoreError, OSError) as error:
        do = "start it, or correct BARAKA_DATABASE_URL"
        results = [doctor_checks.mend("database", f"{shown} cannot be used: {error}", do)]
    if isinstance(facts, store.DatabaseServer):
        results += doctor_database.of_database_server(facts)
        results.append(doctor_database.of_connections(settings, facts))
    elif isinstance(facts, store.DatabaseFile):
        results += doctor_database.of_database_file(facts)
    settled = {one.check for one in results if one.state is doctor_checks.State.MEND}
    if not settled & {"database", "file", "writes"}:  # else it is clear that it takes nothing
        results.append(doctor_database.of_writes(await store.refusal(url)))
    if facts is not None and not missing_file(url):
        results += await _rows(url)
    return results


async def _several_servers(settings: Settings) -> list[CheckResult]:
    from baraka_cli.doctor_nodes import of_several_servers

    return await of_several_servers(settings)


async def _rows(url: str) -> list[CheckResult]:
    from baraka_cli import doctor_checks
    from baraka_cli.adoption import of_adoption
    from baraka_server.store.adoption import look_at_adopted
    from baraka_server.store.errors import StoreError

    try:
        return list(of_adoption(await look_at_adopted(url)))
    except (StoreError, OSError) as error:
        return [
            doctor_checks.look("rows", str(error), "run it again when the database is not busy")
        ]


def _revision(status: Status, shown: str) -> CheckResult:
    from baraka_cli import doctor_checks

    if status.beside_newer is not None:
        do = "update baraka on this server too"
        return doctor_checks.look("database", f"{shown}: {status.beside_newer}", do)
    if status.remedy is None:
        return doctor_checks.ok("database", f"{shown}, revision {status.current}, the newest")
    what, _, do = status.remedy.rpartition(". ")
    return doctor_checks.mend("database", f"{shown}: {what}", do)


def _has_uvloop() -> bool:
    from importlib.util import find_spec

    return find_spec("uvloop") is not None


def _print(results: list[CheckResult]) -> None:
    from rich.table import Table
    from rich.text import Text

    from baraka_server.contract.text import printable

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in results:
        state = Text(one.state, style=STYLES[one.state])
        table.add_row(state, one.check, Text(printable(one.what)))
        if one.do:
            table.add_row("", "", Text(f"→ {printable(one.do)}", style="bold"))
    stdout.print(table)
