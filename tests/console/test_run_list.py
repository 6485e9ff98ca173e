"""The run list: what became of each lot, and what is kept of it."""

from __future__ import annotations

import pytest

from baraka_cli.run_list import Fate, ListedLot, RunList, state_folder

URL = "http://127.0.0.1:3000"


def lots() -> list[ListedLot]:
    return [ListedLot(name, 1, 1, 1) for name in ("Ring", "Ring", "Chain")]


def fates(run_list: RunList) -> list[Fate]:
    return [lot.fate for lot in run_list.lots]


def test_fates_survive_the_console() -> None:
    first = RunList.opened(lots(), URL, 1)
    first.put_up("Ring")
    first.hammered("Ring", "Dina", 150)
    first.put_up("Ring")
    again = RunList.opened(lots(), URL, 1)
    assert fates(again) == [Fate.SOLD, Fate.ON_BLOCK, Fate.TO_COME]
    assert (again.lots[0].winner, again.lots[0].amount) == ("Dina", 150)
    assert fates(RunList.opened(lots(), URL, 2)) == [Fate.TO_COME] * 3, "another sale"


def test_a_lot_without_an_award_has_passed_and_may_come_up_again() -> None:
    run_list = RunList.opened(lots(), URL, 1)
    run_list.put_up("Chain")
    run_list.put_up("Something else")
    assert run_list.lots[2].fate is Fate.PASSED
    run_list.put_up("Chain")
    run_list.hammered("Chain", "Bilal", 5)
    assert run_list.lots[2].fate is Fate.SOLD
    assert run_list.next is run_list.lots[0]


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"0:Ring": {"fate": "eaten"}}', '{"0:Ring": 5}'])
def test_what_was_kept_badly_is_forgotten(kept: str) -> None:
    RunList.opened(lots(), URL, 1).put_up("Ring")
    (file,) = state_folder().glob("*.json")
    file.write_text(kept)
    assert fates(RunList.opened(lots(), URL, 1)) == [Fate.TO_COME] * 3
