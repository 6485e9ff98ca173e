"""The files of the pages over HTTP: their policy, and what a browser need not load twice."""

from __future__ import annotations

import gzip
import re

import aiohttp

from baraka_server.wire import viewer_pages
from tests.support.servers.neighbours import server_in_process

OWN = re.compile(r'(?:src|href)="([^"]+)"')
WITHOUT_CLIENT = [
    path for path in viewer_pages.FOLDER.iterdir() if path.name != viewer_pages.CLIENT
]


async def test_a_page_and_all_that_it_loads_are_there_under_the_strictest_policy(tmp_path):
    async with (
        server_in_process(tmp_path, currency="AED") as neighbours,
        aiohttp.ClientSession(neighbours.url) as http,
    ):
        for page in viewer_pages.PAGES:
            async with http.get(f"/{page}/1") as answer:
                text = await answer.text()
                assert answer.content_type == "text/html"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert '<meta name="baraka-currency" content="AED">' in text
            assert viewer_pages.HOUSE not in text
            loaded = OWN.findall(text)
            assert f"/pages/{page}.js" in loaded
            for path in loaded:
                async with http.get(path) as answer:
                    assert answer.status == 200, path
                    assert answer.headers["Content-Security-Policy"] == policy


async def test_what_a_browser_has_is_not_sent_again(tmp_path):
    async with (
        server_in_process(tmp_path) as neighbours,
        aiohttp.ClientSession(neighbours.url, auto_decompress=False) as http,
    ):
        async with http.get("/pages/sale.js", headers={"Accept-Encoding": "gzip"}) as answer:
            body = gzip.decompress(await answer.read())
        assert body == (viewer_pages.FOLDER / "sale.js").read_bytes()
        tag = answer.headers["ETag"]
        for known, status in ((tag, 304), (f'"another", {tag}', 304), ('"another"', 200)):
            async with http.get("/pages/sale.js", headers={"If-None-Match": known}) as answer:
                assert answer.status == status
                assert answer.headers["Cache-Control"] == "no-cache"


async def test_nothing_else_is_given(tmp_path):
    async with (
        server_in_process(tmp_path) as neighbours,
        aiohttp.ClientSession() as http,
    ):
        for path in (
            *("/watch/one", "/watch/-1", "/watch/12345678901", "/watch"),
            *("/pages/", "/pages/watch.html", "/pages/../app.py", "/pages/%2e%2e/app.py"),
        ):
            async with http.get(neighbours.url + path) as answer:
                assert answer.status == 404, path
                assert (await answer.json())["code"] == "not_found", path


def test_no_page_has_a_script_or_a_style_of_its_own_in_it():
    for path in WITHOUT_CLIENT:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", text), path
        if path.suffix == ".js":
            # What people wrote is put in as text alone.
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text
            )


def test_both_languages_say_everything():
    """Each word of the one has its word in the other, in the same order."""
    text = (viewer_pages.FOLDER / "texts.js").read_text(encoding="utf-8")
    english, arabic = (
        re.findall(r"^ +(\w+):", part, re.MULTILINE)
        for part in re.findall(r"= \{\n(.*?)\n\};", text, re.DOTALL)[:2]
    )
    assert english == arabic
    html = "".join(path.read_text(encoding="utf-8") for path in viewer_pages.FOLDER.glob("*.html"))
    said = set(re.findall(r'data-(?:say|label|hint)="(\w+)"', html))
    assert said <= set(english)
    others = [path for path in WITHOUT_CLIENT if path.name != "texts.js"]
    used = "".join(path.read_text(encoding="utf-8") for path in others)
    named, _, _ = text.partition("  refused: {")  # those are codes of the server
    for word in re.findall(r"^  (\w+):", named, re.MULTILINE):
        assert re.search(rf'words\.{word}\b|"{word}"', used), f"nobody says {word}"
