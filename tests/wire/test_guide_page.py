"""The guide for clients at `/docs`: for everybody, without anything that a page could be made to run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import aiohttp

from baraka_server.contract.refusals import Code
from baraka_server.contract.vocabulary import CLIENT_EVENTS, SERVER_EVENTS
from tests.support.servers.neighbours import server_in_process


class Page(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]


async def test_the_guide_is_shown_to_everybody_and_runs_nothing(tmp_path):
    async with server_in_process(tmp_path) as house, aiohttp.ClientSession(house.url) as http:
        async with http.get("/docs") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            policy = answer.headers["Content-Security-Policy"]
            page = Page(await answer.text())
        (sheet,) = [one["href"] for tag, one in page.tags if tag == "link"]
        async with http.get(f"/{sheet}") as answer:
            assert (answer.status, answer.content_type) == (200, "text/css")
            assert "://" not in await answer.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "style", "img", "iframe", "form", "object", "base"}
    attributes = {name for _, one in page.tags for name in one}
    assert not any(name == "style" or name.startswith("on") for name in attributes)
    anchors = page.values("id")
    assert len(anchors) == len(set(anchors))
    assert {one.removeprefix("#") for one in page.values("href")} <= {*anchors, sheet}
    for name in (*CLIENT_EVENTS, *SERVER_EVENTS, *Code):
        assert re.search(rf"\b{name}\b", page.text)
