"""`TakeoverPlan`: what a takeover sends, kept in a file until all of it is on the server."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from baraka_server.contract.lots import NewLot


@dataclass(slots=True)
class TakeoverPlan:
    """The lots as they are sent. Made once: the server knows each message of it by what is in it.

    What became of the lots is told in the first message alone, and may be another thing later.
    """

    lots: list[NewLot]
    lost: list[str]
    """Names of lots that are sold by the own list alone."""
    there: int = 0
    """How many of the lots the server has taken."""
    file: Path | None = field(default=None, compare=False)

    @property
    def content(self) -> bytes:
        """What the ids of its messages are made of."""
        return json.dumps([lot.model_dump(mode="json") for lot in self.lots]).encode()

    def keep(self) -> None:
        """Write it down. Raises `OSError`."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        lots = [lot.model_dump(mode="json", by_alias=True) for lot in self.lots]
        kept = {"lots": lots, "lost": self.lost, "there": self.there}
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        new.replace(self.file)

    def forget(self) -> None:
        if self.file is not None:
            with suppress(OSError):
                self.file.unlink(missing_ok=True)

    @classmethod
    def kept(cls, file: Path | None) -> TakeoverPlan | None:
        """The plan that was broken off; None where there is none that can be read."""
        try:
            kept = json.loads(file.read_text(encoding="utf-8")) if file else {}
            lots = [NewLot.model_validate(lot) for lot in kept["lots"]]
            return cls(lots, [str(lot) for lot in kept["lost"]], int(kept["there"]), file)
        except (OSError, KeyError, TypeError, ValueError, ValidationError):
            return None
