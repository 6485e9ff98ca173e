"""Table of what may be typed into the chat line behind a `/`. Nothing of it reaches the room as text.

No row starts a sale, puts a lot up, awards or ends anything: that is asked for by a key, and confirmed
by Ctrl+Y. A sentence that begins with `/` is typed in passing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from baraka_cli.console.sounds import Sound


class SlashError(ValueError):
    """A command that cannot be done; the text says why and what may be typed."""


class SlashHost(Protocol):
    """The screen, as far as its commands have to do with it."""

    def action_help(self) -> None: ...

    def action_language(self) -> None: ...

    def switch_sound(self, sound: Sound) -> None: ...


@dataclass(frozen=True, slots=True)
class SlashCommand:
    name: str
    help: str
    do: Callable[[SlashHost, Sequence[str]], None]
    """Gets the words behind the name. Raises `SlashError`."""
    arguments: str = ""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.arguments}".rstrip()


def _sound(host: SlashHost, words: Sequence[str]) -> None:
    try:
        (name,) = words
        sound = Sound(name.casefold())
    except ValueError:
        raise SlashError(f"Which sound? One of {', '.join(Sound)}") from None
    host.switch_sound(sound)


SLASH_COMMANDS = (
    SlashCommand("keys", "shows the keys", lambda host, _: host.action_help()),
    SlashCommand(
        "language", "the next language of quick messages", lambda host, _: host.action_language()
    ),
    SlashCommand("sound", "turns a sound off, or on again", _sound, "|".join(Sound)),
)


def is_slash_command(text: str) -> bool:
    """Whether a text is meant for the console, or for nobody; never for the room."""
    return text.lstrip().startswith("/")


def run_slash_command(host: SlashHost, text: str) -> None:
    """Do what a text that begins with `/` says. Raises `SlashError`."""
    name, *words = text.strip()[1:].split() or [""]
    command = next((one for one in SLASH_COMMANDS if one.name == name.casefold()), None)
    if command is None:
        there = ", ".join(one.usage for one in SLASH_COMMANDS)
        raise SlashError(f"There is no command /{name}, and nothing was sent. There are: {there}")
    command.do(host, words)
