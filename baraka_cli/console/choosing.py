"""`ChoicePanel`: a panel in which a line is chosen, by arrows or the mouse, for what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message

from baraka_cli.console.mixed_text import cut
from baraka_cli.console.scrolling import Panel

CAPTION = "Enter: what can be done · Esc"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the panel, and the id of what it tells of; None where nothing can be done with it."""

    id: int | None
    line: Text


class ChoicePanel(Panel):
    """What is chosen keeps its place on the screen, however the list grows around it.

    It is known by its id, and chosen no more once it has left the list: no key finds another one there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", "Up", show=False),
        Binding("down", "choose(1)", "Down", show=False),
        Binding("pageup", "choose_page(-1)", "Page up", show=False),
        Binding("pagedown", "choose_page(1)", "Page down", show=False),
        Binding("home", "choose(-1_000_000)", "The first", show=False),
        Binding("enter", "open", "What can be done with it", show=False),
    ]

    chosen: int | None = None
    """The id of what the chosen line tells of."""
    opens = False
    """Whether whoever sits here may do anything with a line."""

    class Opened(Message):
        """What can be done with a line was asked for."""

        def __init__(self, panel: ChoicePanel, id: int) -> None:  # noqa: A002
            super().__init__()
            self.panel, self.id = panel, id

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offset = 0
        """Row of the window in which the chosen line begins."""
        self.shown: list[Row] = []

    # --- what each list says of itself

    def things(self) -> Sequence[Any]:
        """All that it tells of, from top to bottom."""
        raise NotImplementedError

    def id_of(self, thing: Any) -> int | None:
        """Its id; None where nothing can be done with it."""
        raise NotImplementedError

    def rows(self, things: Sequence[Any]) -> list[Row]:
        raise NotImplementedError

    def followed(self, room: int) -> list[Row]:
        """The rows that are shown while it follows the sale."""
        raise NotImplementedError

    def when_empty(self) -> Text:
        raise NotImplementedError

    # --- what is shown

    def lines(self, room: int) -> Sequence[Text]:
        return [row.line for row in self.followed(room)]

    def all_lines(self) -> Sequence[Text]:
        return [row.line for row in self.rows(self.things())]

    def render(self) -> RenderResult:
        room, width = max(1, self.size.height), self.size.width
        self.shown = self._visible(room)
        if not self.shown:
            return cut(self.when_empty(), width)
        return Text("\n", no_wrap=True).join(self._drawn(row, width) for row in self.shown)

    def _visible(self, room: int) -> list[Row]:
        if self.chosen is not None:
            if around := self._around_chosen(room):
                return around
            self.call_later(self.drop)
        if self.top is None or self.chosen is not None:
            return self.followed(room)
        return self.rows(self.things())[self.top : self.top + room]

    def _around_chosen(self, room: int) -> list[Row]:
        """A window of rows with the chosen ones in it; empty where what was chosen is gone."""
        things = self.things()
        place = self._place(things)
        if place is None:
            return []
        rows = self.rows(things[max(0, place - room) : place + room + 1])
        at = [number for number, row in enumerate(rows) if row.id == self.chosen]
        top = max(0, min(at[0] - self._offset, len(rows) - room))
        top = min(max(top, at[-1] - room + 1), at[0])
        self._offset = at[0] - top
        return rows[top : top + room]

    def _place(self, things: Sequence[Any]) -> int | None:
        places = (place for place, one in enumerate(things) if self.id_of(one) == self.chosen)
        return None if self.chosen is None else next(places, None)

    def _drawn(self, row: Row, width: int) -> Text:
        line = cut(row.line, width)
        if row.id is None or row.id != self.chosen:
            return line
        line = line.copy()
        line.append(" " * (width - line.cell_len))
        line.stylize(self.get_component_rich_style("panel--chosen", partial=True))
        return line

    # --- what is chosen

    def action_choose(self, by: int) -> None:
        if self.chosen is None:
            self._choose_first([row.id for row in self.shown], by)
            return
        things = [one for one in self.things() if self.id_of(one) is not None]
        place = self._place(things)
        if place is None:
            self.drop()
            return
        one = things[max(0, min(place + by, len(things) - 1))]
        self._offset += len(self.rows([things[place]])) if by > 0 else -len(self.rows([one]))
        if abs(by) > 1:
            self._offset = 0 if by < 0 else self.size.height
        self._offset = max(0, min(self._offset, self.size.height - 1))
        self._choose(self.id_of(one))

    def _choose_first(self, ids: Sequence[int | None], by: int) -> None:
        """Choose the line at the end from which the arrow comes, of those that are on the screen."""
        there = [id_ for id_ in ids if id_ is not None]
        if there:
            first = there[0] if by > 0 else there[-1]
            self._offset = ids.index(first)
            self._choose(first)

    def action_choose_page(self, by: int) -> None:
        self.action_choose(by * max(2, self.size.height - 1))

    def _choose(self, chosen: int | None) -> None:
        self.chosen, self.top = chosen, None
        self._drawn_anew()

    def drop(self) -> None:
        """Choose nothing, and follow the sale again."""
        self._choose(None)

    def action_follow(self) -> None:
        self.drop()

    def action_scroll_lines(self, by: int) -> None:
        self.chosen = None
        super().action_scroll_lines(by)

    def action_open(self) -> None:
        if self.chosen is not None:
            self.post_message(self.Opened(self, self.chosen))

    def on_blur(self) -> None:
        if self.chosen is not None:
            self.drop()

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the mouse; a second click opens what can be done with it."""
        at = event.get_content_offset(self)
        row = self.shown[at.y] if at is not None and at.y < len(self.shown) else None
        if row is None or row.id is None:
            self.drop()
        elif row.id == self.chosen:
            self.action_open()
        else:
            ids = [one.id for one in self.shown]
            self._offset = ids.index(row.id)
            self._choose(row.id)

    def _drawn_anew(self) -> None:
        super()._drawn_anew()
        if self.chosen is not None:
            self.border_subtitle = CAPTION if self.opens else "End follows again"
