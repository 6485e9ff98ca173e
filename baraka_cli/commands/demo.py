"""`baraka demo`: a server on a throw-away database, and a short sale to watch."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.terminal import fail, load_settings, run, stdout

USERS, AUCTIONS = 40, 3
SALE_ID, OPEN_ID = 1, 2
TOKEN_LIFETIME = timedelta(hours=12)


def demo(
    port: Annotated[int, typer.Option(help="The port of the server; 0 takes a free one.")] = 0,
    stay: Annotated[
        bool | None,
        typer.Option(
            "--stay/--leave",
            help="Keep the server running after the sale.",
            show_default="--stay on a terminal",
        ),
    ] = None,
    pause: Annotated[
        float, typer.Option(min=0, help="Seconds between two lines of the script.")
    ] = 0.8,
) -> None:
    """Watch a short sale on a temporary SQLite database, then try the commands yourself."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="baraka-demo-") as folder:
        stays = stdout.is_terminal and sys.stdin.isatty() if stay is None else stay
        run(_demo(Path(folder), port=port, stays=stays, pause=timedelta(seconds=pause)))


async def _demo(folder: Path, *, port: int, stays: bool, pause: timedelta) -> None:
    import secrets

    from baraka_cli.scripted_sale import SaleFailed, hold_sale, open_lot
    from baraka_server import logs
    from baraka_server.app import Server
    from baraka_server.store import migrate
    from baraka_server.store.seed import seed
    from baraka_server.wire.identity import mint

    url = f"sqlite:///{folder / 'demo.db'}"
    secret = secrets.token_urlsafe(32)
    settings = load_settings(
        host="127.0.0.1",
        port=port,
        database_url=url,
        jwt_secret=secret,
        shutdown_notice_seconds=0,
    )
    logs.configure("WARNING")
    stdout.print("Baraka demo", style="bold")
    stdout.print(f"  database  {folder / 'demo.db'} (deleted at the end)", soft_wrap=True)
    await migrate.upgrade(url)
    await seed(url, users=USERS, auctions=AUCTIONS)
    server = Server(settings)
    try:
        try:
            address = await server.start()
        except OSError as error:
            fail(f"cannot listen on 127.0.0.1 port {port}: {error.strerror or error}")
        stdout.print(f"  server    {address}\n")

        def token(user_id: int) -> str:
            return mint(secret, user_id, TOKEN_LIFETIME, {})

        try:
            await hold_sale(address, SALE_ID, token, stdout.print, pause=pause)
            lot = await open_lot(address, OPEN_ID, token)
        except SaleFailed as error:
            fail(f"the server refused what the script asked for: {error}")
        _say_what_next(address, url, secret, token(7), lot.product, stays=stays)
        if stays:
            enough = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, enough.set)
            await enough.wait()
    finally:
        await server.stop()


def _say_what_next(
    address: str, database: str, secret: str, token: str, product: str, *, stays: bool
) -> None:
    baraka, python = _as_typed("baraka"), _as_typed("python")

    def step(what: str, *commands: str) -> None:
        stdout.print(f"\n{what}", style="bold")
        for command in commands:
            stdout.print(f"  {command}", soft_wrap=True)

    if not stays:
        step(
            "The demo is over, and its database is gone. Next, keep one:",
            'export BARAKA_JWT_SECRET="$(openssl rand -base64 32)"',
            f"{baraka} db upgrade && {baraka} db seed",
            f"{baraka} serve",
        )
        return
    stdout.print("\nThe server goes on; Ctrl-C ends it. In another terminal:")
    step(
        "The sale, retold from its ledger after its bids were cleared",
        f"export BARAKA_DATABASE_URL={database}",
        f"{baraka} auction history {SALE_ID}",
        f"{baraka} auction verify {SALE_ID}",
        f"{baraka} winnings list",
    )
    step(
        f"Auction {OPEN_ID} is live, with the {product} on its block: bid on it, and watch",
        f"node examples/node-viewer/viewer.mjs {address} {OPEN_ID} {token}",
        f"export BARAKA_JWT_SECRET={secret}",
        f"{python} examples/python_bidder.py {address} {OPEN_ID} $({baraka} token 8) --up-to 2000",
    )


def _as_typed(name: str) -> str:
    """A program of this environment as the reader can type it: its name, or the path to it."""
    ours = Path(sys.executable).with_name(name)
    return name if shutil.which(name) == str(ours) else os.path.relpath(ours)
