"""Reads access tokens from a file, for a server whose secret is not ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jwt

SUBJECTS = ("sub", "userId", "id")
"""Claims of a token that may hold the user (D1)."""


class BadTokens(ValueError):
    """A file that cannot be used. The text is for a person and repeats no token."""


@dataclass(frozen=True, slots=True)
class Tokens:
    host_id: int
    by_user: dict[int, str]

    @property
    def others(self) -> list[int]:
        return [user_id for user_id in self.by_user if user_id != self.host_id]

    def of(self, user_id: int) -> str:
        return self.by_user[user_id]


def read_tokens(file: Path) -> Tokens:
    """Read one access token a line, the host's first. Raises `BadTokens`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTokens(f"{file}: {getattr(error, 'strerror', None) or 'not text'}") from None
    by_user: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        token = line.strip()
        if not token:
            continue
        by_user[_user_id(file, number, token)] = token
    if len(by_user) < 2:
        raise BadTokens(f"{file}: the tokens of the host and of at least one other user are needed")
    return Tokens(next(iter(by_user)), by_user)


def _user_id(file: Path, number: int, token: str) -> int:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise BadTokens(f"{file}, line {number}: this is not an access token") from None
    for name in SUBJECTS:
        if str(claims.get(name, "")).isdecimal():
            return int(claims[name])
    raise BadTokens(f"{file}, line {number}: it names no user")
