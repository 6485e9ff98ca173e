"""The URL of a database: one meaning or none, and no part of its password is ever shown."""

from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from baraka_server.store.address import UnusableUrl, database_url, missing_file, shown_url
from baraka_server.store.engine import open_engine
from tests.support.servers.mariadb import MariaDB


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("mysql://at:secret@host/db", "secret"),
        ("mysql://at:se%40cret@host/db", "se@cret"),
        ("mysql://at:se%2Fc%3Fr%23e%3At@host/db", "se/c?r#e:t"),
        ("mysql://at:se/c#r:e@host:3306/db", "se/c#r:e"),
        ("mysql://at:se?cret@host/db?charset=utf8mb4", "se?cret"),
        ("mysql://at:pässwörd@host/db", "pässwörd"),
        ("mysql://at:%D9%85%D8%B1@host/db", "مر"),
        ("mariadb+asyncmy://at:100%25@[::1]:3306/db", "100%"),
        ("mysql://at:secret@/db?unix_socket=/run/db.sock", "secret"),
        ("  mysql://at:secret@host/db\n", "secret"),
    ],
)
def test_a_password_is_what_stands_between_the_name_and_the_host(url: str, password: str) -> None:
    read = database_url(url)
    assert (read.username, read.password, read.database) == ("at", password, "db")
    assert read.host in {"host", "::1", None}
    assert password not in shown_url(url)
    assert "at:***@" in shown_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://at:p4@ss@host/db",
        "mysql://at:@p4ss@host/db",
        "mysql://at:p4ss@@host/db",
        "mysql://a@t:p4ss@host/db",
        "mysql://at:p4/s@ss@host/db",
        "mysql://at:p4@s/ss@host/db",
        "mysql://at:p4@s?ss@host/db",
        "mysql://at/p4ss@host/db",
        "mysql://at?p4ss@host/db",
        "mysql://host:3306/db?password=p4@ss",
        "mysql://host/db?password=p4@ss",
        "mysql://[::1]:3306/db?password=p4@ss",
        "mysql://at@host/db?password=p4@ss",
        "mysql://at:p4@ss:word@host/db?ssl_ca=/x",
        "mariadb+asyncmy://at:p4@ss@host/db",
        "oracle://at:p4@ss@host/db",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_and_not_repeated(url: str) -> None:
    for read in (database_url, shown_url, open_engine, missing_file):
        with pytest.raises(UnusableUrl, match="%40 for @") as refused:
            read(url)
        assert "p4" not in str(refused.value)
        assert "ss@" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "mysql://at@host/db?password=sec&ret",
        "mysql://at@host/db?password=sec&ret=x",
        "mysql://at:sec%FFret@host/db",
        "mysql://at:sec\nret@host/db",
        "mysql://at:secret@host:ret/db",
        "mysql://at@host/db?password=secret&password=ret",
        "sqlite:///baraka.db?password=secret",
        "sqlite:///baraka.db?secret",
        "mysql://at:secret@[::1/db",
        "at:secret@host/db",
    ],
)
def test_a_url_of_no_use_is_refused_without_a_part_of_it(url: str) -> None:
    with pytest.raises(UnusableUrl) as refused:
        database_url(url)
    assert "sec" not in str(refused.value)
    assert "ret" not in str(refused.value)


def test_a_parameter_that_is_not_known_is_named_where_it_cannot_be_a_password() -> None:
    with pytest.raises(UnusableUrl, match="parameter 'sslmode' that is not known"):
        database_url("mysql://at@host/db?sslmode=on")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("ssl_ca=", "a parameter without a value"),
        ("ssl_ca=/a&ssl_ca=/b", "the parameter 'ssl_ca' more than once"),
        ("ssl_key=/a", "ssl_key without ssl_cert"),
        ("ssl_check_hostname=TRUE", "ssl_check_hostname without ssl_ca or ssl_capath"),
    ],
)
def test_a_parameter_that_would_be_passed_over_is_refused(parameters: str, words: str) -> None:
    with pytest.raises(UnusableUrl, match=words):
        database_url(f"mysql://at@host/db?{parameters}")


@pytest.mark.parametrize("password", ["", "c2VjcmV0Cg=="])
def test_a_password_may_be_empty_and_end_as_base64_does(password: str) -> None:
    read = database_url(f"mysql://at@host/db?password={password}&charset=utf8mb4")
    assert read.query.get("password", "") == password


def test_a_file_of_sqlite_takes_no_parameters() -> None:
    for parameter in ("timeout=3", "detect_types=3", "uri=true", "mode=ro", "charset=utf8mb4"):
        with pytest.raises(UnusableUrl, match="takes no parameters: leave out the \\?"):
            database_url(f"sqlite:///baraka.db?{parameter}")


def test_a_file_is_shown_with_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///a@b.db", f"sqlite+aiosqlite:///{tmp_path}/a@b.db"):
        assert shown_url(url) == f"the SQLite file {tmp_path}/a@b.db"
        assert missing_file(url) == tmp_path / "a@b.db"
    assert shown_url("sqlite://") == "sqlite://"
    (tmp_path / "a@b.db").touch()
    assert missing_file("sqlite:///a@b.db") is None


@pytest.mark.mariadb
@pytest.mark.parametrize("password", ["p@ss/w:o?r#d%41 [x]", "pässwörd", "كلمة السر 🔑"])
async def test_a_password_of_any_characters_opens_the_database(
    mariadb: MariaDB, password: str
) -> None:
    mariadb.revive()
    mariadb.sql(f"CREATE OR REPLACE USER amina@'%' IDENTIFIED BY '{password}'")
    written = [f"amina:{quote(password, safe='')}@127.0.0.1:{mariadb.port}"]
    written += [f"127.0.0.1:{mariadb.port}/?user=amina&password={quote(password, safe='')}"]
    if "%" not in password and "@" not in password:
        written.append(f"amina:{password}@127.0.0.1:{mariadb.port}")
    for login in written:
        engine = open_engine(f"mysql://{login}")
        try:
            async with engine.connect() as connection:
                assert str(await connection.scalar(text("SELECT CURRENT_USER()"))) == "amina@%"
        finally:
            await engine.dispose()
