"""`OneLine` and `Paragraph`: widgets with text in which names keep their places, cut or wrapped.

Textual's own would cut or wrap in the middle of an isolated name, and leave the line open behind it.
"""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

from baraka_cli.console.mixed_text import closed, cut


class OneLine(Widget):
    """A line of text; where it has no room an ellipsis ends it."""

    DEFAULT_CSS = "OneLine { width: 1fr; height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = Text()

    def update(self, text: Text) -> None:
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> RenderResult:
        return cut(self._text, self.size.width)


class Paragraph(Widget):
    """Text that is wrapped, as high as its lines."""

    DEFAULT_CSS = "Paragraph { height: auto; }"

    def __init__(
        self,
        text: str | Text = "",
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._text = Text(text) if isinstance(text, str) else text

    def update(self, text: Text) -> None:
        self._text = text
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._lines(width)))

    def render(self) -> RenderResult:
        return Text("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        return closed(list(self._text.wrap(self.app.console, max(1, width))))
