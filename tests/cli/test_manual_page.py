"""Shell completion of commands, and the manual page with all of them."""

from __future__ import annotations

import os
import subprocess

from tests.support.checks.not_run import not_run
from tests.support.servers.baraka import BARAKA
from tests.support.servers.private_server import find, program
from tools.man_page import app as every_command
from tools.man_page import commands, get_command, page


def completed(typed):
    words = typed.split(" ")
    asked = {"_BARAKA_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    env = os.environ | asked | {"COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([BARAKA], env=env, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_a_shell_completes_commands_and_flags():
    assert completed("baraka d") == ["demo", "doctor", "db"]
    assert completed("baraka db up") == ["upgrade"]
    assert "--database-url" in completed("baraka serve --d")


def test_the_page_has_every_command_and_is_good_roff(tmp_path):
    text = page()
    named = [words for words, _ in commands(get_command(every_command), ("baraka",))]
    assert len(named) > 30
    for words in named:
        assert f"\n.SS {words}\n" in text.replace("\\-", "-"), words
    if not find("man"):
        not_run("man", "not found. Try: apt-get install man-db, as root")
    file = tmp_path / "baraka.1"
    file.write_text(text)
    words = [program("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(file)]
    done = subprocess.run(
        words, env=os.environ | {"MANROFFSEQ": "", "MANWIDTH": "80"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "upgrade" in done.stdout
