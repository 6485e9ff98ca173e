"""A real browser without a window: a page with the official client, and what it says it heard."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.support.checks.not_run import not_run
from tests.support.clients.phones import JS_FOLDER, PATIENCE_SECONDS
from tests.support.servers.free_port import listen

CLIENT = JS_FOLDER / "node_modules/socket.io-client/dist/socket.io.min.js"
OLD_CLIENT = JS_FOLDER / "node_modules/socket.io-client-v2/dist/socket.io.js"
START_SECONDS_MAX = 60
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

PAGE = """<!doctype html><script src="/socket.io.min.js"></script><script>
const { url, options } = %s;
const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
const socket = io(url, options);
const heard = [];
let upgraded = false;
socket.io.engine?.on("upgrade", () => { upgraded = true; });
socket.io.on("open", () => socket.io.engine.on("upgrade", () => { upgraded = true; }));
socket.on("connect", () =>
  socket.emit("joinAuction", { auctionId: 1 }, (answer) => tell({ joined: answer.ok })));
socket.on("numbered", ({ number }) => heard.push(number));
socket.on("over", () => tell({ heard, upgraded, transport: socket.io.engine.transport.name }));
</script>"""

OLD_PAGE = """<!doctype html><script src="/socket.io.min.js"></script><script>
const { url, options } = %s;
const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
const socket = io(url, options);
for (const event of ["error", "connect_error", "disconnect"])
  socket.on(event, (what) => tell({ [event]: what }));
</script>"""

REQUESTING_PAGE = """<!doctype html><script>
const { url, requests } = %s;
const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
const answer = async ({ path, ...options }) => {
  try {
    const response = await fetch(url + path, options);
    return { status: response.status, retryAfter: response.headers.get("Retry-After"), body: await response.json() };
  } catch (error) {
    return { hidden: error.message };
  }
};
(async () => { for (const request of requests) await tell(await answer(request)); })();
</script>"""


class Browser:
    """`async with Browser(folder, url, options) as browser:` opens the page; `told` is what it says.

    With `old` its client is that of Socket.IO 2. With `requests` it is a page that sends these in turn,
    given as the options of `fetch` with a `path`, and says what it may read of each answer.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        options: dict[str, Any] | None = None,
        *,
        old: bool = False,
        requests: list[dict[str, Any]] | None = None,
    ) -> None:
        self._folder = folder
        self._client = OLD_CLIENT if old else CLIENT
        self._page = (OLD_PAGE if old else PAGE) % json.dumps({"url": url, "options": options})
        if requests is not None:
            self._page = REQUESTING_PAGE % json.dumps({"url": url, "requests": requests})
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @staticmethod
    def require() -> str:
        if not CLIENT.exists():
            not_run("a browser", "the client's packages are missing. Try: make node")
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            not_run("a browser", "chromium not found. Try: make servers, as root")
        return program

    async def __aenter__(self) -> Self:
        program = self.require()
        app = web.Application()
        app.router.add_get("/", self._show)
        app.router.add_get("/socket.io.min.js", self._script)
        app.router.add_post("/told", self._hear)
        self._runner, url = await listen(app)
        self._process = await asyncio.create_subprocess_exec(
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            f"--user-data-dir={self._folder / 'profile'}",
            f"{url}/",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._runner.cleanup()

    async def told(self) -> dict[str, Any]:
        """The next thing that the page says."""
        return await asyncio.wait_for(self._told.get(), START_SECONDS_MAX + PATIENCE_SECONDS)

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html")

    async def _script(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(self._client)

    async def _hear(self, request: web.Request) -> web.Response:
        self._told.put_nowait(await request.json())
        return web.Response()
