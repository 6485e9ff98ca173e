"""HAProxy and nginx from the Debian packages, with the configurations of `deploy/` before servers of a test.

Nothing but addresses is changed in those files.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path
from typing import ClassVar, Self

from tests.support.checks.not_run import not_run
from tests.support.clients.phones import PATIENCE_SECONDS
from tests.support.servers.private_server import Survivor, find, free_port, program

DEPLOY = Path(__file__).parents[3] / "deploy"
ADDRESSES = ("10.0.0.11:3000", "10.0.0.12:3000")
"""Those of n1 and n2 in the files."""


class Balancer:
    """`async with HAProxy([port of n1, port of n2]) as balancer: balancer.url`."""

    program: ClassVar[str]
    shipped: ClassVar[str]
    listens: ClassVar[tuple[str, str]]
    """How the file says that it listens on port 80, and what is before a port of 127.0.0.1."""
    changed: ClassVar[dict[str, str]] = {}
    """What else is changed in the file."""

    def __init__(self, ports: list[int]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f"baraka-{self.program}-"))
        self._port = free_port()
        self._addresses = [f"127.0.0.1:{port}" for port in ports]

    @classmethod
    def require(cls) -> None:
        if find(cls.program) is None:
            not_run(cls.program, "not found. Try: make servers, as root")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self._said = self._folder / "said"
        with self._said.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                program(self.program),
                *self._words(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        group = -self._process.pid  # nginx has a process for each worker
        self._survivor = Survivor(group, self._folder)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self._listens():
                assert self._process.returncode is None, self._said.read_text()
                await asyncio.sleep(0.02)
        return self

    async def __aexit__(self, *_: object) -> None:
        print(self._said.read_text())  # pytest shows it with a test that failed
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)
        self._survivor.dismiss()
        shutil.rmtree(self._folder)

    def _words(self) -> list[str]:
        """The arguments that start it in the foreground."""
        raise NotImplementedError

    def _written(self) -> Path:
        """The shipped file, with the addresses of this test."""
        text = (DEPLOY / self.shipped).read_text()
        listens, here = self.listens
        changes = {listens: f"{here}{self._port}"} | dict(
            zip(ADDRESSES, self._addresses, strict=True)
        )
        changes |= self.changed
        for theirs, ours in changes.items():
            assert theirs in text, f"{self.shipped} has no {theirs}"
            text = text.replace(theirs, ours)
        path = self._folder / self.shipped
        path.write_text(text)
        return path

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True


class HAProxy(Balancer):
    program = "haproxy"
    shipped = "haproxy.cfg"
    listens = ("bind :80", "bind 127.0.0.1:")

    def _words(self) -> list[str]:
        return ["-db", "-f", str(self._written())]


class PlainHAProxy(HAProxy):
    """It takes the servers in turn for each request, whatever session that is of."""

    changed: ClassVar[dict[str, str]] = {
        "use-server %[urlp(sid),field(1,.)] if { urlp(sid) -m found }": "",
        "balance leastconn": "balance roundrobin",
    }


class Nginx(Balancer):
    """The shipped file is one that an nginx.conf includes, as Debian's does."""

    program = "nginx"
    shipped = "nginx.conf"
    listens = ("listen 80", "listen 127.0.0.1:")

    def _words(self) -> list[str]:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self._folder}/{kind}; " for kind in kinds)
        main = self._folder / "main.conf"
        main.write_text(
            f"daemon off; pid {self._folder}/pid; error_log stderr; worker_processes 2;\n"
            "events { worker_connections 1000; }\n"
            f"http {{ {folders} include {self._written()}; }}\n"
        )
        return ["-p", str(self._folder), "-e", "stderr", "-c", str(main)]


class PlainNginx(Nginx):
    """It takes the servers in turn for each request, whatever session that is of."""

    changed: ClassVar[dict[str, str]] = {
        "proxy_pass http://$baraka;": "proxy_pass http://baraka_any;",
        "least_conn;": "",
    }
