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
from baraka_server.sources import secrets_of, variable_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

<!-- Made by tools/settings_doc.py from baraka_server/settings.py: change it there. -->

Every setting is an environment variable, or a line `NAME=value` in a file `.env`. That file is read
from the folder where `baraka` is started and from no other; it is UTF-8. A value that cannot be used
stops the command at once, and is named with the place that has it.

Of several places the first one counts:

1. a flag of the command;
2. the environment: the variable itself, or for a secret the file that the same name with `_FILE` at its
   end names, as containers have it: `BARAKA_JWT_SECRET_FILE=/run/secrets/jwt`. To give both is an error.
   Secrets are {secrets};
3. for the same secrets, systemd's credentials, by their names in lower case:
   `LoadCredential=baraka_jwt_secret:/etc/baraka/jwt` in the unit (read from `$CREDENTIALS_DIRECTORY`);
4. `.env`, in which there may be `_FILE` names as well;
5. the default.

A file with a secret has nothing else in it. The line end at its end is not part of the secret; a file that
is not there, empty, unreadable or not UTF-8 is an error. `baraka doctor` says where the secret and the
database have their values from.

In `BARAKA_DATABASE_URL`, write `%40` for `@`, `%3A` for `:`, `%2F` for `/`, `%3F` for `?` and `%25` for
`%` in the user's name and the password. A URL that can be read in two ways is refused.
What may stand behind a `?` is in [databases.md](databases.md#the-url).

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
    secrets = " and ".join(f"`{variable_of(name)}`" for name in secrets_of(Settings))
    return HEAD.replace("{secrets}", secrets) + "\n".join(lines) + "\n"


def main() -> None:
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != page():
            sys.exit("docs/settings.md is stale. Try: .venv/bin/python tools/settings_doc.py")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page())


if __name__ == "__main__":
    main()
