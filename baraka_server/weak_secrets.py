"""Detection of weak secrets: examples from manuals, and patterns that can be guessed."""

from __future__ import annotations

from itertools import pairwise

EXAMPLE_SECRETS = (
    *("changeme", "changethis", "replaceme", "supersecret", "mysecretkey", "stringsecretatleast"),
    *("yoursecret", "yourjwtsecret", "your256bitsecret"),
)
"""The secrets of manuals, in lower case, letters and digits only."""


def weakness(secret: str) -> str | None:
    """The reason why a secret is weak, as the end of a sentence behind its name; None for a good one."""
    if any(example in _letters(secret) for example in EXAMPLE_SECRETS):
        return "is an example from a manual, which everybody knows"
    if _is_a_pattern(secret):
        return "is a pattern that can be guessed"
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _is_a_pattern(text: str) -> bool:
    """Whether a text repeats a few characters, or its characters count up or down."""
    half = len(text) // 2
    if any(text[step:] == text[:-step] for step in range(1, half + 1)):
        return True
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return any(steps.count(step) > len(steps) / 2 for step in (-1, 0, 1))
