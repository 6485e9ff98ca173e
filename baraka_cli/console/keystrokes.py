"""Terminal driver: tells keys that a person presses from text that comes faster.

Textual 8.2 takes Esc and a letter that arrive together for Alt and the letter, and text that is
pasted without brackets for keys. Here Esc is Esc, and such text is a `Paste`, which no binding hears.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from baraka_server.contract.text import OBEYED

ESCAPE = "\x1b"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
BEGINS_SEQUENCE = frozenset("[]OPX^_\x1b")
"""Characters that follow Esc in what terminals send by themselves."""
AT_ONCE_SECONDS = 0.01
"""Keys that are closer together than this were not pressed by a person."""
SPACES = {"enter": "\n", "tab": "\t"}


class Keystrokes(XTermParser):
    """Textual's parser, with whole packets before its eyes."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self.clock: Callable[[], float] = time.monotonic
        self._pasting: list[str] | None = None
        self._after_escape = False
        self.text_at = float("-inf")
        """When text last came."""

    def feed(self, data: str) -> Iterable[Message]:
        if not data:
            return super().feed(data)
        return list(self._text_or_keys(list(self._read(data))))

    def tick(self) -> Iterable[Message]:
        ticked = list(super().tick())
        self._after_escape = self._after_escape and not ticked
        return ticked

    def _read(self, data: str) -> Iterator[Message]:
        """The messages of a packet, with what stands between paste brackets as one."""
        while data:
            if self._pasting is None:
                keys, begins, data = data.partition(PASTE_BEGINS)
                yield from self._read_keys(keys)
                if begins:
                    yield from self._let_escape_go()
                    self._pasting = []
            else:
                self._pasting.append(data)
                text, ends, data = "".join(self._pasting).partition(PASTE_ENDS)
                if ends:
                    self._pasting = None
                    yield events.Paste(text_of(text))

    def _read_keys(self, keys: str) -> Iterator[Message]:
        for char in keys:
            if self._after_escape and char not in BEGINS_SEQUENCE:
                yield from self._let_escape_go()
            yield from super().feed(char)
            self._after_escape = char == ESCAPE

    def _let_escape_go(self) -> Iterator[Message]:
        """Take an Esc that waits for what follows for the key."""
        if self._after_escape:
            self._timeout_time = 0.0
            yield from super().tick()
            self._after_escape = False

    def _text_or_keys(self, messages: list[Message]) -> Iterator[Message]:
        """The messages of one packet, with runs of typed text in it as a `Paste`.

        Where there is such a run, Esc is the only other key that counts: the rest came with the text.
        """
        now = self.clock()
        follows = now - self.text_at < AT_ONCE_SECONDS
        runs = list(_runs(messages))
        with_text = follows or any(_is_text(run) for run in runs)
        if any(_printable(run) for run in runs):
            self.text_at = now
        for run in runs:
            if _is_text(run) or (follows and _char(run[0])):
                yield events.Paste(text_of("".join(map(_char, run))))
                continue
            for message in run:
                is_key = isinstance(message, events.Key) and message.key != "escape"
                if not (with_text and is_key):
                    yield message


class HostDriver(LinuxDriver):
    """Textual's driver (8.2), whose parser is ours."""

    def run_input_thread(self) -> None:
        vars(linux_driver)[XTermParser.__name__] = Keystrokes
        super().run_input_thread()


def text_of(pasted: str) -> str:
    """Pasted text without what a terminal would obey; its lines stay lines."""
    lines = pasted.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(OBEYED.sub("", line) for line in lines)


def _runs(messages: list[Message]) -> Iterator[list[Message]]:
    """Keys that write something, as they follow each other; each other message by itself."""
    run: list[Message] = []
    for message in messages:
        if isinstance(message, events.Key) and _char(message):
            run.append(message)
            continue
        if run:
            yield run
        yield [message]
        run = []
    if run:
        yield run


def _is_text(run: list[Message]) -> bool:
    return len(run) > 1 and _printable(run)


def _printable(run: list[Message]) -> bool:
    return any(isinstance(key, events.Key) and key.is_printable for key in run)


def _char(message: Message) -> str:
    """Text that a key writes; empty for a key that writes nothing."""
    if not isinstance(message, events.Key):
        return ""
    return SPACES.get(message.key) or (message.character or "" if message.is_printable else "")
