"""What the numbers were measured on."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.cpu import CORES
from benchmarks.load import HERE

LIBRARIES = (
    *("python-socketio", "python-engineio", "aiohttp", "uvloop", "isal"),
    *("sqlalchemy", "asyncmy", "aiosqlite", "pydantic"),
)


def described() -> Iterator[str]:
    """A few lines: when, the machine, the versions."""
    yield f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    yield f"{CORES} cores, {_processor()}; {platform.system()} {platform.release()}."
    yield f"Python {platform.python_version()}: {', '.join(_libraries())}."
    yield "; ".join(filter(None, [*_programs(), _socket_io()])) + "."


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _libraries() -> Iterator[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def _programs() -> Iterator[str]:
    for name in ("node", "mariadbd", "cc"):
        program = shutil.which(name, path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin")
        program = program or shutil.which(name)
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True)
            lines = said.stdout.splitlines()
            yield f"{name}: {lines[0].strip()}" if lines else name


def _socket_io() -> str:
    package = HERE / "node" / "node_modules" / "socket.io" / "package.json"
    if not package.exists():
        return ""
    return f"socket.io {json.loads(package.read_text())['version']}"
