"""Checks the states that joiners get against what was announced until then (D21)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.descriptions import difference
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.truth import Row, Truth, rows
from baraka_cli.simulator.result import Promise


class States:
    """Every bid and comment that was announced is in them, and nothing else."""

    def __init__(self, findings: Findings, announcements: Announcements) -> None:
        self._findings = findings
        self._announcements = announcements

    def look(self, data: Mapping[str, Any]) -> bool:
        """Whether it could be read at all. It is compared as soon as all before it was heard."""
        try:
            auction_id, seq = int(data["auctionId"]), int(data["seq"])
            truth = self._announcements.truth(auction_id)
            listed = list(reversed(rows(data["auctionBids"], "bid")))
            said = rows(data["auctionComments"], "comment")
            product = data["auction"]["current_product"]
            truth.begin_with(seq, data)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._findings.broken(
                Promise.PAYLOADS_ARE_DOCUMENTED, "the state of a joiner lacks its fields", data
            )
            return False
        truth.when(seq, partial(self._look_at_state, truth, seq, listed, said, product))
        return True

    def _look_at_state(
        self, truth: Truth, seq: int, listed: list[Row], said: list[Row], product: object
    ) -> None:
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
        if seq == truth.known:
            lot = truth.lot.product if truth.lot else None
            self._findings.expect(
                Promise.ANNOUNCED_IS_KEPT,
                product == lot,
                f"{where}: '{product}' is on the block, but '{lot}' was announced",
            )
