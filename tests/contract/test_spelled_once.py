"""Names of events and texts of refusals stand in the contract; no other program of ours spells them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import baraka_cli
from baraka_cli.client.replies import ANSWERED_BY
from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT
from baraka_server.contract.vocabulary import CLIENT_EVENTS, SERVER_EVENTS

HERE = Path(baraka_cli.__file__).parent

FIELDS_TOO = {"comment", "newBid", "newComment", "error", "slowMode"}
"""Names of events that are names of fields and English words as well."""

SPELLED_ONCE = (
    {*CLIENT_EVENTS, *SERVER_EVENTS, *TEXTS.values(), *TEXTS_BY_EVENT.values()}
) - FIELDS_TOO


def literals(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_the_command_line_spells_no_event_and_no_refusal():
    spelled = [
        f"{file.relative_to(HERE)}:{line} {text}"
        for file in HERE.rglob("*.py")
        for line, text in literals(file)
        if text in SPELLED_ONCE
    ]
    assert spelled == []


def test_every_client_event_says_what_answers_it():
    assert set(ANSWERED_BY) == set(CLIENT_EVENTS.values())


@pytest.mark.parametrize("name", ["placeBid", "Auction not found!"])
def test_a_literal_would_be_found(name: str, tmp_path: Path):
    file = tmp_path / "client.py"
    file.write_text(f'emit("{name}", {{}})\n')
    assert (1, name) in list(literals(file))
    assert name in SPELLED_ONCE
