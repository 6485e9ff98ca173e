"""Check of the house's words: every module says what it is, and words that were given up stay away.

One meaning for each word is docs/glossary.md. `make check` runs this.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[1]
FOLDERS = ("baraka_cli", "baraka_server", "benchmarks", "examples", "migrations", "tests", "tools")
NOT_OURS = {"node_modules", "__pycache__", ".venv"}

OPENING = re.compile(r"(What|Who|Whom|Whose|Whoever|Where|When|Whether|Which|Why|How|That|Those)\b")
"""First words of a docstring that would be about a thing and not say what the module is."""

GIVEN_UP = {
    r"class (Ask|Fact|Stage|Lane|Batch)": "Command, Event, AuctionView, Subscriber, JoinedPackets",
    r"server_events as": "the events, imported by their names",
    r"[Ss]paring\w*": "AbuseLog",
    r"RoomSpeakers|speakers": "RoomBroadcaster, audience",
    r"[Dd]oorkeepers?": "ConnectionListener",
    r"Spoken\w*": "OutgoingPacket",
    r"lanes?": "subscriber",
    r"[Rr]ehears\w+": "check, trial",
    r"Backlog": "SendQueue",
    r"HeldLists|held_lists": "DelayedLists",
    r"[Nn]ewcomers": "unverified sessions or connections",
    r"_Sitting|sitting": "BatchDecision",
}
"""Words that were given up, as patterns, and what is said instead."""

EXEMPT = {
    "tools/words.py",
    "tests/upkeep/test_words.py",
}


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        for file in sorted((HOUSE / folder).rglob("*.py")):
            if not NOT_OURS & set(file.relative_to(HOUSE).parts):
                yield file


def objections(source: str) -> Iterator[str]:
    """The faults in the words of a module, each with its line."""
    docstring = ast.get_docstring(ast.parse(source))
    if source.strip() and docstring is None:
        yield "1: the module has no docstring"
    elif docstring and (found := OPENING.match(docstring)):
        yield f"1: the docstring opens with '{found[0]}': say first what the module is"
    for number, line in enumerate(source.splitlines(), 1):
        for pattern, instead in GIVEN_UP.items():
            if found := re.search(rf"\b(?:{pattern})\b", line):
                yield f"{number}: '{found[0]}' was given up: {instead}"


def main() -> int:
    wrong = 0
    for file in python_files():
        name = file.relative_to(HOUSE).as_posix()
        if name in EXEMPT:
            continue
        for objection in objections(file.read_text(encoding="utf-8")):
            print(f"{name}:{objection}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
