"""The rules of one auction that its owner chooses: who may bid, maximum bids, the floor user (D48)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from baraka_server.contract.fields import APPROVAL, OPEN, REGISTRATIONS
from baraka_server.domain.events import BY, Choices, Event, LedgerEntry, Parts
from baraka_server.domain.parts import Part


@dataclass(frozen=True, slots=True)
class SaleRules(Part):
    """What the owner of an auction chose; until then an auction is the guide's.

    `maxima`: whether maximum bids are taken. `floor_user_id`: the user in whose name bids from the
    room are placed; None where there is none.
    """

    registration: str = OPEN
    maxima: bool = False
    floor_user_id: int | None = None

    @property
    def by_approval(self) -> bool:
        """Whether only registered bidders may bid."""
        return self.registration == APPROVAL

    def data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SaleRules:
        return cls(**cls.known(data))


GUIDES_RULES = SaleRules()


@dataclass(frozen=True, slots=True)
class HouseRulesSet(Event):
    """The rules of the auction were set; `before` are those that it had."""

    kind = "house_rules_set"
    parts: ClassVar[Parts] = {"rules": SaleRules.from_data, "before": SaleRules.from_data}
    sparse: ClassVar[Mapping[str, Any]] = {"by": None}
    choices: ClassVar[Choices] = {
        ("rules", "registration"): REGISTRATIONS,
        ("before", "registration"): REGISTRATIONS,
        **BY,
    }

    rules: SaleRules
    before: SaleRules
    by: str | None = None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.rules.floor_user_id, self.before.floor_user_id)


def _set(_rules: SaleRules, event: HouseRulesSet, _entry: LedgerEntry) -> SaleRules:
    return event.rules


KINDS: tuple[type[Event], ...] = (HouseRulesSet,)
FOLDS: dict[type[Event], Callable[[SaleRules, Any, LedgerEntry], SaleRules]] = {HouseRulesSet: _set}
