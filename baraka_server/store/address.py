"""Database URLs: parsing, and a form without the password to show (D27)."""

from __future__ import annotations

import re
from pathlib import Path

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
"""The parameters that a URL may have behind `?`."""

_LOGIN = re.compile(r"[^:/?\[@]*(?::(?P<password>[^@]*))?@[^@]*", re.DOTALL)
"""The part behind `://` where there is an `@`: only one, behind user and password."""
_PORT_AND_PARAMETERS = re.compile(r"\d*(?:/[^?]*)?\?.*", re.DOTALL)
"""A password that may also be read as port and parameters, with the `@` in a parameter."""
_UNDECODED = "\N{REPLACEMENT CHARACTER}"


class UnusableUrl(ValueError):
    """A database URL that cannot be used. The text is for the operator."""


def database_url(text: str) -> URL:
    """The URL with the driver that we use: `mysql://` and `mysql+asyncmy://` both work.

    Raises `UnusableUrl` with a text for the operator. It never repeats the URL: that has a password,
    and where the URL can be read in two ways, the password may be in any part of it.
    """
    text = text.strip()
    _refuse_two_meanings(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Their texts have parts of the URL in them.
        raise UnusableUrl(
            "the database URL cannot be read; examples: sqlite:///baraka.db, "
            "mysql://user:password@localhost:3306/baraka"
        ) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise UnusableUrl(
            f"databases of the kind '{url.get_backend_name()}' are not supported: "
            "use sqlite, mysql or mariadb"
        )
    if url.get_backend_name() == "sqlite":
        _refuse_any_parameter(text)
    else:
        _refuse_parameters(text, url)
    return url.set(drivername=driver)


def shown_url(text: str) -> str:
    """The database as it may be shown: a file with its whole path, a server without a password.

    Raises `UnusableUrl`. Drivers take passwords as parameters too, so none of these is shown.
    """
    url = database_url(text)
    kind = url.get_backend_name()
    if file := database_file(url):
        return f"the SQLite file {file}"
    return url.set(drivername=kind, query={}).render_as_string(hide_password=True)


def database_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for databases on a server."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name).absolute()


def missing_file(text: str) -> Path | None:
    """The file of the SQLite database at the URL `text`, if it is not there.

    Raises `UnusableUrl`, also when there is no folder for it.
    """
    file = database_file(database_url(text))
    if file is None or file.exists():
        return None
    if not file.parent.is_dir():
        raise UnusableUrl(f"there is no folder for the file {file}")
    return file


def _refuse_two_meanings(text: str) -> None:
    """Refuse a URL that libraries read in different ways: part of the password would not be hidden."""
    if any(ord(character) < ord(" ") for character in text):
        raise UnusableUrl("the database URL has a line break or a control character in it")
    scheme, _, rest = text.partition("://")
    if scheme.partition("+")[0] == "sqlite" or "@" not in rest:
        return
    login = _LOGIN.fullmatch(rest)
    if login is None or _PORT_AND_PARAMETERS.fullmatch(login["password"] or ""):
        raise UnusableUrl(
            "the database URL can be read in more than one way, since it has an '@' that may belong "
            "to the password. Only the one before the host is written as it is: in the user's name, "
            "the password and parameters write %40 for @, %3A for :, %2F for /, %3F for ? "
            "and %25 for %"
        )


def _refuse_any_parameter(text: str) -> None:
    if "?" in text:
        raise UnusableUrl(
            "the URL of a SQLite file takes no parameters: leave out the ? and what is behind it; "
            "how long anything may take is BARAKA_DATABASE_TIMEOUT_SECONDS"
        )


def _refuse_parameters(text: str, url: URL) -> None:
    parameters = text.rpartition("@")[2].partition("?")[2].split("&")
    # An empty password is one; an empty name of a file would go without what the file is for.
    if any(not one.partition("=")[2] for one in parameters if one and one != "password="):
        raise UnusableUrl(
            "the database URL has a parameter without a value; in a password write %26 for & "
            "and %3F for ?"
        )
    for name in url.query:
        if name not in MYSQL_PARAMETERS:
            # Behind a password it may be the rest of it.
            named = "" if "password" in url.query else f" '{name}'"
            raise UnusableUrl(
                f"the database URL has a parameter{named} that is not known; there are: "
                + ", ".join(MYSQL_PARAMETERS)
            )
        if isinstance(url.query[name], tuple):
            raise UnusableUrl(f"the database URL has the parameter '{name}' more than once")
    _refuse_half_of_tls(url)
    parts = (url.username, url.password, url.database, *url.query.values())
    if any(_UNDECODED in part for part in parts if part) and _UNDECODED not in text:
        raise UnusableUrl("the database URL has a %.. that is not UTF-8")


def _refuse_half_of_tls(url: URL) -> None:
    """Refuse parameters that the driver would pass over without a word, so that less is checked than meant."""
    given = url.query
    if "ssl_key" in given and "ssl_cert" not in given:
        raise UnusableUrl("the database URL has ssl_key without ssl_cert: the key's certificate")
    # As SQLAlchemy reads yes and no.
    said = str(given.get("ssl_check_hostname", "false")).strip().lower()
    checks = said in {"true", "yes", "on", "y", "t", "1"}
    if checks and not given.keys() & {"ssl_ca", "ssl_capath"}:
        raise UnusableUrl(
            "the database URL has ssl_check_hostname without ssl_ca or ssl_capath: no name is "
            "checked unless they say whose certificates are good"
        )
