"""The log: for people on a terminal, JSON lines for programs otherwise. On stderr."""

from __future__ import annotations

import logging
import sys
from datetime import datetime

from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from baraka_server.contract.text import printable

QUIET = ("socketio", "engineio", "aiohttp", "asyncio", "asyncmy", "aiosqlite", "alembic")
"""Libraries that speak of every packet, tokens among them: only their warnings are wanted."""


class Printable(logging.Filter):
    """Makes of every entry what may be shown: one line for a message, whatever strangers put in it.

    A stack trace keeps its lines. It never shows the values of variables: tokens are among them.
    """

    _traces = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:  # a slip in a log line must not stop the work that it speaks of
            message = str(record.msg)
        record.msg, record.args = printable(message), None
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


class OneLine(RichHandler):
    """An entry on one line of its own, which a narrow terminal may wrap but nothing cuts up."""

    def emit(self, record: logging.LogRecord) -> None:
        line = Text(f"{datetime.fromtimestamp(record.created):%H:%M:%S} ", "dim")  # noqa: DTZ006
        line.append_text(self.get_level_text(record)).append(" ")
        line.append_text(Text(self.format(record), style="not dim"))
        self.console.print(self.highlighter(line), soft_wrap=True)


def configure(level: str = "INFO", *, for_people: bool | None = None) -> None:
    """Send everything of `level` and above to stderr, in the form that whoever reads it can use."""
    handler: logging.Handler
    if sys.stderr.isatty() if for_people is None else for_people:
        # Markup stays off: what clients send ends up in log lines. So do Rich's own stack traces.
        handler = OneLine(console=Console(stderr=True, soft_wrap=True), markup=False)
        handler.setFormatter(logging.Formatter("%(message)s", datefmt="%H:%M:%S"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(
            JsonFormatter(
                "{asctime}{levelname}{name}{message}",
                style="{",
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                json_ensure_ascii=False,
            )
        )
    handler.addFilter(Printable())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
