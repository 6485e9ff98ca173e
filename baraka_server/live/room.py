"""The way into an auction's room and out of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import AuctionState
from baraka_server.live.announcer import Announcer
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.closed import Closed, not_live
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.encoded import in_pieces


class Room:
    """Lets viewers into one auction's room and out of it; joins are refused while it is `closed`."""

    def __init__(
        self, auction_id: int, context: AuctioneerContext, announcer: Announcer, closed: Closed
    ) -> None:
        self._auction_id = auction_id
        self._context = context
        self._announcer = announcer
        self._closed = closed

    async def let_in(self, viewer: Viewer, event: JoinAuction, *, acknowledged: bool) -> Outcome:
        """Let a viewer in and return the whole state; unless `acknowledged`, send it as an event (D21)."""
        if refusal := self._closed.refusal(event):
            return refusal
        view = self._announcer.view
        if view is None:
            return Refusal(Code.AUCTION_NOT_FOUND, event.wire_name)
        if not view.record.isLive:
            return not_live(view.record, event)
        if viewer.user_id in view.rules.moderation.blocked:
            await self._announcer.catch_up(view)  # another node may have let them in again
            if viewer.user_id in view.rules.moderation.blocked:
                return Refusal(Code.BLOCKED, event.wire_name)
        missed: dict[str, Any] = {}
        if event.last_seq is not None:
            missed = await self._announcer.missed.since(view, event.last_seq, event.ledger)
        maxima = await self._announcer.maxima_of(view, {viewer.user_id})
        if viewer.gone:
            return {}
        await self._context.audience.enter_room(viewer, self._auction_id)
        self._context.presence.enter(viewer, self._auction_id)
        count = self._context.presence.total(self._auction_id)
        state = (
            view.state(count, datetime.now(UTC))
            | view.own(viewer.user_id, maxima.get(viewer.user_id))
            | missed
        )
        if not acknowledged:
            shows = RoundShown(self._auction_id, view.round, at_once=True)
            await self._context.audience.to_viewer(
                viewer, AuctionState.wire_name, in_pieces(state), shows
            )
        return state

    async def let_out(self, viewer: Viewer) -> Outcome:
        await self._context.audience.leave_room(viewer, self._auction_id)
        self._context.presence.leave(viewer, self._auction_id)
        count = self._context.presence.total(self._auction_id)
        return {"auctionId": self._auction_id, "userCount": count}
