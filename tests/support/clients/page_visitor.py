"""`PageVisitor`: somebody with a browser who looks at the pages of a sale, in the Chromium of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Self

from playwright.async_api import (
    BrowserContext,
    Locator,
    Page,
    ViewportSize,
    WebSocketRoute,
    async_playwright,
    expect,
)

from tests.support.clients.browser import Browser
from tests.support.clients.phones import JS_FOLDER, PATIENCE_SECONDS

AXE = JS_FOLDER / "node_modules/axe-core/axe.min.js"
PHONE = ViewportSize(width=360, height=740)
SCREEN = ViewportSize(width=1280, height=720)
HARMLESS = ("Failed to load resource", "WebSocket connection to ")
"""What the console of a browser says of a server that is away, or of a picture that is: no page's fault."""

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


class PageVisitor:
    """`async with PageVisitor() as visitor: page = await visitor.opens(url)`.

    `faults` are the exceptions of all pages and what the policy forbade them: a test expects none.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._contexts: list[BrowserContext] = []

    async def __aenter__(self) -> Self:
        program = Browser.require()
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.close()
        await self._playwright.stop()

    async def opens(
        self,
        url: str,
        *,
        token: str | None = None,
        size: ViewportSize = PHONE,
        language: str = "en",
        websockets: tuple[str, Callable[[WebSocketRoute], None]] | None = None,
        **options: Any,
    ) -> Page:
        """A page in a browser profile of its own; `token` stands in the fragment of its address.

        `websockets` are those of an address that go through a line of the test.
        """
        context = await self._browser.new_context(
            viewport=size, locale=language, **({"has_touch": size is PHONE} | options)
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = await context.new_page()
        if websockets is not None:
            await page.route_web_socket(*websockets)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        await page.goto(url if token is None else f"{url}#token={token}")
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(HARMLESS):
            self.faults.append(text)


def part(page: Page, name: str) -> Locator:
    """The part of a page that shows this of a sale."""
    return page.locator(f'[data-part="{name}"]')


async def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps somebody out: rule, element, and what is wrong with it."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {json.dumps(node['target'])} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
