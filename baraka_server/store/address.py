"""The URL of a database: what it means to us, and how it is shown without its password (D27)."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
}

MYSQL_PARAMETERS = (
    *("user", "password", "unix_socket", "charset"),
    *("ssl_ca", "ssl_cert", "ssl_key", "ssl_capath", "ssl_cipher", "ssl_check_hostname"),
)
"""What may stand behind the `?` of a URL; other systems' drivers have others."""


class UnusableUrl(ValueError):
    """A database URL that names nothing we can connect to."""


def database_url(text: str) -> URL:
    """The URL with the driver that we use: `mysql://` and `mysql+asyncmy://` both work.

    Raises `UnusableUrl` with a text for the operator. It never repeats the URL: that has a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise UnusableUrl(
            "the database URL cannot be read; examples: sqlite:///baraka.db, "
            "mysql://user:password@localhost:3306/baraka"
        ) from error
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise UnusableUrl(
            f"databases of the kind '{url.get_backend_name()}' are not supported: "
            "use sqlite, mysql or mariadb"
        )
    if url.get_backend_name() != "sqlite":
        for name in url.query:
            if name not in MYSQL_PARAMETERS:
                raise UnusableUrl(
                    f"the database URL has a parameter '{name}' that is not known; there are: "
                    + ", ".join(MYSQL_PARAMETERS)
                )
    return url.set(drivername=driver)


def shown_url(text: str) -> str:
    """The URL as it may be shown. Raises `UnusableUrl`. Drivers take passwords as parameters too."""
    return database_url(text).set(query={}).render_as_string(hide_password=True)
