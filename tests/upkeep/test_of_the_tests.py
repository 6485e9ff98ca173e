"""Rules that every test keeps: no private part of ours, no time of the clock on the wall.

`python -m pytest tests/upkeep/test_of_the_tests.py` says where one is broken, and what to do.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
SLEEP_SECONDS_MAX = 0.2
CLOCKS = {"monotonic", "perf_counter", "time"}
PATCHES = {"setattr", "delattr", "getattr", "hasattr", "object", "patch"}

OF_LIBRARIES = {
    ("tests/simulator/test_patience.py", "_write_loop"): (
        "python-engineio gives up here on a server that it hears nothing of"
    ),
    ("tests/console/test_connection.py", "_exit_renderables"): (
        "Textual keeps here what it prints when an app ends by a fault"
    ),
    ("tests/console/test_keys.py", "_timeout_time"): (
        "Textual's parser waits for the rest of a sequence; a test does not"
    ),
    ("tests/console/test_keys.py", "_xterm_parser"): (
        "the parser that ours is made of: a test fails when a workaround is needed no more"
    ),
    ("tests/support/clients/keyboard.py", "_compositor"): (
        "what Textual writes to a terminal, to be read as people read it"
    ),
    ("tests/support/clients/keyboard.py", "_post_mouse_events"): "Textual's pilot has no wheel",
    ("tests/support/clients/raw.py", "_response"): (
        "aiohttp's websocket tells nobody which transport it has"
    ),
    ("tests/support/servers/forks.py", "_exit"): "os._exit has no other name",
    ("tests/wire/test_room_index.py", "_generate_ack_id"): (
        "what python-socketio does when an event asks for an answer"
    ),
}
"""Names that begin with an underscore and are not ours: where they are used, and why."""


@cache
def trees() -> dict[str, ast.Module]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name: ast.parse((HOUSE / name).read_text())
        for name in listed.stdout.splitlines()
        if name.startswith(("tests/", "benchmarks/")) and (HOUSE / name).exists()
    }


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def own_names(tree: ast.Module) -> set[str]:
    """What a file defines itself, and may use: functions, classes, names, attributes of `self`."""
    defined = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            defined |= {node.attr} if _is_own(node.value) else set()
    return defined


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything private that is reached for, by a dot, an import or as a string."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute) and not _is_own(node.value):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.Call) and _name_of(node.func) in PATCHES:
            names = [part for text in _texts(node.args[:2]) for part in text.split(".")]
        yield from ((node.lineno, name) for name in names if is_private(name))


def _is_own(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _name_of(value.func) == "super"
    return isinstance(value, ast.Name) and value.id in {"self", "cls"}


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def sleeps(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name_of(node.func) == "sleep":
            seconds = [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
            if any(isinstance(each, int | float) and each > SLEEP_SECONDS_MAX for each in seconds):
                yield node.lineno


def timed_assertions(tree: ast.Module) -> Iterator[int]:
    """Lines of assertions on what a clock says, or on what was reckoned from it in the function."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            assigned = [
                (name.id, node.value)
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for target in node.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            ]
            clocks = {name for name, value in assigned if _is_a_clock(value)}
            reckoned = {name for name, value in assigned if _looks_at_a_clock(value, clocks)}
            for node in ast.walk(function):
                if isinstance(node, ast.Assert) and _looks_at_a_clock(node.test, clocks | reckoned):
                    yield node.lineno


def _is_a_clock(value: ast.expr) -> bool:
    """Whether it is one of the functions themselves: `now = loop.time`."""
    return isinstance(value, ast.Attribute) and value.attr in CLOCKS


def _looks_at_a_clock(value: ast.expr, reckoned: set[str]) -> bool:
    return any(
        (isinstance(node, ast.Call) and not node.args and _name_of(node.func) in CLOCKS)
        or (isinstance(node, ast.Name) and node.id in reckoned)
        for node in ast.walk(value)
    )


def test_no_test_reaches_for_a_private_part_of_ours() -> None:
    found = [
        f"{file}:{line}: {name}"
        for file, tree in trees().items()
        for line, name in private_names(tree)
        if name not in own_names(tree) and (file, name) not in OF_LIBRARIES
    ]
    assert not found, "\n".join(
        [
            "these are private. Use what is public, or make it so: a parameter (a clock, a limit), a "
            "count of `inspect()`, a property, a function. If it is a library's: OF_LIBRARIES.",
            *found,
        ]
    )


def test_what_is_allowed_of_libraries_is_used() -> None:
    used = {(file, name) for file, tree in trees().items() for _, name in private_names(tree)}
    assert OF_LIBRARIES.keys() <= used


def test_no_test_sleeps_for_a_while() -> None:
    found = [f"{file}:{line}" for file, tree in trees().items() for line in sleeps(tree)]
    found = [place for place in found if place.startswith("tests/")]
    assert not found, "\n".join(
        ["wait for a condition (`until`, `hears`), or give a clock and move it", *found]
    )


def test_no_test_asserts_how_long_something_took() -> None:
    found = [f"{file}:{line}" for file, tree in trees().items() for line in timed_assertions(tree)]
    assert not found, "\n".join(
        ["a busy machine is not a failure: give a clock, or count what was done", *found]
    )


# --- the rules themselves

BROKEN = {
    "server._house": private_names,
    "server.house._auctioneers[1].state": private_names,
    "from baraka_server.store.migrate import _lock": private_names,
    "import baraka_server._store": private_names,
    "monkeypatch.setattr(store, '_commit', None)": private_names,
    "monkeypatch.setattr('baraka_server.store._commit', None)": private_names,
    "patch.object(House, '_poll')": private_names,
    "await asyncio.sleep(0.5)": sleeps,
    "time.sleep(3)": sleeps,
    "def f():\n    assert time.monotonic() < 3": timed_assertions,
    "def f():\n    took = loop.time() - begun\n    assert took < 3": timed_assertions,
    "def f():\n    now = loop.time\n    assert now() < 3": timed_assertions,
}
KEPT = """
self._house = super()._house
server.__class__.__name__
monkeypatch.setattr(store, "commit", None)
asyncio.sleep(0)
time.sleep(0.01)
def f():
    while time.monotonic() < deadline:
        assert done
"""


@pytest.mark.parametrize("source", BROKEN)
def test_what_breaks_a_rule_is_found(source: str) -> None:
    assert list(BROKEN[source](ast.parse(source)))


def test_what_keeps_the_rules_is_let_be() -> None:
    tree = ast.parse(KEPT)
    for rule in (private_names, sleeps, timed_assertions):
        assert list(rule(tree)) == []
