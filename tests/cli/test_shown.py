"""Amounts and times are shown in the house's currency and time zone; programs read what is kept (D57)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.conftest import Desk

ZONE = "Asia/Kathmandu"  # 5:45 ahead: no other zone is
HOUSE: dict[str, Any] = {"BARAKA_CURRENCY": "AED", "BARAKA_TIME_ZONE": ZONE}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(ZONE))


def test_tables_and_the_history_name_currency_and_zone(reading_desk: Desk) -> None:
    ask = reading_desk.ask
    told = json.loads(ask("auction", "history", 1, "--json", **HOUSE).out)
    assert told == json.loads(ask("auction", "history", 1, "--json").out)
    plain, shown = ask("auction", "history", 1), ask("auction", "history", 1, **HOUSE)
    assert "Times are UTC" in plain.err
    assert "Amounts" not in plain.err
    assert f"Times are {ZONE}" in shown.err
    assert "Amounts are AED." in shown.err
    at = f"{local(told[0]['at']):%H:%M:%S}"
    assert at in shown.out
    assert at not in plain.out

    (won,) = json.loads(ask("winnings", "list", "--json", **HOUSE).out)
    assert won["price"] == 1_200
    listed = ask("winnings", "list", **HOUSE).out
    assert re.search(r"Price +\n.* AED ", listed)
    assert "+923001112203" in listed, "nothing is cut for it"
    assert f"{local(won['createdAt']):%Y-%m-%d %H:%M}" in listed
    assert "AED\u00a0120" in ask("auction", "show", 1, **HOUSE).out
    assert "AED" in ask("winnings", "summary", 1, **HOUSE).out
    assert "turnover AED\u00a01,200" in ask("winnings", "summary", 1, **HOUSE).err


def test_sheets_have_both_and_csv_files_neither(reading_desk: Desk) -> None:
    export = ("winnings", "export", 1, "--format")
    sheet = reading_desk.ask(*export, "buyers", "--plain", **HOUSE).out
    assert "Total AED\u00a01\u202f200, paid AED\u00a00, due AED\u00a01\u202f200" in sheet
    assert f" {ZONE}, head " in sheet
    page = reading_desk.ask(*export, "buyers", **HOUSE).out
    assert "Price (AED)" in page
    assert "AED\u00a01\u202f200" in page
    plain = reading_desk.ask(*export, "lots", "--plain").out
    assert reading_desk.ask(*export, "lots", "--plain", **HOUSE).out == plain


def test_a_zone_that_there_is_not_is_named(reading_desk: Desk) -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        done = reading_desk.ask("winnings", "list", BARAKA_TIME_ZONE=zone)
        assert (done.code, done.out) == (2, "")
        assert "BARAKA_TIME_ZONE: is not a time zone" in done.err
