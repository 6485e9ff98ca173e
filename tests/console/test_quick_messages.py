"""The host's quick messages: their file, its mistakes, and the languages that they are spoken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from baraka_cli.console.quick_messages import (
    BadMessages,
    built_in,
    messages_from,
    read_messages,
    usual_file,
)
from tests.support.clients.command_line import invoke


@pytest.fixture(autouse=True)
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "my messages.csv"
    file.write_text(text, encoding=encoding)
    return file


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadMessages) as error:
        read_messages(written(tmp_path, text))
    return str(error.value).replace(f"{tmp_path / 'my messages.csv'}: ", "").splitlines()


def test_a_message_is_spoken_in_one_language_in_the_other_or_in_both() -> None:
    messages = built_in()
    assert messages.text("3") == "Going once…"
    messages.speak_next()
    assert (messages.language, messages.text("3")) == ("العربية", "للمرة الأولى…")
    messages.speak_next()
    assert messages.text("3") == "Going once… · للمرة الأولى…"
    messages.speak_next()
    assert (messages.language, messages.text("3")) == ("English", "Going once…")
    assert messages.text("9") is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_as_spreadsheets_save_it(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    rows = [("Key", "Français", "العربية"), ("2", "Encore ?", "هل من مزيد؟"), ("1", "Bonsoir", "")]
    text = "\n".join(separator.join(row) for row in rows)
    messages = read_messages(written(tmp_path, text, encoding))
    assert messages.languages == ("Français", "العربية")
    assert messages.texts == {"1": ("Bonsoir", ""), "2": ("Encore ?", "هل من مزيد؟")}
    messages.speak_next()
    assert messages.text("1") == "Bonsoir", "better in the wrong language than nothing"


def test_one_language_is_enough(tmp_path: Path) -> None:
    messages = read_messages(written(tmp_path, "key,English\n1,Welcome\n"))
    messages.speak_next()
    assert (messages.language, messages.text("1")) == ("English", "Welcome")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first row must name a column key, and one for each language"),
        ("1,Welcome\n", "the first row must name a column key, and one for each language"),
        ("key\n1\n", "each column beside key must be named after its language"),
        ("key,a,b,c\n1,x,y,z\n", "3 languages; at most 2 can be spoken"),
        ("key,English,english\n1,x,y\n", "the language english is there twice"),
        ("key,English\n", "there is no message in it"),
        ("key,English\n1,ok\n10,x\n", "row 3, column key: ‘10’ is not one of the digits 1 to 9"),
        ("key,English\n\n1,a\n1,b\n", "row 4, column key: 1 is there twice"),
        ("key,English\n1,\n", "row 2: 1 has no text in any language"),
        ("key,English\n1,a,b\n", "row 2: 3 cells, but 2 columns"),
        ("key,English\n1,/mute 26\n", "row 2, column English: it begins with /"),
        (f"key,English\n1,{'x' * 192}\n", "row 2, column English: "),
        (f"key,a,b\n1,{'x' * 99},{'y' * 99}\n", "row 2: both languages in one comment: "),
    ],
)
def test_a_mistake_is_named_with_its_row_and_column(tmp_path: Path, text: str, said: str) -> None:
    (mistake,) = mistakes(tmp_path, text)
    assert mistake.startswith(said)


def test_a_file_that_is_no_table_says_what_to_do(tmp_path: Path) -> None:
    (missing,) = mistakes_of(tmp_path / "none.csv")
    assert missing == f"{tmp_path / 'none.csv'}: No such file or directory"
    wrong = written(tmp_path, "key,العربية\n1,مرحبا\n", "cp1256")
    (encoding,) = mistakes_of(wrong)
    assert "Save the table as “CSV UTF-8”" in encoding
    assert "--lots-encoding" not in encoding


def mistakes_of(file: Path) -> list[str]:
    with pytest.raises(BadMessages) as error:
        read_messages(file)
    return str(error.value).splitlines()


def test_the_usual_file_is_read_where_it_is_there(tmp_path: Path) -> None:
    assert messages_from(None) == built_in()
    usual_file().parent.mkdir(parents=True)
    usual_file().write_text("key,English\n7,Mine\n", encoding="utf-8")
    assert messages_from(None).texts == {"7": ("Mine",)}


# --- the command


def test_the_command_writes_a_file_that_is_read_again_and_never_over_another() -> None:
    written = invoke("messages", "--write")
    assert written.code == 0, written.err
    assert str(usual_file()) in written.err
    assert read_messages(usual_file()) == built_in()
    again = invoke("messages", "--write")
    assert again.code == 1
    assert "is there already" in again.err


def test_the_command_prints_what_is_said_and_checks_a_file(tmp_path: Path) -> None:
    printed = invoke("messages")
    assert "Going once…" in printed.out
    assert "Built in" in printed.err
    wrong = invoke("messages", str(written(tmp_path, "key,English\nx,y\n")))
    assert (wrong.code, wrong.out) == (1, "")
    assert "row 2, column key" in wrong.err


def test_a_console_with_a_wrong_file_says_so_and_does_not_begin(tmp_path: Path) -> None:
    wrong = written(tmp_path, "key,English\nx,y\n")
    refused = invoke("console", "--token", "t", "--messages", str(wrong))
    assert refused.code == 1
    assert "The quick messages have mistakes" in refused.err
