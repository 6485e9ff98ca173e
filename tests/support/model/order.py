"""Order of checks that all commands have in common: who may, whether the sale is over, which round is meant."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.model.notes import Entry, Refused, Said
from tests.support.model.sale import Sale

Rule = Callable[[Sale, Said], Entry]
"""A command on paper: changes the sale and returns its own entry, or raises `Refused` or `SoAlready`."""

OWNER, CLERK, MODERATOR, ANYBODY = (
    ("owner",),
    ("owner", "clerk"),
    ("owner", "clerk", "moderator"),
    (),
)


def may(sale: Sale, said: Said, roles: tuple[str, ...], code: str = "not_staff") -> None:
    if roles and sale.role(said.who) not in roles:
        raise Refused(code)


def not_over(sale: Sale) -> None:
    if sale.over:
        raise Refused(sale.over)


def on_air(sale: Sale) -> None:
    not_over(sale)
    if not sale.live:
        raise Refused("not_live")


def this_round(sale: Sale, said: Said, *, about_lot: bool = False) -> None:
    """Refuse a command that is about another round, by what it says or by what its sender saw."""
    named = said.get("round")
    if named is None and about_lot and isinstance(said.saw, int):
        named = said.saw
    if named is not None and named != sale.round:
        raise Refused("round_over", round=sale.round)


def standing(sale: Sale) -> tuple[int, int] | None:
    return sale.high.named if sale.high else None


def names_what_stands(sale: Sale, bid_id: int | None) -> bool:
    """Whether `bid_id` is the bid that stands; 0 means that there is none."""
    if sale.high is None:
        return bid_id == 0
    return bid_id is not None and bid_id == sale.high.id != 0  # a bid of this moment has no row yet
