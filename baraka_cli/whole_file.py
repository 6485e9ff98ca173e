"""Files that are there whole or not at all: written beside their place, then given their name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path, content: bytes) -> Iterator[Path]:
    """A hidden file beside `path` with the content, all of it on the disk; gone afterwards. Raises `OSError`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def name_new(draft: Path, path: Path) -> None:
    """Give the draft its name. Raises `FileExistsError` where that is taken, and `OSError`."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a memory stick has no links
        path.touch(exist_ok=False)
        draft.replace(path)


def write_whole(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write the file. One that is there is only replaced if that is wanted.

    Raises `FileExistsError`, unless the file that is there has just this content, and `OSError`.
    """
    path = path.resolve()
    if path.is_file() and path.read_bytes() == content:
        return
    with draft_of(path, content) as draft:
        if replace:
            draft.replace(path)
        else:
            name_new(draft, path)
