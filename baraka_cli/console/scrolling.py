"""`Panel`: a framed list of lines that follows the sale until somebody scrolls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from baraka_cli.console.mixed_text import closed, cut

WHEEL_LINES = 3


class Panel(Widget, can_focus=True):
    """A framed list of lines. Tab goes to it, arrows and the wheel scroll it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", "Up", show=False),
        Binding("down", "scroll_lines(1)", "Down", show=False),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False),
        Binding("home", "scroll_lines(-1_000_000)", "To the top", show=False),
        Binding("end", "follow", "Follow the sale", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"panel--quiet", "panel--host", "panel--chosen"}

    top: int | None = None
    """The first line that is shown; None while the panel follows the sale."""

    def lines(self, room: int) -> Sequence[Text]:
        """Lines that are shown while it follows the sale."""
        raise NotImplementedError

    def all_lines(self) -> Sequence[Text]:
        """From the first to the last, as they are scrolled through."""
        raise NotImplementedError

    def followed_top(self, count: int, room: int) -> int:
        """First line that `lines` shows: there scrolling begins."""
        return max(0, count - room)

    def wrapped(self, texts: Sequence[Text]) -> list[Text]:
        width = max(1, self.size.width)
        return [line for text in texts for line in closed(list(text.wrap(self.app.console, width)))]

    def last_lines(self, texts: Sequence[Text], room: int) -> list[Text]:
        """The last of `texts`, wrapped, in `room` lines; what does not fit is cut at its end."""
        lines: list[Text] = []
        for text in reversed(texts):
            wrapped = self.wrapped([text])
            lines[:0] = wrapped[: room - len(lines)]
            if len(lines) == room:
                break
        return lines

    @property
    def quiet(self) -> Style:
        """Style of what is less important: a colour, since no terminal is bound to show faint text."""
        return self.get_component_rich_style("panel--quiet", partial=True)

    def render(self) -> RenderResult:
        room = max(1, self.size.height)
        if self.top is None:
            shown = self.lines(room)
        else:
            every = self.all_lines()
            shown = every[self.top : self.top + room]
        return Text("\n", no_wrap=True).join(cut(line, self.size.width) for line in shown)

    def action_scroll_lines(self, by: int) -> None:
        room = max(1, self.size.height)
        count = len(self.all_lines())
        top = self.followed_top(count, room) if self.top is None else self.top
        self.top = max(0, min(top + by, count - room))
        if self.top == self.followed_top(count, room):
            self.top = None
        self._drawn_anew()

    def action_scroll_pages(self, by: int) -> None:
        self.action_scroll_lines(by * max(1, self.size.height - 1))

    def action_follow(self) -> None:
        self.top = None
        self._drawn_anew()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(WHEEL_LINES)

    def _drawn_anew(self) -> None:
        self.border_subtitle = "" if self.top is None else "scrolled: End follows again"
        self.refresh()
