"""Makes docs/contract/ and the page at /docs from the code. With --check it fails when a file is stale, or a client would break.

With --release the contract becomes the one that later ones are compared with: do that with a release, or to
break clients on purpose.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from baraka_cli.contract_documents.comparison import breaking_changes  # noqa: E402
from baraka_cli.contract_documents.documents import DOCUMENTS, as_json  # noqa: E402
from baraka_cli.contract_documents.examples import examples  # noqa: E402
from baraka_cli.contract_documents.formats import Format  # noqa: E402
from baraka_cli.contract_documents.schema import contract_schema  # noqa: E402
from tools.guide_page import guide_page  # noqa: E402

FOLDER = ROOT / "docs" / "contract"
RELEASED = FOLDER / "released" / DOCUMENTS[Format.JSON_SCHEMA].name
PAGE = ROOT / "baraka_server" / "wire" / "guide" / "guide.html"
COMMAND = ".venv/bin/python tools/contract_docs.py"


def pages() -> dict[Path, str]:
    """The files and their texts."""
    made = {FOLDER / document.name: document.text() for document in DOCUMENTS.values()}
    return made | {
        FOLDER / "examples.json": as_json(examples()),
        PAGE: guide_page(made[FOLDER / DOCUMENTS[Format.MARKDOWN].name]),
    }


def stale() -> Iterator[str]:
    for file, text in pages().items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            yield f"{file.relative_to(ROOT)} is stale. Try: {COMMAND}"


def broken() -> Iterator[str]:
    """The changes since the last release that break a client."""
    found = breaking_changes(json.loads(RELEASED.read_text(encoding="utf-8")), contract_schema())
    if found:
        yield from (f"breaks clients: {one}" for one in found)
        yield f"A client of the last release would break. If that is meant: {COMMAND} --release"


def main() -> None:
    if "--check" in sys.argv[1:]:
        wrong = [*broken(), *stale()]
        if wrong:
            sys.exit("\n".join(wrong))
        return
    for file, text in pages().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if "--release" in sys.argv[1:]:
        RELEASED.parent.mkdir(exist_ok=True)
        RELEASED.write_text(DOCUMENTS[Format.JSON_SCHEMA].text(), encoding="utf-8")


if __name__ == "__main__":
    main()
