"""Documented texts of refusals, and the codes that a refusal in such words may have."""

from __future__ import annotations

import re
from collections.abc import Iterable

from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT, Code


def is_documented(event: str, code: str, message: str) -> bool:
    """Whether these are the words for that refusal; without a code, for any."""
    if code == Code.FAULT:
        return False
    return any(True for _ in codes_of(event, code, message))


def codes_of(event: str, code: str, message: str) -> Iterable[Code]:
    """What a refusal of `event` in these words may mean: one where it has a code, else several."""
    for each, text in TEXTS.items():
        if code in {"", each} and (
            fits(TEXTS_BY_EVENT.get((event, each)) or text, message) is not None
            or (not code and fits(text, message) is not None)
        ):
            yield each


def quoted(message: str) -> int | None:
    """The amount that a refusal of a bid names."""
    for code in (Code.BID_TOO_LOW, Code.BID_BELOW_MINIMUM):
        found = fits(TEXTS[code], message)
        if found and found.isdigit():
            return int(found)
    return None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def fits(template: str, text: str) -> str | None:
    """The value in `text`, when it is the template filled in; empty for one without a value."""
    pattern = _PATTERNS.get(template)
    if pattern is None:
        parts = re.split(r"\{\w+\}", template)
        made = re.compile("(.+?)".join(map(re.escape, parts)) + r"\Z", re.DOTALL)
        pattern = _PATTERNS[template] = made
    match = pattern.match(text)
    if match is None:
        return None
    return match.group(1) if match.groups() else ""
