"""Shell completion of commands, and the manual page with all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from tests.support.checks.not_run import not_run
from tests.support.servers.baraka import BARAKA
from tests.support.servers.private_server import find, program
from tools.man_page import app as every_command
from tools.man_page import commands, get_command, page

HOUSE = Path(__file__).parents[2]
INSTALLED_AS = "share/man/man1/baraka.1"


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


def test_the_shell_of_the_caller_is_told_to_complete(tmp_path):
    env = os.environ | {"HOME": str(tmp_path)}
    words = ["bash", "-c", f"{BARAKA} --install-completion; true"]
    done = subprocess.run(words, env=env, capture_output=True, text=True)
    assert "bash completion installed in" in done.stdout, done.stderr
    typed = """
        . "$HOME/.bashrc"
        PATH=$1:$PATH COMP_WORDS=(baraka db up) COMP_CWORD=2
        _baraka_completion baraka
        echo "${COMPREPLY[@]}"
    """
    words = ["bash", "-c", typed, "-", str(Path(BARAKA).parent)]
    done = subprocess.run(words, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("upgrade\n", "")


def test_a_wheel_brings_the_page_to_where_man_looks(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=HOUSE, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as files:
        (name,) = (each for each in files.namelist() if each.endswith(f"/data/{INSTALLED_AS}"))
        text = files.read(name).decode()
    assert text == (HOUSE / "docs/baraka.1").read_text()
    assert text == page(), "stale. Try: .venv/bin/python tools/man_page.py"


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
