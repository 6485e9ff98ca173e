"""Shortening of a script that shows a fault: to the few steps without which it would not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import fields, replace

from tests.support.model.script import Say, Step, Together

Fails = Callable[[list[Step]], Awaitable[bool]]


async def shortened(script: Sequence[Step], fails: Fails, tries_max: int = 400) -> list[Step]:
    """The script without whatever can be left out so that it fails yet, after so many tries at most."""
    best, tries = list(script), 0
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for other in _shorter(best):
            if tries == tries_max:
                return best
            tries += 1
            if await fails(other):
                best, is_shorter = other, True
                break
    return best


def _shorter(script: list[Step]) -> Iterator[list[Step]]:
    """Without a stretch of steps, the longest first; then with less in a step."""
    size = len(script) // 2
    while size:
        for at in range(len(script) - size, -1, -size):
            yield script[:at] + script[at + size :]
        size //= 2
    for at, step in enumerate(script):
        if isinstance(step, Together):
            for less in _less(step):
                yield [*script[:at], less, *script[at + 1 :]]


def _less(step: Together) -> Iterator[Together]:
    if len(step.says) > 1:
        for at in range(len(step.says)):
            yield replace(step, says=step.says[:at] + step.says[at + 1 :])
    for at, say in enumerate(step.says):
        for name in say.about:
            about = {other: value for other, value in say.about.items() if other != name}
            if name in {"requestId", "say"} or (name == "round" and "Maximum" not in say.name):
                says = [*step.says[:at], replace(say, about=about), *step.says[at + 1 :]]
                yield replace(step, says=says)


def as_code(script: Sequence[Step]) -> str:
    """The script as Python, for a test that plays it again."""
    return "[\n" + "".join(f"    {_short(step)},\n" for step in script) + "]"


def _short(step: object) -> str:
    """A step without the fields that have their default."""
    if isinstance(step, list):
        return f"[{', '.join(map(_short, step))}]"
    if not isinstance(step, Step | Say):
        return repr(step)
    values = [
        f"{one.name}={_short(getattr(step, one.name))}"
        for one in fields(step)
        if getattr(step, one.name) != one.default and getattr(step, one.name) != {}
    ]
    return f"{type(step).__name__}({', '.join(values)})"
