"""Names in the documents exist: files, what is said to be in them, links, headings, targets of make.

Files stand in backticks, from the top, from one of our two packages or from tests/support. `thing` in
`path` says that the file declares something of that name; an import is none. The changelog is about
what was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOTS = (HOUSE, HOUSE / "baraka_server", HOUSE / "baraka_cli", HOUSE / "tests/support")
GUIDES = [
    HOUSE / name
    for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md", "docs/glossary.md")
]
PAGES = [
    page
    for page in (
        *sorted(HOUSE.glob("*.md")),
        *sorted((HOUSE / "docs").glob("*.md")),
        HOUSE / "tests/README.md",
    )
    if page.name != "CHANGELOG.md"
]

BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"\.?[\w-]+(/[\w.*-]+)*(/|\.(css|json|md|py|toml|txt|yaml))")
THING = re.compile(r"`(\w+)`\s+in\s+`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
FILES_OF_OTHERS = {"checkpoints.txt", ".chaos/"}
"""Files that a command writes."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def found(path: str) -> list[Path]:
    return [file for root in ROOTS for file in sorted(root.glob(path.rstrip("/")))]


def declares(file: Path, thing: str) -> bool:
    """Whether a module has a class, a function or a name of that; another file just has the word."""
    if file.suffix != ".py":
        return bool(re.search(rf"\b{thing}\b", text_of(file)))
    declared = rf"^\s*(?:(?:async )?def {thing}\(|class {thing}\b|(?:self\.)?{thing}(?:: | = ))"
    return bool(re.search(declared, text_of(file), re.MULTILINE))


def paths_in(page: Path) -> list[str]:
    prose = BLOCK.sub("", text_of(page))
    return [code for code in CODE.findall(prose) if PATH.fullmatch(code)]


def headings_of(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def by_name(page: Path) -> str:
    return str(page.relative_to(HOUSE))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_file_that_a_page_names_exists(page: Path):
    missing = [path for path in paths_in(page) if not found(path) and path not in FILES_OF_OTHERS]
    assert missing == []


@pytest.mark.parametrize("page", GUIDES, ids=by_name)
def test_the_names_of_files_are_found_in_the_guides(page: Path):
    assert len(paths_in(page)) > 5


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_thing_is_in_the_file_that_a_page_says(page: Path):
    said = [(thing, path) for thing, path in THING.findall(text_of(page)) if PATH.fullmatch(path)]
    missing = [
        (thing, path)
        for thing, path in said
        if not any(declares(file, thing) for file in found(path))
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_link_leads_somewhere(page: Path):
    broken = []
    for link in LINK.findall(BLOCK.sub("", text_of(page))):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (heading and heading not in headings_of(file)):
            broken.append(link)
    assert broken == []


def targets() -> Iterator[str]:
    yield from re.findall(r"^([a-z][a-z-]*):", text_of(HOUSE / "Makefile"), re.MULTILINE)


@pytest.mark.parametrize("page", [*GUIDES, HOUSE / "README.md"], ids=by_name)
def test_every_target_of_make_that_a_page_names_exists(page: Path):
    inside = [*CODE.findall(text_of(page)), *BLOCK.findall(text_of(page))]
    named = {target for code in inside for target in MAKE.findall(code)}
    assert named - set(targets()) == set()


SUPPORT = sorted((HOUSE / "tests/support").rglob("*.py"))


@pytest.mark.parametrize("file", SUPPORT, ids=by_name)
def test_every_file_that_tests_are_made_of_is_named_in_their_page(file: Path):
    named = {path for code in paths_in(HOUSE / "tests/README.md") for path in found(code)}
    assert file in named or file.name == "__init__.py"


QUICK = re.compile(r"contract, rules, commands, [^;.]*; not store, live, wire, simulator, e2e")


def test_make_test_quick_is_told_in_the_same_words_everywhere():
    pages = ("README.md", "CONTRIBUTING.md", "tests/README.md", "Makefile")
    told = [QUICK.findall(" ".join(text_of(HOUSE / page).split())) for page in pages]
    assert told == [told[0]] * len(pages)
    assert len(told[0]) == 1
