"""Makes the manual page docs/baraka.1 from the help of every command. With --check it fails when the page is stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from typer.main import get_command

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from baraka_cli.main import app  # noqa: E402
from tools.made_parts import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "baraka.1"

FOOT = """\
.SH EXIT STATUS
0: done. 1: it failed, and somebody must mend something. 2: it was called or set up wrongly. 70: a server ended by
a fault. 75: the same call may work later. 130: Ctrl-C.
.SH ENVIRONMENT
Every setting is a variable that begins with BARAKA_, or a line of .env in the folder that a command is started in.
.B baraka doctor
says what they come to.
.SH SEE ALSO
docs/operating.md, docs/settings.md
"""


def text_of(prose: str) -> str:
    """Prose as roff reads it: nothing in it is a request, and paragraphs stay."""
    lines = []
    for line in prose.strip().splitlines():
        safe = line.strip().replace("\\", "\\e").replace("-", "\\-").replace("`", "")
        safe = safe.replace("**", "")
        lines.append(("\\&" + safe) if safe.startswith((".", "'")) else safe or ".PP")
    return "\n".join(lines)


def commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The commands that do something, each with all of its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words), command
        return
    for name in sorted(inner):
        if not inner[name].hidden:
            yield from commands(inner[name], (*words, name))


def options_of(command: Any) -> Iterator[str]:
    for each in command.params:
        help_text = getattr(each, "help", None)
        if getattr(each, "hidden", False) or not help_text:
            continue
        if each.param_type_name == "argument":
            name = (each.metavar or each.name).upper()
        else:
            name = ", ".join([*each.opts, *each.secondary_opts])
            if not getattr(each, "is_flag", False):
                name += f" {each.metavar or each.name.upper()}"
        yield f".TP\n.B {text_of(name)}\n{text_of(help_text)}"


def page() -> str:
    parts = [
        f'.TH BARAKA 1 "" "baraka {version("baraka")}" "User Commands"',
        ".SH NAME\nbaraka \\- live auctions: the server, its database, its console",
        ".SH SYNOPSIS\n.B baraka\n.I COMMAND\n[\\fIOPTIONS\\fR]",
        ".SH COMMANDS",
    ]
    for words, command in commands(get_command(app), ("baraka",)):
        parts += [f".SS {text_of(words)}", text_of(command.help or ""), *options_of(command)]
    return re.sub(r"\n(\.PP\n)+(?=\.)", "\n", "\n".join(parts)) + "\n" + FOOT


if __name__ == "__main__":
    write_or_check(PAGE, page(), "man_page.py")
