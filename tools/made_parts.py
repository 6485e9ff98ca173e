"""Pages of docs/ in which a part is made from the code: the part is put in, and what is stale is told."""

from __future__ import annotations

import sys
from pathlib import Path

END = "<!-- Until here. -->\n"


def put_in(page: Path, text: str, begin: str, part: str) -> str:
    """The text of a page with `part` between `begin` and the next end."""
    before, _, rest = text.partition(begin)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{page} has no place for the table: {begin.strip()} … {END.strip()}")
    return f"{before}{begin}\n{part}\n\n{END}{after}"


def write_or_check(page: Path, made: str, tool: str) -> None:
    """Write a page; with --check fail instead where it is another by now."""
    if "--check" not in sys.argv[1:]:
        page.write_text(made, encoding="utf-8")
    elif page.read_text(encoding="utf-8") != made:
        sys.exit(f"docs/{page.name} is stale. Try: .venv/bin/python tools/{tool}")
