"""docs/decisions.md has every decision that is cited, and nobody at a terminal reads their numbers."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from baraka_cli.main import app
from tests.support.clients.command_line import invoke

HOUSE = Path(__file__).parents[2]
PACKAGES = ("baraka_server", "baraka_cli")
FOLDERS = (*PACKAGES, "migrations", "examples", "benchmarks", "tests", "tools", "docs")
KINDS = {".md", ".mjs", ".py", ".sql", ".ts"}
NUMBER = re.compile(r"\bD(\d+)\b")
HEADING = re.compile(r"^### D(\d+)\. (.+)$", re.MULTILINE)
NOT_BUILT = "**Not built yet.**"

DECISIONS = (HOUSE / "docs" / "decisions.md").read_text(encoding="utf-8")
TOLD = [int(number) for number, _ in HEADING.findall(DECISIONS)]


def numbers_in(text: str) -> set[int]:
    return {int(number) for number in NUMBER.findall(text)}


def texts(*folders: str) -> Iterator[tuple[str, str]]:
    """The name and the text of every file that people write in these folders."""
    for folder in folders:
        for file in sorted((HOUSE / folder).rglob("*")):
            if file.suffix in KINDS and "node_modules" not in file.parts:
                yield str(file.relative_to(HOUSE)), file.read_text(encoding="utf-8")


def all_texts() -> Iterator[tuple[str, str]]:
    yield from texts(*FOLDERS)
    for file in sorted(HOUSE.glob("*.md")):
        yield file.name, file.read_text(encoding="utf-8")


def not_built(page: str = DECISIONS) -> set[int]:
    parts = re.split(HEADING, page)
    return {
        int(number)
        for number, body in zip(parts[1::3], parts[3::3], strict=True)
        if body.lstrip().startswith(NOT_BUILT)
    }


def shown_strings(source: str) -> Iterator[tuple[int, str]]:
    """Every string of a program but docstrings, those of attributes among them: line and text."""
    tree = ast.parse(source)
    docstrings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and node not in docstrings:
            yield node.lineno, node.value


def test_every_number_from_the_first_to_the_last_is_told_once():
    assert Counter(TOLD) == Counter(range(1, max(TOLD) + 1))


def test_every_decision_that_is_cited_is_told():
    cited = {name: numbers_in(text) - set(TOLD) for name, text in all_texts()}
    assert {name: numbers for name, numbers in cited.items() if numbers} == {}


def test_no_code_cites_a_decision_that_is_marked_as_not_built():
    marked = DECISIONS.replace("\n\n`BARAKA_CURRENCY`", f"\n\n{NOT_BUILT} `BARAKA_CURRENCY`")
    assert not_built(marked) == not_built() | {57}, "the marks are found"
    cited = {name: numbers_in(text) & not_built() for name, text in texts(*PACKAGES, "migrations")}
    assert {name: numbers for name, numbers in cited.items() if numbers} == {}


def test_no_text_of_a_program_cites_a_decision_outside_of_docstrings():
    """What a server, a command, the console and the simulator say is made of these strings."""
    found = [
        f"{name}:{line}: {text}"
        for name, source in texts(*PACKAGES)
        if name.endswith(".py")
        for line, text in shown_strings(source)
        if NUMBER.search(text)
    ]
    assert found == []


def commands(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*words, name))


@pytest.mark.parametrize(
    "words",
    list(commands(typer.main.get_command(app))),
    ids=lambda words: " ".join(words) or "baraka",
)
def test_no_help_cites_a_decision(words: tuple[str, ...]):
    """A help text may be the docstring of its command."""
    assert numbers_in(invoke(*words, "--help").out) == set()
