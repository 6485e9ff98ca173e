"""`baraka serve`: runs the server."""

from __future__ import annotations

import errno
from typing import Annotated, Any

import typer

from baraka_cli.database import of_settings
from baraka_cli.terminal import (
    FAULT,
    DatabaseUrl,
    fail,
    failures_told_by,
    load_settings,
    run,
    say,
    try_again,
    wrong_usage,
)

ENDED = {"event": "fault"}
TRANSIENT = {errno.EADDRINUSE, errno.EADDRNOTAVAIL}
"""An address that another process has still, or that its interface has not yet."""


def serve(
    host: Annotated[
        str | None,
        typer.Option(
            help="The address to listen on; several with commas, `unix:/PATH` for a file.",
            show_default="every IPv4 address",
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0 takes a free one.", show_default="3000")
    ] = None,
    database_url: DatabaseUrl = None,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="How many processes serve; auto is one for each core.",
            show_default="1",
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.", show_default="INFO"),
    ] = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    It refuses to start on a database that is not up to date, and says the command that mends it.
    In production, which is what it is for unless BARAKA_MODE says otherwise, it refuses a secret
    that others can guess.

    Its other settings are in the environment, or in .env of the folder that it is started in:
    docs/settings.md. `baraka doctor` says what they come to.

    It exits 2 when it is set up wrongly, 1 when something else must be mended first, and 75 when the same
    may work later: the database is away, the port is still taken.
    """
    import logging
    import signal

    from baraka_server import logs

    # Whatever is wrong from here on is an entry of the log for who collects it, and talk for people.
    logs.configure()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the server's own handler comes with its loop
    teller = say if logs.is_for_people() else _log_failure
    try:
        with failures_told_by(teller):
            _serve(
                host=host,
                port=port,
                database_url=database_url,
                workers=workers,
                log_level=log_level,
            )
    except typer.Exit:
        raise
    except Exception:
        logging.getLogger("baraka").exception("the server ended by a fault", extra=ENDED)
        raise typer.Exit(FAULT) from None
    finally:
        logs.flush()


def _log_failure(message: str) -> None:
    import logging

    for line in message.splitlines():
        logging.getLogger("baraka").error(line, extra={"event": "not_started"})


def _serve(**given: Any) -> None:
    import logging

    from baraka_server import logs, open_files
    from baraka_server.linking import redis_line
    from baraka_server.minting import UnsafeSecret, token_verifier
    from baraka_server.relay.redis_line import UnusableRedisUrl
    from baraka_server.running import serve as serve_until_stopped
    from baraka_server.settings import MAKE_A_SECRET, Mode, where
    from baraka_server.sources import lacking
    from baraka_server.store.migrate import require_fit
    from baraka_server.wire.metrics_http import CannotListen
    from baraka_server.workers.parent import CannotStart

    settings = load_settings(**given)
    logs.configure(settings.log_level)
    log = logging.getLogger("baraka")
    database = of_settings(settings, given["database_url"])
    files = open_files.raise_limit(settings.connections_max)

    def listening(urls: list[str]) -> None:
        if settings.mode is Mode.DEVELOPMENT:
            known = " with the secret that everybody knows" if settings.secret_fault else ""
            log.warning(
                "this is development mode%s: no server for real sales",
                known,
                extra={"event": "development"},
            )
        elif files is not None and files < open_files.needed(settings.connections_max):
            log.warning(
                "the system lets this process open %s files: not enough for %s connections",
                files,
                settings.connections_max,
                extra={"event": "open_files"},
            )
        log.info(
            "Baraka listens on %s (database: %s, %s)",
            ", ".join(urls),
            database.shown,
            database.origin,
            extra={"event": "listening", "url": urls[0]},
        )

    async def checked() -> None:
        token_verifier(settings)
        redis_line(settings)
        status = await require_fit(database.url)
        if status.beside_newer is not None:
            log.warning(status.beside_newer, extra={"event": "newer_database"})
        await serve_until_stopped(settings, listening)

    try:
        run(checked(), about=database.line)
    except UnsafeSecret as error:
        missing = settings.jwt_secret is None
        what = lacking("jwt_secret") if missing else f"BARAKA_JWT_SECRET {error}"
        wrong_usage(
            f"{what}: the server needs the key that access tokens are signed "
            "with, and nobody else may know it.\n"
            f'Make one: export BARAKA_JWT_SECRET="$({MAKE_A_SECRET})"\n'
            "Only to try Baraka on this machine: export BARAKA_MODE=development"
        )
    except UnusableRedisUrl as error:
        wrong_usage(f"BARAKA_REDIS_URL {error}")
    except CannotListen as error:
        try_again(f"cannot listen for metrics on {error}: see BARAKA_METRICS_PORT")
    except CannotStart as error:
        try_again(f"the server cannot start: {error}")
    except OSError as error:
        tell = try_again if error.errno in TRANSIENT else fail
        tell(f"cannot listen on {where(settings)}: {error.strerror or error}")
