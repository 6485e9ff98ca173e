"""Pages of lists over HTTP: `limit`, `after` and `before` in the query, and a `Link` to the next page.

The body is an array, so that a reader who knows no pages reads the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from multidict import MultiMapping

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.settlement import Head
from baraka_server.store.pages import PAGE_ROWS_MAX, Page, Span

BOUNDS = {"limit": (1, PAGE_ROWS_MAX), "after": (0, INT_MAX), "before": (0, INT_MAX)}
"""The parameters of every list, each with its least and its greatest value."""

FLAGS = {"true": True, "false": False}


class Listed(NamedTuple):
    """The answer of a list: its rows, and the headers that link to the next page."""

    rows: list[Any]
    headers: Mapping[str, str]


def span_of(query: MultiMapping[str]) -> Span | Refusal:
    """The part of a list that `query` asks for; unknown parameters are ignored."""
    values: dict[str, int] = {}
    for name, (least, most) in BOUNDS.items():
        text = _only(query, name)
        if text is None:
            continue
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else -1
        if not least <= number <= most:
            return _bad(f"{name} must be a whole number from {least} to {most}")
        values[name] = number
    return Span(**values)


def flag(query: MultiMapping[str], name: str) -> bool | Refusal:
    """The value of a parameter that is `true` or `false`; False where it is absent."""
    text = _only(query, name)
    if text is None:
        return False
    return FLAGS[text] if text in FLAGS else _bad(f"{name} must be true or false")


def head_of(query: MultiMapping[str]) -> Head | Refusal | None:
    """The head behind which changes are asked for; None where none is."""
    text = _only(query, "since")
    try:
        return None if text is None else Head.read(text)
    except ValueError:
        return _bad("since must be a head, like 57-3f2a9c1b0d4e")


def listed(
    query: MultiMapping[str], page: Page[Any], *, cursor: str, relation: str = "next"
) -> Listed:
    """The answer for `page`, with a link to the next one: the same request with another `cursor`.

    The address is the query alone, relative to the request's (RFC 3986, 5.2): a proxy may have
    changed host and path.
    """
    if page.resume is None:
        return Listed(page.rows, {})
    known = {name: query[name] for name in (*BOUNDS, "live") if name in query}
    address = urlencode(known | {cursor: page.resume})
    return Listed(page.rows, {"Link": f'<?{address}>; rel="{relation}"'})


def _only(query: MultiMapping[str], name: str) -> str | None:
    """The value of a parameter; one that is there twice says nothing that can be a value."""
    values = query.getall(name, [])
    return None if not values else values[0] if len(values) == 1 else ""


def _bad(reason: str) -> Refusal:
    return Refusal(Code.BAD_PARAMETER, values={"reason": reason})
