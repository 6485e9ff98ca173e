"""Files for TLS to a database server: they are tried once, before the first connection (D27).

The driver reads them with each connection, so that a certificate may be replaced while a server runs.
What is wrong with them would look like a database that is away, and be tried again for ever.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from sqlalchemy.engine import URL

from baraka_server.store.address import UnusableUrl


def require_tls_files(url: URL) -> None:
    """Raise `UnusableUrl` where a `ssl_...` parameter names nothing of use; its value is not repeated."""
    given = {name: value for name, value in url.query.items() if isinstance(value, str)}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca := given.get("ssl_ca"):
        try:
            context.load_verify_locations(cafile=ca)
        except OSError as error:
            raise _of_no_use("ssl_ca", "a file with certificates (PEM)", error) from None
    if (folder := given.get("ssl_capath")) and not Path(folder).is_dir():
        raise _of_no_use("ssl_capath", "a folder with certificates")
    if certificate := given.get("ssl_cert"):
        key = given.get("ssl_key")
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            what = "a certificate and its key (PEM, without a password)"
            named = "ssl_cert with ssl_key" if key else "ssl_cert without ssl_key"
            raise _of_no_use(named, what, error) from None
    if ciphers := given.get("ssl_cipher"):
        try:
            context.set_ciphers(ciphers)
        except ssl.SSLError:
            raise _of_no_use("ssl_cipher", "a cipher that OpenSSL has here") from None


def _no_password() -> bytes:
    """An empty one: without it OpenSSL would ask on the terminal."""
    return b""


def _of_no_use(named: str, what: str, error: Exception | None = None) -> UnusableUrl:
    seen = isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror
    reason = f": {seen}" if seen else ""
    return UnusableUrl(f"{named} in the database URL does not name {what}{reason}")
