"""Every command and every option says what it does, and saying it is quick."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from baraka_cli.main import app
from tests.support.clients.command_line import invoke, run

SERVER_PACKAGES = ("pydantic", "sqlalchemy", "alembic", "aiohttp", "socketio", "jwt", "uvloop")


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*words, name))


ALL = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(
    ("words", "command"), ALL, ids=[" ".join(words) or "baraka" for words, _ in ALL]
)
def test_a_command_and_its_options_have_a_help_text(words: tuple[str, ...], command: Any) -> None:
    assert command.help
    for parameter in command.params:
        assert parameter.help, parameter.name
    done = invoke(*words, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out == invoke(*words, "-h").out


def test_where_options_stand_in_panels_none_stands_alone() -> None:
    for words, command in ALL:
        options = [one for one in command.params if one.param_type_name == "option"]
        panels = {one.name: one.rich_help_panel for one in options if one.name != "help"}
        alone = [name for name, panel in panels.items() if panel is None]
        assert not alone or len(alone) == len(panels), (words, alone)


def test_the_table_of_contents_has_what_others_script_against() -> None:
    names = {" ".join(words) for words, command in ALL if not hasattr(command, "commands")}
    assert names >= {
        "serve",
        "token",
        "db upgrade",
        "db downgrade",
        "db current",
        "db seed",
        "auction create",
        "auction list",
        "auction show",
        "auction history",
        "auction verify",
        "user create",
        "user list",
        "winnings list",
        "messages",
    }


def test_the_real_program_helps_and_tells_its_version(tmp_path: Path) -> None:
    helped = run("--help", folder=tmp_path)
    assert (helped.code, helped.err) == (0, "")
    assert "auction" in helped.out
    version = run("--version", folder=tmp_path)
    assert (version.code, version.err) == (0, "")
    assert version.out.startswith("baraka ")


def test_help_loads_nothing_of_the_server() -> None:
    code = f"import sys, baraka_cli.main; print(sys.modules.keys() & {SERVER_PACKAGES!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize("words", [["nonsense"], ["auction", "nonsense"], ["token", "--nonsense"]])
def test_a_word_that_there_is_not_is_wrong_usage(words: list[str]) -> None:
    done = invoke(*words)
    assert (done.code, done.out) == (2, "")
