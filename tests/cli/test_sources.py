"""Sources of settings: which of two wins, and the error for a file that cannot be read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from baraka_cli.terminal import load_settings
from baraka_server.settings import Settings
from baraka_server.sources import SECRET_BYTES_MAX, origin
from tests.support.clients.command_line import Answer, invoke
from tests.support.servers.baraka import SECRET

OTHER = "another secret for tests, of 32 bytes or more"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings get in."""
    for name in [name for name in os.environ if name.startswith(("BARAKA_", "CREDENTIALS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def secret() -> str:
    found = load_settings().jwt_secret
    assert found is not None
    return found.get_secret_value()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_in_a_file_lacks_the_line_end_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("BARAKA_JWT_SECRET_FILE", str(written(folder / "key", f" {SECRET}{end}")))
    assert secret() == f" {SECRET}"


def test_every_secret_may_be_in_a_file_wherever_the_file_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{folder}/elsewhere.db"
    monkeypatch.setenv("BARAKA_DATABASE_URL_FILE", str(written(folder / "url", f"{url}\n")))
    written(folder / "key", f"{SECRET}\n")
    written(folder / ".env", "BARAKA_JWT_SECRET_FILE=key\n")
    assert load_settings().database_url.get_secret_value() == url
    assert secret() == SECRET
    assert origin(Settings, "database_url") == (
        f"set by {folder}/url, which BARAKA_DATABASE_URL_FILE names"
    )
    assert origin(Settings, "jwt_secret") == (
        f"set by {folder}/key, which BARAKA_JWT_SECRET_FILE names"
    )


def test_the_better_place_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is added to those before it."""

    def port_and_secret() -> tuple[int, str, str]:
        return load_settings().port, secret(), origin(Settings, "jwt_secret")

    written(folder / ".env", f"BARAKA_JWT_SECRET='{SECRET} 1'\nBARAKA_PORT=1\n")
    assert port_and_secret() == (1, f"{SECRET} 1", f"set by {folder}/.env")

    written(folder / "credentials/baraka_jwt_secret", f"{SECRET} 2\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder / "credentials"))
    assert port_and_secret() == (1, f"{SECRET} 2", "set by the credential baraka_jwt_secret")

    monkeypatch.setenv("BARAKA_JWT_SECRET", f"{SECRET} 3")
    monkeypatch.setenv("BARAKA_PORT", "3")
    assert port_and_secret() == (3, f"{SECRET} 3", "set by BARAKA_JWT_SECRET")
    assert load_settings(port=4).port == 4


def test_a_default_says_that_nobody_set_it(folder: Path) -> None:
    default = "the default: BARAKA_DATABASE_URL is not set, and"
    assert origin(Settings, "database_url") == f"{default} {folder}/.env is not there"
    written(folder / ".env", "")
    assert origin(Settings, "database_url") == f"{default} {folder}/.env does not have it"


def test_what_a_flag_gave_is_not_looked_for_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARAKA_DATABASE_URL_FILE", "/nowhere/url")
    url = load_settings(database_url="sqlite:///flag.db").database_url
    assert url.get_secret_value() == "sqlite:///flag.db"


def token(**settings: Any) -> Answer:
    return invoke("token", 1, **({"BARAKA_JWT_SECRET": None} | settings))


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_secret_that_is_given_twice_in_one_place_is_refused_with_both_names(
    folder: Path, place: str
) -> None:
    file = written(folder / "key", OTHER)
    both = {"BARAKA_JWT_SECRET": SECRET, "BARAKA_JWT_SECRET_FILE": str(file)}
    if place == "environment":
        answer = token(**both)
    else:
        written(folder / ".env", "".join(f"{name}='{value}'\n" for name, value in both.items()))
        answer = token()
    assert answer.code == 2
    assert answer.err.startswith("BARAKA_JWT_SECRET: BARAKA_JWT_SECRET_FILE is given too")
    assert SECRET not in answer.err
    assert OTHER not in answer.err


UNUSABLE = [
    (None, "key, which cannot be read: No such file or directory"),
    (b"", "key, which is empty"),
    (b"\n", "key, which is empty"),
    (b"half of \xff", "key, which is not UTF-8"),
    (b"x" * (SECRET_BYTES_MAX + 1), "key, which has more than 64 KiB"),
]


@pytest.mark.parametrize(("content", "told"), UNUSABLE, ids=[told for _, told in UNUSABLE])
@pytest.mark.parametrize("way", ["file", "credential"])
def test_a_file_that_has_no_secret_is_named(
    folder: Path, way: str, content: bytes | None, told: str
) -> None:
    file = folder / "c" / ("key" if way == "file" else "baraka_jwt_secret")
    if content is not None:
        written(file, content)
    elif way == "credential":
        file.parent.mkdir()
        file.symlink_to("gone")
    settings = {"CREDENTIALS_DIRECTORY": str(file.parent)}
    if way == "file":
        settings = {"BARAKA_JWT_SECRET_FILE": str(file)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        answer = token(**settings)
    assert answer.code == 2
    assert answer.err.startswith("BARAKA_JWT_SECRET: ")
    assert told.removeprefix("key") in answer.err
    assert str(file) in answer.err
    assert "half of" not in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(folder: Path) -> None:
    file = written(folder / "key", SECRET)
    file.chmod(0)
    assert "Permission denied" in token(BARAKA_JWT_SECRET_FILE=file).err


def test_a_variable_that_names_no_file_is_told() -> None:
    answer = token(BARAKA_JWT_SECRET_FILE="")
    assert (answer.code, answer.out) == (2, "")
    assert "BARAKA_JWT_SECRET_FILE is empty: it must name a file" in answer.err


def test_a_wrong_value_is_told_with_the_place_that_has_it(folder: Path) -> None:
    written(folder / ".env", "BARAKA_PORT=none\n")
    assert f"(it is 'none', set by {folder}/.env)" in token(BARAKA_JWT_SECRET=SECRET).err
    written(folder / "key", "hunter2")
    answer = token(BARAKA_JWT_SECRET_FILE="key", BARAKA_PORT=1)
    assert "at least 32 bytes" in answer.err
    assert f"(set by {folder}/key, which BARAKA_JWT_SECRET_FILE names)" in answer.err
    assert "hunter2" not in answer.err


def test_a_file_named_env_that_is_not_utf_8_is_told(folder: Path) -> None:
    written(folder / ".env", f"BARAKA_JWT_SECRET={SECRET}\xff\n".encode("latin-1"))
    answer = token()
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"{folder}/.env cannot be read: it is not UTF-8\n"


def test_what_is_in_the_place_of_a_file_named_env_is_told(folder: Path) -> None:
    env = folder / ".env"
    env.mkdir()
    answer = token(BARAKA_JWT_SECRET=SECRET)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"{env} cannot be read: Is a directory\n"
    env.rmdir()
    env.symlink_to("gone")
    answer = token(BARAKA_JWT_SECRET=SECRET)
    assert answer.err == f"{env} cannot be read: it leads to gone, which is not there\n"
    found = json.loads(invoke("doctor", "--json", BARAKA_JWT_SECRET=SECRET).out)["checks"]
    assert "it leads to gone" in found[0]["what"]


def test_what_an_editor_puts_before_the_first_name_is_no_part_of_it(folder: Path) -> None:
    written(folder / ".env", f"BARAKA_JWT_SECRET={SECRET}\n".encode("utf-8-sig"))
    assert secret() == SECRET


def test_the_doctor_knows_the_files(folder: Path) -> None:
    file = written(folder / "key", SECRET)
    settings = {"BARAKA_JWT_SECRET": None, "BARAKA_JWT_SECRET_FILE": file}
    found = json.loads(invoke("doctor", "--json", **settings).out)["checks"]
    assert not any("means nothing" in one["what"] for one in found)
    (named,) = [one for one in found if one["check"] == "secret"]
    assert named["state"] == "ok"
    assert f"set by {file}, which BARAKA_JWT_SECRET_FILE names" in named["what"]

    file.write_text("")
    found = json.loads(invoke("doctor", "--json", **settings).out)["checks"]
    worst = [one["what"] for one in found if (one["check"], one["state"]) == ("settings", "mend")]
    assert worst == [f"BARAKA_JWT_SECRET: BARAKA_JWT_SECRET_FILE names {file}, which is empty"]
