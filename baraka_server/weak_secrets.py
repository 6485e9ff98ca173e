"""Secrets that are none: what manuals have for an example, and what can be guessed."""

from __future__ import annotations

from itertools import pairwise

EXAMPLE_SECRETS = (
    *("changeme", "changethis", "replaceme", "supersecret", "mysecretkey", "stringsecretatleast"),
    *("yoursecret", "yourjwtsecret", "your256bitsecret"),
)
"""What manuals write where a secret belongs, in lower case, letters and digits only."""


def weakness(secret: str) -> str | None:
    """Why nobody should sign with this secret, as what stands behind its name; None for a good one."""
    if any(example in _letters(secret) for example in EXAMPLE_SECRETS):
        return "is an example from a manual, which everybody knows"
    if _is_a_pattern(secret):
        return "is a pattern that can be guessed"
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _is_a_pattern(text: str) -> bool:
    """One character or a few over and over, or characters that count up or down."""
    half = len(text) // 2
    if any(text[step:] == text[:-step] for step in range(1, half + 1)):
        return True
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return any(steps.count(step) > len(steps) / 2 for step in (-1, 0, 1))
