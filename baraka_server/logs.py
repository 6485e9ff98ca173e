"""The log: for people on a terminal, JSON lines for programs otherwise. On stderr."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.logging import RichHandler

QUIET = ("socketio", "engineio", "aiohttp", "asyncio", "asyncmy", "aiosqlite", "alembic")
"""Libraries that speak of every packet: only their warnings are wanted."""


def configure(level: str = "INFO", *, for_people: bool | None = None) -> None:
    """Send everything of `level` and above to stderr, in the form that whoever reads it can use."""
    handler: logging.Handler
    if sys.stderr.isatty() if for_people is None else for_people:
        # Markup stays off: what clients send ends up in log lines.
        handler = RichHandler(
            console=Console(stderr=True), show_path=False, markup=False, rich_tracebacks=True
        )
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
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
