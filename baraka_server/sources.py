"""Sources of settings: flags, the environment, files with a secret each, and `.env`, in this order."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
)

ENV_FILE = ".env"
ENCODING = "utf-8-sig"
"""UTF-8, without the mark that some editors put at the start."""
SECRET_BYTES_MAX = 64 * 1024

Variables = Mapping[str, str | None]
"""The variables of one source, by their names in lower case."""


@dataclass(frozen=True, slots=True)
class NoSecret:
    """The value of a secret that cannot be read. The reason is for the operator."""

    reason: str


def variable_of(name: str) -> str:
    return f"BARAKA_{name.upper()}"


def secrets_of(settings: type[BaseSettings]) -> list[str]:
    """The names of the settings that may lie in files of their own."""
    return [name for name, field in settings.model_fields.items() if _is_secret(field)]


def secret_variables(settings: type[BaseSettings]) -> set[str]:
    """The variables that name the file of a secret."""
    return {f"{variable_of(name)}_FILE" for name in secrets_of(settings)}


def env_file() -> Path:
    """The path of `.env` in the current folder, whether it is there or not."""
    return Path(ENV_FILE).absolute()


def require_a_file() -> None:
    """Raise `OSError` for a `.env` that is not a file: it would be ignored without a message."""
    path = env_file()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, f"it leads to {path.readlink()}, which is not there")


class _Files(PydanticBaseSettingsSource):
    """A source of secrets that have a file each.

    Raises nothing: what cannot be read is a `NoSecret`, which the validators of the settings refuse.
    """

    def read(self, name: str) -> str | NoSecret | None:
        """The secret in the file for a setting; None where there is no file for it."""
        raise NotImplementedError

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self.read(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        # What a better place gave is not looked for, so that its file need not be readable.
        names = [name for name in secrets_of(self.settings_cls) if name not in self.current_state]
        found = {name: self.read(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}


class NamedFiles(_Files):
    """The files that `BARAKA_…_FILE` name, as containers have it; they come before `BARAKA_…`."""

    def __init__(self, settings: type[BaseSettings], variables: Variables) -> None:
        super().__init__(settings)
        self._variables = variables

    def read(self, name: str) -> str | NoSecret | None:
        variable = variable_of(name)
        file = self._variables.get(f"{variable}_FILE".lower())
        if file is None:
            return None
        if self._variables.get(variable.lower()) is not None:
            return NoSecret(f"{variable}_FILE is given too: leave one of the two out")
        if not file:
            return NoSecret(f"{variable}_FILE is empty: it must name a file")
        return _read(Path(file), f"{variable}_FILE names")


class Credentials(_Files):
    """The files that systemd gives to a unit with `LoadCredential=baraka_jwt_secret:…`."""

    def read(self, name: str) -> str | NoSecret | None:
        file = credential_file(name)
        return None if file is None else _read(file, "the credential is")


def credential_file(name: str) -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder or "", variable_of(name).lower())
    return file if folder and os.path.lexists(file) else None


def origin(settings: type[BaseSettings], name: str) -> str:
    """The origin of a setting that no flag gave, in words: "set by BARAKA_PORT"."""
    variable = variable_of(name)
    if place := _place(settings, name, EnvSettingsSource(settings).env_vars, variable):
        return place
    if name in secrets_of(settings) and credential_file(name) is not None:
        return f"set by the credential {variable.lower()}"
    try:
        in_file = DotEnvSettingsSource(settings).env_vars
    except (OSError, UnicodeDecodeError):  # that is told elsewhere
        in_file = {}
    if place := _place(settings, name, in_file, str(env_file())):
        return place
    there = "does not have it" if env_file().is_file() else "is not there"
    return f"the default: {variable} is not set, and {env_file()} {there}"


def lacking(name: str) -> str:
    """A sentence that a setting is not set, with the places where it was looked for."""
    return f"{variable_of(name)} is not set, neither in the environment nor in {env_file()}"


def _place(settings: type[BaseSettings], name: str, variables: Variables, place: str) -> str | None:
    variable = variable_of(name)
    file = variables.get(f"{variable}_FILE".lower())
    if file and name in secrets_of(settings):
        return f"set by {Path(file).absolute()}, which {variable}_FILE names"
    return f"set by {place}" if variables.get(variable.lower()) is not None else None


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in str(field.annotation)


def _read(file: Path, role: str) -> str | NoSecret:
    """The text of a file without the line end that editors and `echo` add to it."""
    named = f"{role} {file.absolute()}"
    try:
        with file.open("rb") as opened:
            data = opened.read(SECRET_BYTES_MAX + 1)
        text = data.decode(ENCODING).rstrip("\r\n")
    except OSError as error:
        return NoSecret(f"{named}, which cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return NoSecret(f"{named}, which is not UTF-8")
    if len(data) > SECRET_BYTES_MAX:
        return NoSecret(f"{named}, which has more than {SECRET_BYTES_MAX // 1024} KiB")
    return text or NoSecret(f"{named}, which is empty")
