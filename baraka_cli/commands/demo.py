"""`baraka demo`: runs a server, a crowd and a console on a temporary database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baraka_cli.commands.simulate_flags.times import seconds
from baraka_cli.terminal import fail, run, say, stdout

if TYPE_CHECKING:
    from baraka_cli.run_list import ListedLot
    from baraka_cli.simulator.result import Result
    from baraka_cli.simulator.scenario import Scenario

HOST_ID, AUCTION_ID, NEXT_DOOR_ID = 1, 1, 2
USERS, AUCTIONS = 100, 3
LOTS = 8
CROWD = {"viewers": 60, "bidders": 12, "commenters": 6, "rate": 4, "comment_rate": 0.5}
"""An evening sale in small."""
PAGES = {
    "watch": "for viewers, in a browser or on a phone",
    "overlay": "for the picture of the stream, as a browser source",
    "board": "for the big screen of the room",
}
TOKEN_LIFETIME = timedelta(hours=12)
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20


def demo(
    port: Annotated[int, typer.Option(help="The port of the server; 0 takes a free one.")] = 0,
    headless: Annotated[
        bool,
        typer.Option(
            "--headless",
            help="Let a simulated host hold the sale, and print the result; always so without a "
            "terminal.",
        ),
    ] = False,
    duration: Annotated[
        float,
        typer.Option(
            parser=seconds, metavar="TIME", help="How long bids are made, with --headless."
        ),
    ] = "40s",  # type: ignore[assignment]
) -> None:
    """Host a live sale in the console, on a temporary database with a simulated crowd."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="baraka-demo-") as folder:
        at_terminal = stdout.is_terminal and sys.stdin.isatty()
        with (
            _when_ended(partial(shutil.rmtree, folder, ignore_errors=True)),
            _DemoSale.opened(Path(folder), port) as sale,
        ):
            if headless or not at_terminal:
                _hold(sale, duration)
            else:
                _host(sale)


@dataclass(frozen=True, slots=True)
class _DemoSale:
    folder: Path
    database_url: str
    secret: str
    url: str
    server_pid: int

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, port: int) -> Iterator[_DemoSale]:
        """A database with people in it, and a server of its own on it."""
        import secrets

        from baraka_server.store import migrate
        from baraka_server.store.seed import seed

        stdout.print("Baraka demo", style="bold")
        database_url = f"sqlite:///{folder / 'demo.db'}"
        stdout.print(f"  database  {folder / 'demo.db'} (deleted at the end)", soft_wrap=True)

        async def prepare() -> None:
            await migrate.upgrade(database_url)
            await seed(database_url, users=USERS, auctions=AUCTIONS)

        run(prepare())
        secret = secrets.token_urlsafe(32)
        log = folder / "serve.log"
        arguments = ["serve", "--host=127.0.0.1", f"--port={port}"]
        with _child(arguments, _environment(database_url, secret), log) as server:
            url = _address(server, log)
            stdout.print(f"  server    {url}")
            for page, what in PAGES.items():
                stdout.print(f"  {page:9} {url}/{page}/{AUCTION_ID}  {what}", soft_wrap=True)
            stdout.print()
            yield cls(folder, database_url, secret, url, server.pid)

    def token(self, user_id: int) -> str:
        from baraka_server.wire.identity import mint

        return mint(self.secret, user_id, TOKEN_LIFETIME, {})

    def environment(self) -> dict[str, str]:
        return _environment(self.database_url, self.secret)


# --- without a terminal


def _hold(sale: _DemoSale, duration: float) -> None:
    from baraka_cli.database import open_store
    from baraka_cli.ledger_check import compare
    from baraka_cli.simulator.crowd.cast import Place
    from baraka_cli.simulator.report.screen import Screen
    from baraka_cli.simulator.report.tables import print_report
    from baraka_cli.simulator.run import Setup
    from baraka_cli.simulator.run import run as hold
    from baraka_cli.terminal import stderr

    scenario, lots = _evening(duration)
    setup = Setup(
        url=sale.url,
        scenario=scenario,
        place=Place(AUCTION_ID, NEXT_DOOR_ID, HOST_ID, range(2, USERS + 1)),
        lots=lots,
        mint=sale.token,
        server_pids=(sale.server_pid,),
        version=version("baraka"),
    )

    async def held() -> Result:
        async with open_store(sale.database_url) as store:
            with Screen(stderr, title="Baraka demo", seconds=duration) as screen:
                return await hold(setup, screen.show, partial(compare, store))

    result = run(held())
    print_report(stdout, result)
    _say_what_next()
    if result.could_not or not result.kept:
        raise typer.Exit(1)


def _evening(duration: float) -> tuple[Scenario, list[ListedLot]]:
    from baraka_cli.simulator.scenario import made_up_lots, scenario

    planned = scenario(
        {"preset": "evening-sale", "lots": LOTS, "duration": duration, "chaos": 0.5, **CROWD}
    )
    return planned, made_up_lots(planned.lots, planned.seed)


# --- at a terminal


def _host(sale: _DemoSale) -> None:
    """The user hosts: the auction is live, the crowd is in, the lots are listed."""
    from baraka_cli.console.app import Console
    from baraka_cli.console.sale_screen import Setup

    _, lots = _evening(1)
    run(_start(sale))
    scenario = sale.folder / "crowd.toml"
    lines = [f"{name} = {value}" for name, value in {**CROWD, "chaos": 0.2}.items()]
    scenario.write_text("\n".join(lines), encoding="utf-8")
    crowd = [
        *("simulate", str(scenario), f"--url={sale.url}", f"--auction={AUCTION_ID}"),
        *("--no-host", "--json", f"--database-url={sale.database_url}"),
    ]
    found = sale.folder / "result.json"
    with (
        found.open("wb") as output,
        _child(crowd, sale.environment(), sale.folder / "simulate.log", output) as guests,
    ):
        Console(
            Setup(
                url=sale.url,
                token=sale.token(HOST_ID),
                auction_id=AUCTION_ID,
                lots=tuple(lots),
                folder=Path.cwd(),
                mint=lambda: sale.token(HOST_ID),
            )
        ).run()
        if guests.poll() is None:
            _end(guests, signal.SIGINT)
    _tell_result(found)
    _say_what_next()


async def _start(sale: _DemoSale) -> None:
    import socketio

    from baraka_server.contract.client_events import StartAuction

    client = socketio.AsyncClient()
    try:
        await client.connect(
            sale.url, auth={"token": sale.token(HOST_ID)}, transports=["websocket"]
        )
        answer = await client.call(StartAuction.wire_name, {"auctionId": AUCTION_ID})
    except socketio.exceptions.SocketIOError as error:
        fail(f"the auction could not be started: {error}")
    finally:
        await client.disconnect()
    if not answer["ok"]:
        fail(f"the auction could not be started: {answer['message']}")


def _tell_result(file: Path) -> None:
    from baraka_cli.simulator.report.stored import NotAResult, read_result
    from baraka_cli.simulator.report.tables import print_report

    try:
        result = read_result(file)
    except NotAResult:
        return  # the console was left before the crowd was there
    if result.totals.asked:
        print_report(stdout, result)
    elif result.could_not and not result.totals.viewers_max:
        say(f"The crowd did not come: {result.could_not}")


# --- both


def _environment(database_url: str, secret: str) -> dict[str, str]:
    """Of a child process: the developer's own settings stay out of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BARAKA_")}
    return kept | {
        "BARAKA_DATABASE_URL": database_url,
        "BARAKA_JWT_SECRET": secret,
        "BARAKA_SHUTDOWN_NOTICE_SECONDS": "0",
        "BARAKA_BIDS_PER_SECOND_MAX": "0",
    }


@contextmanager
def _child(
    arguments: list[str], environment: Mapping[str, str], log: Path, output: object = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A `baraka` process of our own, which is gone at the end whatever happens."""
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program, and no word from outside
            [sys.executable, "-m", "baraka_cli", *arguments],
            env=dict(environment),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,  # type: ignore[call-overload]
            stderr=errors,
            start_new_session=True,  # Ctrl-C in the terminal is ours alone
        )
        end = partial(_end, process, signal.SIGTERM)
        try:
            with _when_ended(end):
                yield process
        finally:
            end()


@contextmanager
def _when_ended(do: Callable[[], object]) -> Iterator[None]:
    """Do this also when SIGTERM, or SIGHUP of a closed terminal, ends us: nothing of the demo goes on.

    In the handler itself: an exception of a handler is lost where nobody awaits one, as in a finalizer.
    """
    numbers = (signal.SIGHUP, signal.SIGTERM)
    former = {number: signal.getsignal(number) for number in numbers}

    def die(number: int, _: object) -> None:
        do()
        signal.signal(number, former[signal.Signals(number)])
        signal.raise_signal(number)

    for number in numbers:
        if former[number] is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, die)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, former[number])


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Address of the server, from its log. Exits when it does not listen."""
    patience = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < patience and server.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"listening"' in line and line.endswith("}"):
                return str(json.loads(line)["url"])
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8")
    return fail(f"{said}\nThe server did not start; above is its log.")


def _say_what_next() -> None:
    baraka = _as_typed("baraka")
    stdout.print("\nThe demo is over, and its database is gone. Next, keep one:", style="bold")
    for command in (
        'export BARAKA_JWT_SECRET="$(openssl rand -base64 32)"',
        f"{baraka} db upgrade --create && {baraka} db seed",
        f"{baraka} serve",
        f"{baraka} console --user 1     # in another terminal, with the same secret",
    ):
        stdout.print(f"  {command}", soft_wrap=True)


def _as_typed(name: str) -> str:
    """A program of this environment as the reader can type it: its name, or the path to it."""
    ours = Path(sys.executable).with_name(name)
    return name if shutil.which(name) == str(ours) else os.path.relpath(ours)
