"""Table of the fields of a lot as a host writes them: how each is read, and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baraka_cli.amounts import read_amount, trimmed
from baraka_cli.lots_file import (
    DESCRIPTION,
    TEXT,
    TEXT_OR_BLANK,
    WEB_ADDRESS,
    read_steps,
    written_steps,
)
from baraka_cli.run_list import ListedLot


@dataclass(frozen=True, slots=True)
class LotField:
    name: str
    """As commands have it."""
    attribute: str
    """As `ListedLot` has it."""
    label: str
    read: Callable[[str], Any]
    """Raises `ValueError` for what it cannot be."""
    write: Callable[[Any], str] = str
    fixed_while_open: bool = False

    def written(self, lot: ListedLot) -> str:
        return self.write(getattr(lot, self.attribute))


def _number(text: str) -> int | None:
    return read_amount(text, least=1) if trimmed(text) else None


def _reserve(text: str) -> int | None:
    return read_amount(text, least=0) if trimmed(text) else None


def _steps(text: str) -> Any:
    return read_steps(trimmed(text)) if trimmed(text) else None


def _description(text: str) -> str | None:
    return DESCRIPTION.validate_python(trimmed(text)) or None


def _weight(text: str) -> str | None:
    return TEXT_OR_BLANK.validate_python(trimmed(text)) or None


def _address(text: str) -> str | None:
    return WEB_ADDRESS.validate_python(trimmed(text)) if trimmed(text) else None


def _or_empty(value: Any) -> str:
    return "" if value is None else str(value)


LOT_FIELDS = (
    LotField("number", "number", "Number", _number, _or_empty, fixed_while_open=True),
    LotField("product", "product", "Product", TEXT.validate_python, fixed_while_open=True),
    LotField("description", "description", "Description", _description),
    LotField("minimum_price", "minimum", "Minimum bid", read_amount),
    LotField("start_price", "start", "Start price", read_amount),
    LotField("market_price", "market", "Market price", read_amount),
    LotField("reserve", "reserve", "Reserve", _reserve, _or_empty),
    LotField("increments", "increments", "Steps", _steps, written_steps),
    LotField("weight", "weight", "Weight", _weight),
    LotField("image_url", "image_url", "Picture", _address),
)
