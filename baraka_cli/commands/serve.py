"""`baraka serve`: the server."""

from __future__ import annotations

from typing import Annotated

import typer

from baraka_cli.terminal import DatabaseUrl, fail, load_settings, run, wrong_usage


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on.", show_default="every address"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0 takes a free one.", show_default="3000")
    ] = None,
    database_url: DatabaseUrl = None,
    log_level: Annotated[
        str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.", envvar="BARAKA_LOG_LEVEL")
    ] = "INFO",
) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    It refuses to start on a database that is not up to date, and says the command that mends it.
    """
    import logging

    from baraka_server import logs
    from baraka_server.app import NoSecret
    from baraka_server.app import serve as serve_until_stopped
    from baraka_server.settings import Settings
    from baraka_server.store.engine import database_url as readable
    from baraka_server.store.migrate import MigrationFailed, OutOfDate, require_current

    if log_level.upper() not in logging.getLevelNamesMapping():
        wrong_usage(
            f"--log-level: there is no level {log_level}; try DEBUG, INFO, WARNING or ERROR"
        )
    settings: Settings = load_settings(host=host, port=port, database_url=database_url)
    logs.configure(log_level.upper())
    url = settings.database_url.get_secret_value()

    def listening(address: str) -> None:
        shown = readable(url).render_as_string(hide_password=True)
        logging.getLogger("baraka").info(
            "Baraka listens on %s (database: %s)",
            address,
            shown,
            extra={"event": "listening", "url": address},
        )

    async def checked() -> None:
        await require_current(url)
        await serve_until_stopped(settings, listening)

    try:
        run(checked())
    except (OutOfDate, MigrationFailed) as error:
        fail(str(error))
    except NoSecret:
        wrong_usage(
            "BARAKA_JWT_SECRET is not set: the server needs the key that access tokens are signed "
            'with.\nTo try Baraka, make one: export BARAKA_JWT_SECRET="$(openssl rand -base64 32)"'
        )
    except OSError as error:
        fail(f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}")
