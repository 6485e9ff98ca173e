"""Lots of a sale with what became of them, and what their buyers owe (D39)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from baraka_server.contract.lots import LotState
from baraka_server.contract.names import compared
from baraka_server.contract.reports import WinningWithUser
from baraka_server.contract.settlement import Buyer, SaleLot, SaleTotals
from baraka_server.domain.lots import RunLot
from baraka_server.domain.offers import Offer, Offers, on_block
from baraka_server.store.slices import each_in_slices


async def lots_of(offers: Offers, won: Collection[WinningWithUser]) -> list[SaleLot]:
    """The run list in its order; then what was on the block besides, and what other programs sold."""
    left = {one.id: one for one in won}
    rounds = _Rounds(offers)
    lots = [
        _listed(lot, rounds.last_of(lot), left)
        async for lot in each_in_slices(offers.state.run_list.ordered())
    ]
    lots += [_unlisted(offer, left) async for offer in each_in_slices(rounds.alone)]
    there = on_block(offers.state)
    if there and not offers.state.run_list.open:
        lots.append(_lot(there.product, LotState.OPEN))
    lots += [_sold(one) for _, one in sorted(left.items())]
    return lots


class _Rounds:
    """The offers by what they were of. Those of before the run list belong to lots that took them over."""

    def __init__(self, offers: Offers) -> None:
        rounds = [offers.by_round[number] for number in sorted(offers.by_round)]
        self._by_lot = {one.lot_id: one for one in rounds}
        before = [one for one in rounds if one.lot_id is None]
        self._alone = dict.fromkeys(before)
        self._by_winning = {one.winning_id: one for one in before if one.winning_id is not None}
        self._passed: dict[str, list[Offer]] = {}
        for one in reversed(before):
            if one.winning_id is None:
                self._passed.setdefault(compared(one.product), []).append(one)

    @property
    def alone(self) -> list[Offer]:
        """Those that no lot has taken over."""
        return list(self._alone)

    def last_of(self, lot: RunLot) -> Offer | None:
        """The last time that a lot was on the block; of one that was taken over, before the list."""
        if lot.lot_id in self._by_lot:
            return self._by_lot[lot.lot_id]
        found = None
        if lot.state is LotState.SOLD:
            found = self._by_winning.get(lot.winning_id or 0)
        elif lot.state is LotState.PASSED and (
            named := self._passed.get(compared(lot.values.product))
        ):
            found = named.pop()
        if found is not None:
            del self._alone[found]
        return found


def _listed(lot: RunLot, offer: Offer | None, left: dict[int, WinningWithUser]) -> SaleLot:
    place = {"lot": lot.values.number, "lotId": lot.lot_id}
    won = left.pop(lot.winning_id, None) if lot.winning_id is not None else None
    if won is not None:
        return _sold(won, **place)
    # Sold by the ledger, and the winning is gone: nobody has it.
    state = LotState.PASSED if lot.state is LotState.SOLD else lot.state
    values = lot.values
    if offer is None or state in {LotState.WAITING, LotState.OPEN}:
        return _lot(values.product, state, weight=values.weight, **place)
    return _lot(
        values.product, state, weight=values.weight, reached=offer.reached, at=offer.at, **place
    )


def _unlisted(offer: Offer, left: dict[int, WinningWithUser]) -> SaleLot:
    won = left.pop(offer.winning_id, None) if offer.winning_id is not None else None
    if won is not None:
        return _sold(won)
    return _lot(offer.product, LotState.PASSED, reached=offer.reached, at=offer.at)


def _sold(won: WinningWithUser, **place: Any) -> SaleLot:
    return _lot(
        won.product,
        LotState.SOLD,
        weight=won.weight,
        price=won.price,
        winningId=won.id,
        winnerId=won.user_id,
        winner=won.winner,
        paddle=won.paddle,
        paid=won.sold,
        at=won.createdAt,
        **place,
    )


def _lot(product: str, state: LotState, **values: Any) -> SaleLot:
    return SaleLot.model_validate(
        {"lot": None, "lotId": None, "weight": None, "product": product, "state": state, **values}
    )


def buyers_of(lots: Sequence[SaleLot], won: Collection[WinningWithUser]) -> list[Buyer]:
    """Who bought what in all, by paddle; those without one come last."""
    people = {(one.paddle, one.user_id): one for one in won}
    bought: dict[tuple[int | None, int], list[SaleLot]] = {}
    for lot in lots:
        if lot.winnerId is not None:
            bought.setdefault((lot.paddle, lot.winnerId), []).append(lot)
    return [
        Buyer(
            userId=user_id,
            paddle=paddle,
            name=people[paddle, user_id].winner,
            number=people[paddle, user_id].user.number,
            lots=len(theirs),
            total=_sum(theirs),
            paid=_sum(theirs, paid=True),
            due=_sum(theirs, paid=False),
        )
        for (paddle, user_id), theirs in sorted(bought.items(), key=_by_paddle)
    ]


def _by_paddle(item: tuple[tuple[int | None, int], list[SaleLot]]) -> tuple[bool, int, int]:
    (paddle, user_id), _ = item
    return paddle is None, paddle or 0, user_id


def totals_of(lots: Sequence[SaleLot]) -> SaleTotals:
    count: Mapping[LotState, int] = {
        state: sum(lot.state is state for lot in lots) for state in LotState
    }
    return SaleTotals(
        sold=count[LotState.SOLD],
        passed=count[LotState.PASSED],
        withdrawn=count[LotState.WITHDRAWN],
        open=count[LotState.WAITING] + count[LotState.OPEN],
        turnover=_sum(lots),
        paidLots=sum(lot.paid is True for lot in lots),
        paid=_sum(lots, paid=True),
        due=_sum(lots, paid=False),
    )


def _sum(lots: Sequence[SaleLot], *, paid: bool | None = None) -> int:
    return sum(lot.price or 0 for lot in lots if paid is None or lot.paid is paid)
