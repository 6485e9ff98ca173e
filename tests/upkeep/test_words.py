"""The check of the house's words finds what it is for."""

from __future__ import annotations

import pytest

from tools import words

GOOD = '"""Rates of clients."""\n'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n", "1: the module has no docstring"),
        ('"""What clients may send."""\n', "1: the docstring opens with 'What'"),
        ('"""Who asks."""\n', "1: the docstring opens with 'Who'"),
        (GOOD + "class Ask:\n    ...\n", "2: 'class Ask' was given up: Command"),
        (GOOD + "# the newcomers wait\n", "2: 'newcomers' was given up"),
        (GOOD + "# every ask waits\n", "2: 'every ask' was given up: command"),
        (GOOD + "asks_bid = 1\n", "2: 'asks_bid' was given up"),
        (GOOD + "class Door: ...\n", "2: 'Door' was given up: TokenAttempt"),
        (GOOD + "# None is no bound\n", "2: 'is no bound' was given up: is not a"),
    ],
)
def test_a_module_that_does_not_say_what_it_is_is_found(source, said):
    (found,) = words.objections(source)
    assert found.startswith(said)


@pytest.mark.parametrize(
    "source",
    [
        "",
        GOOD,
        GOOD + "asked = whatever = 1  # planes, airlanes\n",
        GOOD + "asks_waiting_max = 0  # 0 is no limit, and there is no other\n",
    ],
)
def test_ordinary_modules_are_not(source):
    assert list(words.objections(source)) == []


def test_documents_are_read_too():
    (found,) = words.given_up("# Setting\n\n0 is no bound.\n")
    assert found.startswith("3: 'is no bound'")
    assert words.HOUSE / "docs/glossary.md" in set(words.files())
