"""Table of faults in docs/simulate.md, made from the tests that commit them. With --check it fails when it is stale."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the tests are no package that is installed

from baraka_cli.simulator.result import TITLES, Promise  # noqa: E402
from tests.simulator.faults import FAULTS  # noqa: E402
from tests.simulator.test_legal_servers import LEGAL  # noqa: E402

PAGE = ROOT / "docs" / "simulate.md"
BEGIN = "<!-- Made by tools/faults_doc.py from tests/simulator: change it there. -->\n"
END = "<!-- Until here. -->\n"


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
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        sys.exit(f"{PAGE} has no place for the table: {BEGIN.strip()} … {END.strip()}")
    table = f"\n{faults()}\n\nWhat is legal, and named by none:\n\n{legal()}\n\n"
    return before + BEGIN + table + END + after


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = page(text)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        sys.exit("docs/simulate.md is stale. Try: .venv/bin/python tools/faults_doc.py")


if __name__ == "__main__":
    main()
