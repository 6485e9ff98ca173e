"""Table of faults in docs/simulate.md, made from the tests that commit them. With --check it fails when it is stale."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the tests are no package that is installed

from baraka_cli.simulator.result import TITLES, Promise  # noqa: E402
from tests.simulator.faults import FAULTS  # noqa: E402
from tests.simulator.test_legal_servers import LEGAL  # noqa: E402
from tools.made_parts import put_in, write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "simulate.md"
BEGIN = "<!-- Made by tools/faults_doc.py from tests/simulator: change it there. -->\n"


def faults() -> str:
    """One row for each fault, in the order of the promises that name them."""
    order = list(Promise)
    found = sorted(FAULTS, key=lambda fault: order.index(fault.promise))
    rows = [f"| {fault.name} | {TITLES[fault.promise]} |" for fault in found]
    return "\n".join(["| what a server does | the promise that names it |", "|---|---|", *rows])


def legal() -> str:
    rows = [f"- {make.__name__.replace('_', ' ')}" for make in LEGAL]
    return "\n".join(rows)


def page(text: str) -> str:
    tables = f"{faults()}\n\nWhat is legal, and named by none:\n\n{legal()}"
    return put_in(PAGE, text, BEGIN, tables)


if __name__ == "__main__":
    write_or_check(PAGE, page(PAGE.read_text(encoding="utf-8")), "faults_doc.py")
