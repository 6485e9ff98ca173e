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
    r"[Nn]ewcomers?": "unverified sessions or connections; a user",
    r"[Aa]n ask|(the|each|every|accepted) ask": "command, request; of a lot: asking price",
    r"asks_(?!waiting_max\b|refused\b)\w+": "sends, request_for",
    r"Door": "TokenAttempt",
    r"(?<![Tt]here )is no (?!limit\b|longer\b|more\b)\w+": "is not a",
    r"_Sitting|sitting": "BatchDecision",
}
"""Words that were given up, as patterns, and what is said instead."""

EXEMPT = {
    "tools/words.py",
    "tests/upkeep/test_words.py",
    "CHANGELOG.md",  # it names what was renamed
    "docs/decisions.md",  # it quotes the guide
}


def files() -> Iterator[Path]:
    """The modules, and the documents beside them, at the top and in docs/."""
    for folder in FOLDERS:
        yield from sorted((HOUSE / folder).rglob("*.py"))
    for folder in (*FOLDERS, "docs"):
        yield from sorted((HOUSE / folder).rglob("*.md"))
    yield from sorted(HOUSE.glob("*.md"))


def objections(source: str) -> Iterator[str]:
    """The faults in the words of a module, each with its line."""
    docstring = ast.get_docstring(ast.parse(source))
    if source.strip() and docstring is None:
        yield "1: the module has no docstring"
    elif docstring and (found := OPENING.match(docstring)):
        yield f"1: the docstring opens with '{found[0]}': say first what the module is"
    yield from given_up(source)


def given_up(text: str) -> Iterator[str]:
    """The words of a module or document that were given up, each with its line."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in GIVEN_UP.items():
            if found := re.search(rf"\b(?:{pattern})\b", line):
                yield f"{number}: '{found[0]}' was given up: {instead}"


def main() -> int:
    wrong = 0
    for file in files():
        place = file.relative_to(HOUSE)
        name = place.as_posix()
        if name in EXEMPT or NOT_OURS & set(place.parts):
            continue
        look = objections if file.suffix == ".py" else given_up
        for objection in look(file.read_text(encoding="utf-8")):
            print(f"{name}:{objection}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
