"""Parameters of the URL of a MariaDB: a socket file, and TLS that checks what it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from baraka_server.store.address import UnusableUrl
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import Unavailable
from baraka_server.store.migrate import MigrationFailed, current
from tests.support.checks.not_run import not_run
from tests.support.servers.certificates import self_signed
from tests.support.servers.mariadb import MariaDB

pytestmark = pytest.mark.mariadb


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")


@pytest.fixture(scope="module")
def with_tls(certificate: Path) -> Iterator[MariaDB]:
    """A server with user `amina`, who is let in by TLS alone, and `bilal`, by this certificate alone."""
    if missing := MariaDB.missing():
        not_run("MariaDB", f"{', '.join(missing)} not found. Try: make servers, as root")
    files = [f"--ssl-{kind}={certificate}" for kind in ("ca", "cert", "key")]
    with MariaDB(*files) as server:
        server.create_database("sale")
        for user, needs in (("amina", "SSL"), ("bilal", "X509")):
            server.sql(f"CREATE USER {user}@'%' REQUIRE {needs}")
            server.sql(f"GRANT ALL ON sale.* TO {user}@'%'")
        yield server


def url(server: MariaDB, parameters: str, *, user: str = "amina", host: str = "127.0.0.1") -> str:
    return f"mysql://{user}@{host}:{server.port}/sale?{parameters}"


async def cipher(url: str) -> str:
    """The cipher of a connection: an empty one without TLS."""
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            shown = await connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'"))
            return str(shown.one()[1])
    finally:
        await engine.dispose()


async def test_a_socket_file_takes_the_place_of_the_address(with_tls: MariaDB) -> None:
    file = with_tls.folder / "socket"
    assert await cipher(f"mysql://root@/sale?unix_socket={file}&charset=utf8mb4") == ""
    with pytest.raises(MigrationFailed, match=r"at this machine's socket file .* user 'amina'"):
        await current(f"mysql://amina@/sale?unix_socket={file}")


async def test_tls_is_spoken_where_a_parameter_asks_for_it(
    with_tls: MariaDB, certificate: Path
) -> None:
    with pytest.raises(MigrationFailed, match="or not without TLS"):
        await current(url(with_tls, "charset=utf8mb4"))
    assert await cipher(url(with_tls, f"ssl_ca={certificate}"))
    assert await cipher(url(with_tls, "ssl_check_hostname=false"))  # who it is, is not checked
    own = f"ssl_ca={certificate}&ssl_cert={certificate}"
    assert await cipher(url(with_tls, own, user="bilal"))
    assert await cipher(url(with_tls, f"{own}&ssl_key={certificate}", user="bilal"))
    with pytest.raises(MigrationFailed, match="user 'bilal'"):
        await current(url(with_tls, f"ssl_ca={certificate}", user="bilal"))


async def test_a_server_that_nobody_vouches_for_is_not_spoken_to(
    with_tls: MariaDB, certificate: Path, tmp_path: Path, mariadb: MariaDB
) -> None:
    other = self_signed(tmp_path / "other.pem")
    with pytest.raises(Unavailable, match="certificate verify failed"):
        await current(url(with_tls, f"ssl_ca={other}"))
    elsewhere = url(with_tls, f"ssl_ca={certificate}", host="localhost")
    with pytest.raises(Unavailable, match="not valid for 'localhost'"):
        await current(elsewhere)
    assert await cipher(f"{elsewhere}&ssl_check_hostname=false")
    mariadb.revive()
    without = f"mysql://root@127.0.0.1:{mariadb.port}/mysql?ssl_ca={certificate}"
    with pytest.raises(Unavailable):  # never in clear
        await current(without)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("ssl_ca=/nowhere.pem", "ssl_ca .* file with certificates .*: No such file"),
        ("ssl_ca={text}", "ssl_ca .* file with certificates"),
        ("ssl_capath=/nowhere", "ssl_capath .* folder"),
        ("ssl_cert={text}", "ssl_cert without ssl_key .* certificate and its key"),
        ("ssl_cert={text}&ssl_key=/nowhere", "ssl_cert with ssl_key .* certificate and its key"),
        ("ssl_cipher=nonsense", "ssl_cipher .* OpenSSL"),
        ("ssl_check_hostname=perhaps", "a value that it cannot have"),
    ],
)
def test_files_of_no_use_are_told_before_there_is_a_connection(
    parameters: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("no certificate")
    given = parameters.format(text=tmp_path / "text")
    with pytest.raises(UnusableUrl, match=words) as refused:
        open_engine(f"mysql://at@127.0.0.1:9/sale?{given}")
    assert "nowhere" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
