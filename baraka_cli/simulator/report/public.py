"""Removes secrets and names from texts of a run that are passed on in tickets and chats."""

from __future__ import annotations

import re

SECRET = re.compile(r"secret|token|password|database_url", re.IGNORECASE)
PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s]*@")
HIDDEN = "••••••"

# As JSON and as Python write them, and also where a message was cut in the middle of one.
ONE_TIME_CODE = re.compile(
    r"""(["']otpCode["']\s*:\s*)(?!null\b|None\b)("[^"]*"?|'[^']*'?|[^\s,}\]]+)"""
)
PHONE_NUMBER = re.compile(r"""(["']number["']\s*:\s*["'])([^"']*)""")
DIGITS_SHOWN = 2


def without_password(url: str) -> str:
    """An address, without who may use it."""
    return PASSWORD_IN_URL.sub("", url)


def is_secret(name: str) -> bool:
    """Whether the value of this flag is nobody's business; the name of a file is not a secret."""
    return bool(SECRET.search(name)) and not name.endswith("_file")


def flag_value(name: str, value: object) -> str:
    """The value of a flag as others may see it."""
    return HIDDEN if is_secret(name) else without_password(str(value))


def without_people(message: str) -> str:
    """A message without the one-time codes and phone numbers in it, which is what D17 leaves of them.

    The ticket about a server that gives them away must not give them to everybody else.
    """
    message = ONE_TIME_CODE.sub(lambda found: f'{found[1]}"{HIDDEN}"', message)
    return PHONE_NUMBER.sub(lambda found: found[1] + _last_digits(found[2]), message)


def _last_digits(number: str) -> str:
    if sum(char.isdigit() for char in number) <= DIGITS_SHOWN:
        return number
    return HIDDEN + number[-DIGITS_SHOWN:]
