"""Description of the machine and the versions on which the numbers were measured."""

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
PACKAGES = (("node", "socket.io"), ("nest", "@nestjs/core"), ("nest", "@prisma/client"))
"""Of Node: the folder that has it, and its name."""


def described() -> Iterator[str]:
    """A few lines: when, the machine, the versions."""
    yield f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    yield f"{CORES} cores, {_processor()}; {platform.system()} {platform.release()}."
    yield f"Python {platform.python_version()}: {', '.join(_libraries())}."
    yield "; ".join([*_programs(), *_packages()]) + "."


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


def _packages() -> Iterator[str]:
    for folder, name in PACKAGES:
        package = HERE / folder / "node_modules" / name / "package.json"
        if package.exists():
            yield f"{name} {json.loads(package.read_text())['version']}"
