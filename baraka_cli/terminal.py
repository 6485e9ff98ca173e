"""Shared by all commands: data on stdout, messages on stderr, exit codes as in docs/operating.md.

Nothing here interprets markup: names, titles and comments come from strangers.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from baraka_cli.event_loop import loop_factory
from baraka_cli.shown import PLAIN, Shown
from baraka_server.contract.text import OBEYED, printable

if TYPE_CHECKING:
    from pydantic import ValidationError

    from baraka_server.settings import Settings
    from baraka_server.store.errors import StoreError

T = TypeVar("T")

FAILED = 1
"""The exit code of a command that failed: somebody must mend something."""
WRONG_USAGE = 2
"""The exit code of a command that was called or set up wrongly."""
FAULT = 70
"""The exit code of a server that ended by a fault that nobody foresaw; sysexits.h has it as EX_SOFTWARE."""
TRY_AGAIN = 75
"""The exit code where the same call may work later, and nothing has to be mended here: a database, a server
or an address that is not there yet. sysexits.h has it as EX_TEMPFAIL."""
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended: 128 + SIGINT, as shells expect."""

WHOLE_CELLS_MAX = 16
"""Words in a table that are no longer than this are not broken."""
BETWEEN_COLUMNS = 2

# Both follow sys.stdout and sys.stderr, and NO_COLOR.
stdout = Console(markup=False, emoji=False, highlight=False)
stderr = Console(stderr=True, markup=False, emoji=False, highlight=False)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help=(
            "The database of the auctions. Without it: BARAKA_DATABASE_URL, which is the place for a "
            "password, in the environment or .env; else baraka.db in this folder."
        ),
        show_default=False,
    ),
]

LOTS_ENCODING_HELP = (
    "Encoding of the run list where it is not Unicode, like cp1256 for Arabic on Windows."
)

LotsEncoding = Annotated[
    str | None, typer.Option(metavar="NAME", help=LOTS_ENCODING_HELP, show_default=False)
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]


def open_closed_files() -> None:
    """Let input, output and talk go nowhere where they were closed (`>&-`).

    Else the next file that is opened, a socket or the database, would have the number of one of them.
    """
    import os
    import sys

    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            setattr(sys, name, os.fdopen(opened, "r" if name == "stdin" else "w", closefd=False))


def say(message: str) -> None:
    """Talk, on stderr. Lines are not wrapped, so that what is to be copied can be."""
    stderr.print("\n".join(printable(line) for line in message.splitlines()), soft_wrap=True)


_teller: ContextVar[Callable[[str], None]] = ContextVar("teller", default=say)


@contextmanager
def failures_told_by(teller: Callable[[str], None]) -> Iterator[None]:
    """For a command that speaks otherwise than to people while it runs: in its log."""
    token = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(token)


def fail(message: str) -> NoReturn:
    """It failed: exit 1."""
    _teller.get()(message)
    raise typer.Exit(FAILED)


def try_again(message: str) -> NoReturn:
    """It failed, and may work later: exit 75."""
    _teller.get()(message)
    raise typer.Exit(TRY_AGAIN)


def wrong_usage(message: str) -> NoReturn:
    """It was called or set up wrongly: exit 2."""
    _teller.get()(message)
    raise typer.Exit(WRONG_USAGE)


def ask(question: str, flag: str) -> None:
    """Ask before something is changed. Exits 1 unless a person at a terminal says yes, and 2 where there is no terminal to ask on."""
    import sys

    if not sys.stdin.isatty():
        wrong_usage(f"Nothing was changed. There is no terminal to ask on: give {flag}.")
    try:
        answer = stderr.input(f"{question} [y/N] ", markup=False)
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        fail("Nothing was changed.")


def shown() -> Shown:
    """How amounts and times are shown, by the settings (D57)."""
    from zoneinfo import ZoneInfo

    settings = load_settings()
    zone = None if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone)
    return Shown(settings.currency, zone or UTC)  # UTC is known where no data of zones is


def cell(value: object, style: str = "", shown: Shown = PLAIN) -> Text:
    """A value as people read it in a table; times are in the zone of `shown`."""
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no", style=style)
    if isinstance(value, datetime):
        return Text(shown.local(value).strftime("%Y-%m-%d %H:%M"), style=style)
    return Text(printable(str(value)), style=style)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout. Texts are wrapped; a price, a phone number or a time that is cut misleads.

    Where there is no room for these and the words beside them, lines are longer than the terminal is wide.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    house, least = shown(), -BETWEEN_COLUMNS
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    cells_of = [[cell(value, shown=house) for value in row] for row in rows]
    by_column = zip(columns, zip(*rows, strict=True), zip(*cells_of, strict=True), strict=True)
    for name, values, cells in by_column:
        kinds = {type(value) for value in values}
        numbers = int in kinds and kinds <= {int, NoneType}
        texts = any(map(str.isalpha, "".join(one.plain for one in cells)))
        parts = [Text(name), *(Text(part) for one in cells for part in one.plain.split())]
        longest = max(one.cell_len for one in (parts if texts else [Text(name), *cells]))
        width = min(longest, WHOLE_CELLS_MAX) if texts else longest
        least += BETWEEN_COLUMNS + width
        table.add_column(
            name,
            justify="right" if numbers else "left",
            no_wrap=not texts,
            min_width=width,
            overflow="fold",
        )
    if least > stdout.width:
        table.width = least
    for row in cells_of:
        table.add_row(*row)
    stdout.print(table, crop=False)


def print_json(value: Any) -> None:
    """`value`, with records in it as the contract documents them, as JSON on stdout."""
    import sys

    sys.stdout.write(json_text(value) + "\n")


def json_text(value: Any) -> str:
    """As `print_json` prints it: nothing in it is obeyed by a terminal or unfit for a file."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable)
    # Legal in JSON, but not to be sent to a terminal. Outside of strings there is only "\n".
    return OBEYED.sub(lambda at: "\n" if at[0] == "\n" else f"\\u{ord(at[0]):04x}", text)


def _jsonable(value: Any) -> Any:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no shape in JSON")


def load_settings(**overrides: Any) -> Settings:
    """The settings, with what flags gave; a flag that is None was not given.

    Exits 2 with one line for each setting that is wrong. Secrets are never repeated.
    """
    from pydantic import ValidationError

    from baraka_server.settings import Settings

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong_usage("\n".join(setting_problems(error, given)))
    except (OSError, UnicodeDecodeError) as error:
        wrong_usage(env_file_problem(error))


def env_file_problem(error: OSError | UnicodeDecodeError) -> str:
    """Why `.env` cannot be read, without what is in it."""
    from baraka_server.sources import env_file

    if isinstance(error, OSError):
        return f"{env_file()} cannot be read: {error.strerror or error}"
    return f"{env_file()} cannot be read: it is not UTF-8"


def setting_problems(error: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """A line for each setting that is wrong; `given` are those that came from flags."""
    return [_problem(problem, given) for problem in error.errors()]


def _problem(problem: Any, given: Mapping[str, Any]) -> str:
    from baraka_server.settings import Settings
    from baraka_server.sources import NoSecret, origin, secrets_of, variable_of

    reason: str = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:  # about several of them; what was given has the secrets in it
        return reason
    name = str(problem["loc"][0])
    more = [] if name in secrets_of(Settings) else [f"it is {problem['input']!r}"]
    if name in given:
        source = f"--{name.replace('_', '-')}"
    else:
        source = variable_of(name)
    if name not in given and not isinstance(problem["input"], NoSecret):
        more += [place for place in [origin(Settings, name)] if place != f"set by {source}"]
    return f"{source}: {reason}" + (f" ({', '.join(more)})" if more else "")


def run(coroutine: Coroutine[Any, Any, T], *, about: str | None = None) -> T:
    """Run `coroutine` to its end. What stops it is told in a sentence, without a stack trace.

    `about` says which database it is, for those who are told that something is wrong with it.
    """
    with closing(coroutine):  # interrupted before it began, it would be called forgotten
        return _run(coroutine, about)


def _run(coroutine: Coroutine[Any, Any, T], about: str | None) -> T:
    import asyncio

    from baraka_server.store.address import UnusableUrl
    from baraka_server.store.errors import StoreError, Unfit

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(coroutine)
    except UnusableUrl as error:
        wrong_usage(_lines(f"BARAKA_DATABASE_URL or --database-url: {error}", about))
    except Unfit as error:
        wrong_usage(str(error))
    except StoreError as error:
        if _passes(error):
            try_again(_told(error, about))
        fail(_told(error, about))
    except KeyboardInterrupt:
        say("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None


def _passes(error: StoreError) -> bool:
    """Whether the same command may work later, with nothing mended here."""
    from baraka_server.store.errors import Contention, Unavailable
    from baraka_server.store.migrate import MigrationFailed

    of = error.__cause__ if isinstance(error, MigrationFailed) else error
    return isinstance(of, Contention) or (isinstance(of, Unavailable) and of.trouble.passes)


def _told(error: StoreError, about: str | None) -> str:
    from baraka_server.store.errors import (
        Contention,
        Damaged,
        NotThere,
        OtherHistory,
        OutcomeUnknown,
        Unavailable,
    )
    from baraka_server.store.unsuited import Unsuited

    match error:
        case NotThere() | Damaged() | OtherHistory():
            return str(error)
        case Unsuited():
            what = f"The database refuses {error}. Nothing was changed. See: baraka doctor"
            return _lines(what, about)
        case Unavailable():
            return _lines(f"The database {error.trouble.words}: {error}", about)
        case Contention():
            return _lines(f"The database was too busy, nothing was changed: {error}", about)
        case OutcomeUnknown():
            what = "The database was lost during a commit; look whether it took place"
            return _lines(f"{what}: {error}", about)
        case _:
            return _lines(str(error), about)


def _lines(*lines: str | None) -> str:
    return "\n".join(filter(None, lines))
