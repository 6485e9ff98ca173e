"""Checks the states that joiners get against what was announced until then (D21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.clocks import Clocks
from baraka_cli.simulator.checks.cores import Row, rows
from baraka_cli.simulator.checks.descriptions import difference
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.truth import PRICES, Truth
from baraka_cli.simulator.result import Promise

COLUMNS = ("current_product", *PRICES, "isLive")
"""Of the auction's row: what announcements lead to."""


class States:
    """Every bid and comment that was announced is in them, and nothing else."""

    def __init__(
        self,
        findings: Findings,
        announcements: Announcements,
        clocks: Clocks,
        clock: Callable[[], float],
    ) -> None:
        self._findings = findings
        self._clocks = clocks
        self._clock = clock
        self._announcements = announcements

    def look(self, data: Mapping[str, Any]) -> bool:
        """Whether it could be read at all. It is compared as soon as all before it was heard."""
        try:
            auction_id, seq = int(data["auctionId"]), int(data["seq"])
            truth = self._announcements.truth(auction_id)
            listed = list(reversed(rows(data["auctionBids"], "bid")))
            said = rows(data["auctionComments"], "comment")
            auction = {name: data["auction"][name] for name in COLUMNS}
            truth.begin_with(seq, data)
            self._announcements.records.see_auction("the state", data["auction"], data)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._findings.broken(
                Promise.PAYLOADS_ARE_DOCUMENTED, "the state of a joiner lacks its fields", data
            )
            return False
        truth.when(seq, partial(self._look_at_state, truth, seq, listed, said))
        look = partial(self._look_at_auction, truth, seq, auction | {"round": data.get("round")})
        truth.when(seq, look)
        look = partial(self._clocks.look_at_state, truth, seq, data, self._clock())
        truth.when(seq, look)
        return True

    def _look_at_state(self, truth: Truth, seq: int, listed: list[Row], said: list[Row]) -> None:
        if seq < truth.begins:
            return
        where = f"auction {truth.auction_id}, the state at number {seq}"
        folded = truth.bids_at(seq)
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            listed == folded,
            f"{where}: the bids are {difference(listed, folded)} by what was announced",
        )
        folded = truth.comments_at(seq)
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            said == folded,
            f"{where}: the comments are {difference(said, folded)} by what was announced",
        )

    def _look_at_auction(self, truth: Truth, seq: int, shown: Mapping[str, Any]) -> None:
        """The product on the block, its prices, the round, and whether the auction is live."""
        standing = truth.standing_at(seq)
        if standing is None:
            return
        lot = standing.lot
        told: dict[str, Any] = {
            "current_product": lot.product if lot else None,
            "minBidPrice": lot.minimum if lot else 0,
            "bidPrice": lot.start if lot else 0,
            "actualPrice": lot.market if lot else 0,
        }
        if not lot and not (shown["current_product"] or "").strip():
            told = {}  # with nothing on the block, the row may be as another program left it
        known = {"isLive": standing.on_air, "round": standing.round}
        told |= {name: value for name, value in known.items() if value is not None}
        wrong = next((name for name, value in told.items() if shown[name] != value), "")
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            not wrong,
            f"auction {truth.auction_id}, the state at number {seq}: {wrong} is "
            f"{shown.get(wrong)!r}, but {told.get(wrong)!r} was announced",
        )
