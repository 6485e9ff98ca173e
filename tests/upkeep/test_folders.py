"""Folders of test processes go with them, however they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.servers.folders import PREFIX, remove_stale

ROOT = Path(__file__).parents[2]
KEEPS = "from tests.support.servers.folders import own_folder; (own_folder() / 'data').touch(); "


def test_a_process_that_ends_takes_its_folder_along_and_one_that_is_killed_leaves_it_to_the_next(
    tmp_path: Path,
) -> None:
    def process(ends: str) -> list[Path]:
        words = [sys.executable, "-c", KEEPS + ends]
        subprocess.run(words, cwd=ROOT, env={"TMPDIR": str(tmp_path)}, check=False)
        return list(tmp_path.iterdir())

    assert process("") == []
    (left,) = process("import os; os.kill(os.getpid(), 9)")
    assert list(left.iterdir()), "with what was in it"
    assert process("") == []


def test_folders_of_others_stay(tmp_path: Path) -> None:
    kept = {tmp_path / name for name in (f"{PREFIX}1-lives", f"{PREFIX}of-no-process", "another")}
    for folder in kept:
        folder.mkdir()
    remove_stale(tmp_path)
    assert set(tmp_path.iterdir()) == kept
