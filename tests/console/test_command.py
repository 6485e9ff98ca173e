"""`baraka console` as it is typed, before there is a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clients.command_line import invoke


def test_it_asks_who_you_are() -> None:
    answer = invoke("console")
    assert answer.code == 2
    assert "Who are you? Give --token TOKEN" in answer.err


def test_a_user_needs_the_secret_to_make_a_token_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = invoke("console", "--user", 1, BARAKA_JWT_SECRET=None)
    assert answer.code == 2
    assert "--user needs BARAKA_JWT_SECRET" in answer.err


def test_an_address_is_one() -> None:
    answer = invoke("console", "--user", 1, "--url", "localhost")
    assert answer.code == 2
    assert "write it like http://127.0.0.1:3000" in answer.err


def test_the_mistakes_of_a_run_list_are_told_before_the_sale(tmp_path: Path) -> None:
    file = tmp_path / "lots.csv"
    file.write_text("product,minimum,start,market\nRing,much,1,1\n")
    answer = invoke("console", "--user", 1, "--lots", file)
    assert answer.code == 1
    assert "row 2, column minimum: 'much' is not a whole number" in answer.err


def test_a_run_list_in_another_encoding_is_read_when_it_is_named() -> None:
    file = Path(__file__).parent / "lots" / "cp1256.csv"
    for command in (("console", "--user", 1), ("simulate",)):
        answer = invoke(*command, "--lots", file)
        assert answer.code in {1, 2}
        assert "or name the encoding with --lots-encoding: cp1256 for Arabic" in answer.err
    answer = invoke("console", "--user", 1, "--lots", file, "--lots-encoding", "cp1256")
    assert "The console needs a terminal." in answer.err, "the list is no more in the way"


def test_without_a_terminal_it_says_that_it_needs_one() -> None:
    answer = invoke("console", "--user", 1)
    assert answer.code == 2
    assert "The console needs a terminal." in answer.err
