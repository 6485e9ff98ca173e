"""`.ci/run`: what it says of tests that fail, on a repository with other tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
MAKEFILE = f"""
check:
test:
\t{sys.executable} -m pytest -q $(PYTEST_ARGS)
"""
FAILS_ONCE = """
from pathlib import Path

def test_that_fails_once():
    tried = Path("tried")
    again = tried.exists()
    tried.touch()
    assert again
"""
INTERRUPTED = """
def test_that_interrupts_all():
    raise KeyboardInterrupt
"""
PASSES = """
def test_that_passes():
    assert True
"""
FAILS = """
import pytest

@pytest.mark.parametrize("word", ["a b", "[x] *"])
def test_that_fails(word):
    assert not word
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(HOUSE / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    shutil.copy(HOUSE / "tests/support/checks/finished.py", tmp_path / "conftest.py")
    (tmp_path / "test_passes.py").write_text(PASSES)
    return tmp_path


def run(repository):
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "MAKE"))  # this run's
    }
    ended = subprocess.run(
        [repository / ".ci/run"], capture_output=True, text=True, timeout=120, env=ours
    )
    return ended.returncode, ended.stdout.splitlines()


@pytest.mark.slow
def test_a_test_that_fails_and_then_passes_is_named_as_flaky_and_fails_nothing(repository):
    (repository / "test_flaky.py").write_text(FAILS_ONCE)
    code, said = run(repository)
    assert code == 0
    flaky = "FLAKY, failed and then passed: test_flaky.py::test_that_fails_once"
    assert said[-1] == flaky
    assert [line for line in said if "FLAKY" in line] == [flaky]


@pytest.mark.slow
def test_a_test_that_fails_twice_fails_all_and_is_not_called_flaky(repository):
    (repository / "test_flaky.py").write_text(FAILS_ONCE)
    (repository / "test_fails.py").write_text(FAILS)
    code, said = run(repository)
    assert code != 0
    assert [line.split("::")[1] for line in said if "FLAKY" in line] == ["test_that_fails_once"]


@pytest.mark.slow
def test_where_nothing_fails_no_test_is_called_flaky(repository):
    code, said = run(repository)
    assert code == 0
    assert not [line for line in said if "FLAKY" in line or "AGAIN" in line]


@pytest.mark.slow
def test_tests_that_did_not_come_to_their_end_fail_all_whatever_a_second_try_would_say(repository):
    (repository / "test_a_flaky.py").write_text(FAILS_ONCE)
    (repository / "test_interrupted.py").write_text(INTERRUPTED)
    code, said = run(repository)
    assert code != 0
    assert not [line for line in said if "FLAKY" in line or "AGAIN" in line]


@pytest.mark.slow
def test_tests_that_could_not_be_collected_fail_all(repository):
    (repository / "test_broken.py").write_text("import no_such_module")
    code, said = run(repository)
    assert code != 0
    assert not [line for line in said if "FLAKY" in line]


def test_the_quick_tests_are_there():
    said = subprocess.run(
        ["make", "--dry-run", "test-quick"], cwd=HOUSE, capture_output=True, text=True, check=True
    ).stdout
    command = next(line for line in said.splitlines() if "/pytest" in line)
    named = [word for word in command.split() if word.startswith("tests/")]
    assert len(named) > 5
    assert [word for word in named if not (HOUSE / word).exists()] == []
