"""`RunList`: the lots of a sale in their order, and what became of each.

The server's list (D35) where it has one. Else it is the console's own, which is kept in a small JSON
file, so that it survives the console; `lots_file` reads one from a CSV file.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from baraka_server.contract.fields import Steps
from baraka_server.contract.names import same_name
from baraka_server.contract.text import printable


class Fate(StrEnum):
    """State of a lot in the list; the value is what people read."""

    TO_COME = "to come"
    ON_BLOCK = "on the block"
    SOLD = "sold"
    PASSED = "passed"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Fate.TO_COME, Fate.ON_BLOCK})
"""The fates of lots that are not done with."""

MARKS = {
    Fate.TO_COME: "·",
    Fate.ON_BLOCK: "▶",
    Fate.SOLD: "✓",
    Fate.PASSED: "–",
    Fate.WITHDRAWN: "✗",
}


@dataclass(slots=True)
class ListedLot:
    """Lot of a run list; prices in whole units of the auction's currency."""

    product: str
    minimum: int
    start: int
    market: int
    weight: str = ""
    description: str = ""
    fate: Fate = Fate.TO_COME
    winner: str = ""
    amount: int | None = None
    number: int | None = None
    increments: Steps | None = None
    reserve: int | None = None
    image_url: str = ""
    lot_id: int | None = None
    """Its id in the server's list."""
    version: int = 0
    """The `seq` of its last change there."""
    winning_id: int | None = None

    def is_called(self, product: str) -> bool:
        """Whether the server takes `product` for its name."""
        return same_name(printable(self.product), printable(product))


class RunList:
    """The lots and their fates.

    `own` is the console's list: every change is kept at once, whole or not at all. `served` is the server's,
    which counts alone where there is one: the own list and its file stay as they are then.
    """

    def __init__(self, lots: list[ListedLot], keep_in: Path | None = None) -> None:
        self.own = lots
        self.served: list[ListedLot] | None = None
        self._file = keep_in

    @classmethod
    def opened(cls, lots: list[ListedLot], url: str, auction_id: int) -> RunList:
        """A copy of `lots` with the fates that were kept for them, by product and place in the list."""
        keep_in = kept_file(url, auction_id)
        kept = _kept(keep_in)
        lots = [replace(lot) for lot in lots]
        for place, lot in enumerate(lots):
            was = kept.get(f"{place}:{lot.product}")
            if was:
                with suppress(KeyError, TypeError, ValueError):
                    lot.fate, lot.winner = Fate(was["fate"]), str(was["winner"])
                    lot.amount = was["amount"] if isinstance(was["amount"], int) else None
        return cls(lots, keep_in)

    @property
    def lots(self) -> list[ListedLot]:
        return self.own if self.served is None else self.served

    def with_id(self, lot_id: int | None) -> ListedLot | None:
        """The lot of this id in the server's list."""
        return next((lot for lot in self.served or () if lot.lot_id == lot_id), None)

    @property
    def next(self) -> ListedLot | None:
        return next((lot for lot in self.lots if lot.fate is Fate.TO_COME), None)

    @property
    def on_block(self) -> ListedLot | None:
        return next((lot for lot in self.lots if lot.fate is Fate.ON_BLOCK), None)

    def put_up(self, product: str) -> None:
        """Note that `product` is on the block; what was there without an award has passed."""
        if self.on_block and not self.on_block.is_called(product):
            self.on_block.fate = Fate.PASSED
        fates = (Fate.ON_BLOCK, Fate.TO_COME, Fate.PASSED)  # what passed may come up again
        same = [lot for lot in self.lots if lot.is_called(product) and lot.fate in fates]
        if same:
            min(same, key=lambda lot: fates.index(lot.fate)).fate = Fate.ON_BLOCK
        self._keep()

    def hammered(self, product: str, winner: str | None, amount: int | None) -> None:
        """Note what became of the lot on the block; no winner means that it passed."""
        lot = self.on_block
        if lot is None or not lot.is_called(product):
            return
        lot.fate = Fate.SOLD if winner is not None else Fate.PASSED
        lot.winner, lot.amount = winner or "", amount
        self._keep()

    def reopened(self, product: str) -> None:
        """Note that the award of `product`, or its passing, was taken back: it is on the block."""
        done = [
            lot
            for lot in self.lots
            if lot.is_called(product) and lot.fate in {Fate.SOLD, Fate.PASSED}
        ]
        if done and self.on_block is None:
            done[-1].fate, done[-1].winner, done[-1].amount = Fate.ON_BLOCK, "", None
        self._keep()

    def sold(self, product: str) -> int:
        """Number of lots of this product that were sold."""
        return sum(lot.is_called(product) and lot.fate is Fate.SOLD for lot in self.lots)

    def was_sold(self, product: str, winner: str, amount: int) -> None:
        """Mend what was taken for passed."""
        for lot in self.lots:
            if lot.is_called(product) and lot.fate is Fate.PASSED:
                lot.fate, lot.winner, lot.amount = Fate.SOLD, winner, amount
                break
        self._keep()

    def _keep(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fates = {f"{place}:{lot.product}": asdict(lot) for place, lot in enumerate(self.own)}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(fates, ensure_ascii=False, indent=1), encoding="utf-8")
        new.replace(self._file)


def state_folder() -> Path:
    """Folder of what must survive the console (XDG_STATE_HOME)."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "baraka" / "console"


def kept_file(url: str, auction_id: int) -> Path:
    key = hashlib.sha256(f"{url} {auction_id}".encode()).hexdigest()[:24]
    return state_folder() / f"{key}.json"


def _kept(file: Path) -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
