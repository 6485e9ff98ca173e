"""docs/settings.md from the fields of `Settings`. With --check it fails when the page is stale."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from baraka_cli.main import app
from baraka_server.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

<!-- Made by tools/settings_doc.py from baraka_server/settings.py: change it there. -->

Every setting is an environment variable, or a line `NAME=value` in a file `.env` in the folder
where `baraka` is started. A flag of a command beats the environment, which beats `.env`.
A value that cannot be used stops the command at once and is named.

| name | default | values | what it is |
|---|---|---|---|
"""


class Row(NamedTuple):
    name: str
    default: str
    values: str
    what: str


def settings() -> Iterator[Row]:
    for name, field in Settings.model_fields.items():
        yield Row(f"BARAKA_{name.upper()}", default(field), values(field), field.description or "")


def flags() -> Iterator[Row]:
    """The options of commands that read a variable of their own."""
    waiting: list[Any] = [typer.main.get_command(app)]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        for option in command.params:
            if option.envvar:
                yield Row(
                    str(option.envvar),
                    "none" if option.default is None else f"`{option.default}`",
                    "text; not from `.env`",
                    option.help or "",
                )


def default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`"


def values(field: FieldInfo) -> str:
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind]
    kind: Any = kinds[0]
    if kind is bool:
        return "`true`, `false`"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{choice}`" for choice in kind)
    if kind not in (int, float):
        return "text"
    limits = {
        sign: getattr(limit, name)
        for limit in field.metadata
        for name, sign in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))
        if hasattr(limit, name)
    }
    words = [f"{sign} {limit:.10g}" for sign, limit in limits.items()]
    return " ".join(["whole number" if kind is int else "number", *words])


def page() -> str:
    rows = list(dict.fromkeys([*settings(), *flags()]))  # several commands may read the same
    missing = [row.name for row in rows if not row.what]
    if missing:
        sys.exit(f"without a description: {', '.join(missing)}")
    lines = [f"| `{row.name}` | {row.default} | {row.values} | {row.what} |" for row in rows]
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != page():
            sys.exit("docs/settings.md is stale. Try: .venv/bin/python tools/settings_doc.py")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page())


if __name__ == "__main__":
    main()
