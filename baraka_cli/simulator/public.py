"""What may be passed on of a run: a page is attached to a ticket, a log is pasted into a chat."""

from __future__ import annotations

import re

SECRET = re.compile(r"secret|token|password|database_url", re.IGNORECASE)
PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s]*@")
HIDDEN = "••••••"


def without_password(url: str) -> str:
    """An address, without who may use it."""
    return PASSWORD_IN_URL.sub("", url)


def is_secret(name: str) -> bool:
    """Whether the value of this flag is nobody's business; the name of a file is no secret."""
    return bool(SECRET.search(name)) and not name.endswith("_file")


def flag_value(name: str, value: object) -> str:
    """The value of a flag as others may see it."""
    return HIDDEN if is_secret(name) else without_password(str(value))
