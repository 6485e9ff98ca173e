"""Logging on stderr: lines for people on a terminal, JSON lines for programs otherwise."""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from typing import Any, cast

from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from baraka_server.contract.text import printable
from baraka_server.log_queue import Queued, Stderr

QUIET = ("socketio", "engineio", "aiohttp", "asyncio", "asyncmy", "aiosqlite", "alembic")
"""Libraries that log every packet, tokens among them: only their warnings are wanted."""


class Printable(logging.Filter):
    """Log filter that makes every entry safe to show: a message is one line, whatever clients sent.

    A stack trace keeps its lines. It never shows the values of variables: tokens are among them.
    """

    _traces = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = printable(record.msg)
        trace = record.exc_text
        if record.exc_info:
            trace = self._traces.formatException(record.exc_info)
        if trace:
            record.exc_text = "\n".join(map(_indented, trace.split("\n")))
            record.exc_info = None
        for name, value in vars(record).items():
            if isinstance(value, str) and name not in {"msg", "exc_text"}:
                setattr(record, name, printable(value))
        return True


def _indented(line: str) -> str:
    """A line of a stack trace, which must not look like the beginning of an entry."""
    return "    " + printable(line)


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created).astimezone()


class OneLine(RichHandler):
    """Log handler that writes an entry on one line, which only the terminal may wrap."""

    def emit(self, record: logging.LogRecord) -> None:
        time = _moment(record).timetz().isoformat("milliseconds")
        line = Text(f"{time} ", "dim")
        line.append_text(self.get_level_text(record)).append(" ")
        line.append_text(Text(self.format(record), style="not dim"))
        self.console.print(self.highlighter(line), soft_wrap=True)


class AsJson(JsonFormatter):
    """Log formatter that makes an entry a JSON object, whose `event` is for programs."""

    def __init__(self, worker: int | None) -> None:
        super().__init__(
            "{asctime}{levelname}{event}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
            static_fields={} if worker is None else {"worker": worker},
        )

    def format(self, record: logging.LogRecord) -> str:
        vars(record).setdefault("event", "other")
        return super().format(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _moment(record).isoformat(timespec="milliseconds")


def configure(
    level: str = "INFO", *, for_people: bool | None = None, worker: int | None = None
) -> None:
    """Log everything of `level` and above to stderr, for people or for programs; see `is_for_people`.

    Entries of a `worker` have its number.
    """
    writer: logging.Handler
    if is_for_people() if for_people is None else for_people:
        # Markup stays off: what clients send ends up in log lines. So do Rich's own stack traces.
        console = Console(file=cast(Any, Stderr()), soft_wrap=True)
        writer = OneLine(console=console, markup=False)
        writer.setFormatter(logging.Formatter("%(message)s"))
    else:
        writer = logging.StreamHandler(Stderr())
        writer.setFormatter(AsJson(worker))
    writer.addFilter(Printable())
    logging.basicConfig(level=level, handlers=[Queued(writer)], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def is_for_people() -> bool:
    """Whether stderr is a terminal."""
    return sys.stderr.isatty()


def flush() -> None:
    """Wait until the log is written, for a moment: before a process ends without Python's own end."""
    for handler in logging.getLogger().handlers:
        handler.flush()
