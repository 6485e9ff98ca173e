"""`baraka top`: the numbers of servers, live in the terminal or once for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.terminal import load_settings, print_json, run, say, stdout, wrong_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baraka_cli.top.server import Watched
    from baraka_server.settings import Settings

HEIGHT_ONCE = 40


def top(
    url: Annotated[
        list[str] | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="A server, at its own port or at that of its metrics; again for more.",
            show_default="this machine's, by its settings",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN", help="BARAKA_METRICS_TOKEN of the servers.", show_default=False
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--every", min=1, max=60, metavar="SECONDS", help="How often to look.")
    ] = 2,
    once: Annotated[
        bool,
        typer.Option("--once", help="Print one picture instead, of the time between two looks."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers once, as JSON for programs.")
    ] = False,
) -> None:
    """Watch servers: who is slow, which auction is hot, workers, relay and database.

    It asks for the numbers that Prometheus gets, with the same token. `q` quits. Times are those below
    which 99 of 100 were since the last look. A server that does not answer any more is shown as gone.
    With --once or --json it exits 1 when one of the servers does not tell its numbers.
    """
    from baraka_cli.top.app import Top
    from baraka_cli.top.server import Watched

    settings = load_settings()
    token = token or _secret(settings)
    urls = url or [_own_url(settings)]
    for one in urls:
        if not one.startswith(("http://", "https://")):
            wrong_usage(f"--url: '{one}' is not an address; write it like http://127.0.0.1:3000")
    watched = [Watched(one, token) for one in dict.fromkeys(urls)]
    if once or as_json or not stdout.is_terminal:
        _print_once(watched, seconds, as_json=as_json)
        return
    run(_first_look(watched))
    if not any(one.change for one in watched):
        _tell_troubles(watched)
        raise typer.Exit(1)
    Top(watched, seconds).run()


async def _first_look(watched: Sequence[Watched]) -> None:
    from baraka_cli.top.app import look

    await look(watched)


def _print_once(watched: Sequence[Watched], seconds: float, *, as_json: bool) -> None:
    from baraka_cli.top.picture import picture
    from baraka_cli.top.server import State

    run(_two_looks(watched, seconds))
    if as_json:
        print_json([_jsonable(one) for one in watched])
    elif any(one.change for one in watched):
        stdout.print(picture(watched, stdout.width, HEIGHT_ONCE))
    if any(one.state is not State.UP for one in watched):
        _tell_troubles(watched)
        raise typer.Exit(1)


async def _two_looks(watched: Sequence[Watched], seconds: float) -> None:
    import asyncio

    from baraka_cli.top.app import look

    await look(watched)
    if any(one.change for one in watched):
        await asyncio.sleep(seconds)
        await look(watched)


def _tell_troubles(watched: Sequence[Watched]) -> None:
    for one in watched:
        if one.trouble:
            say(f"{one.url}: the server {one.trouble}")


def _jsonable(one: Watched) -> dict[str, Any]:
    from dataclasses import asdict

    from baraka_cli.top.server import State
    from baraka_cli.top.summary import Summary, troubles, workers

    said: dict[str, Any] = {"url": one.url, "state": one.state, "troubles": list(troubles(one))}
    if one.change is None or one.state is not State.UP:
        return said
    return (
        said
        | {"node": one.change.now.node, "version": one.change.now.version}
        | {"hears": list(one.change.now.hears)}
        | Summary.of(one.change).jsonable()
        | {"worker_list": [asdict(worker) for worker in workers(one)]}
        | {"auctions": [asdict(auction) for auction in one.change.auctions()]}
    )


def _secret(settings: Settings) -> str | None:
    return settings.metrics_token.get_secret_value() if settings.metrics_token else None


def _own_url(settings: Settings) -> str:
    """Where a server with these settings tells its numbers on this machine."""
    return f"http://127.0.0.1:{settings.metrics_port or settings.port}"
