"""`Acknowledgements`: validates every acknowledgement, a payload like any other (D20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.payloads import Payloads
from baraka_cli.simulator.result import Promise
from baraka_server.contract.acknowledgements import Joined
from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.fields import Time
from baraka_server.contract.server_events import Error, NamedBid, ServerModel


class Done(ServerModel):
    """The acknowledgement of what was done. Fields beside `ok` are additions: where they are, they are so.

    The last ones are of the auction house (docs/auction-house.md).
    """

    ok: Literal[True]
    auction_id: int | None = Field(None, alias="auctionId")
    seq: int | None = None
    round: int | None = None
    server_time: Time | None = Field(None, alias="serverTime")
    bid_id: int | None = Field(None, alias="bidId")
    comment_id: int | None = Field(None, alias="commentId")
    winning_id: int | None = Field(None, alias="winningId")
    user_count: int | None = Field(None, alias="userCount")
    bid_ids: list[int] | None = Field(None, alias="bidIds")
    standing_bid: NamedBid | None = Field(None, alias="standingBid")
    undone: bool | None = None
    reopened: bool | None = None
    changed: bool | None = None
    paddle: int | None = None


class Refused(Error):
    """The acknowledgement of what was refused: as `error` says it, and always with a code."""

    ok: Literal[False]
    code: str


class Acknowledgements:
    """Every one that a phone gets."""

    def __init__(self, findings: Findings, payloads: Payloads) -> None:
        self._findings = findings
        self._payloads = payloads

    def look(
        self, event: str, payload: Mapping[str, Any], said: Mapping[str, Any], *, numbered: bool
    ) -> None:
        """`said` answers `event` with `payload`."""
        who = f"the answer to {event}"
        if said.get("ok") is False:
            self._payloads.look_at(who, Refused, said, dict(said), numbered=True)
            return
        if event == JoinAuction.wire_name and "auction" in said:
            self._payloads.look_at(who, Joined, said, dict(said), numbered=numbered)
        else:
            self._payloads.look_at(who, Done, said, dict(said), numbered=True)
        asked, named = payload.get("auctionId"), said.get("auctionId", payload.get("auctionId"))
        self._findings.expect(
            Promise.PAYLOADS_ARE_DOCUMENTED,
            asked == named,
            f"{who} of auction {asked} speaks of auction {named}",
            dict(said),
        )
