"""Announcer of one auction on one node: plays ledger entries to the view and announces them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from baraka_server.contract.records import User
from baraka_server.contract.server_events import AuctionState
from baraka_server.domain.bid_entries import StandingBidChanged
from baraka_server.domain.clock import Clock
from baraka_server.domain.events import Adopted, Event, LedgerEntry, Unknown
from baraka_server.domain.maxima import MaximumSet
from baraka_server.domain.moderation import CommentRestored, UserBlocked
from baraka_server.live.announcement import Announcement
from baraka_server.live.audience import RoundShown
from baraka_server.live.context import AuctioneerContext
from baraka_server.live.encoded import in_pieces
from baraka_server.live.maxima import of_user
from baraka_server.live.missed import Missed
from baraka_server.live.moderation import blocked_payload
from baraka_server.live.transaction import Committed, Forked
from baraka_server.live.view import AuctionView
from baraka_server.store.catalog import users_by_id
from baraka_server.store.errors import StoreError
from baraka_server.store.snapshot import Snapshot
from baraka_server.store.store import users_in

log = logging.getLogger(__name__)

CATCH_UP_ENTRIES = 500


class Announcer:
    """Keeps the view of an auction, and tells its room what changed.

    `look` queues another look at the ledger. `counted` is how far the auction's clock has counted.
    """

    def __init__(
        self,
        auction_id: int,
        context: AuctioneerContext,
        look: Callable[[], None],
        counted: Callable[[Clock], int],
    ) -> None:
        self.view: AuctionView | None = None
        self.missed = Missed(auction_id, context.store, context.limits.resume_events_max)
        self.rows_unknown = False
        """Whether a newer program changed rows in a way that only reading them shows (D55)."""
        self._auction_id = auction_id
        self._context = context
        self._look = look
        self._counted = counted
        self._start_told = 0  # the seq of the last start that everybody here was told of
        self._round_shown: int | None = None  # the round that the room was told of last

    @property
    def lists_are_read(self) -> bool:
        return self._context.presence.wants_lists(self._auction_id)

    async def announce(
        self,
        unannounced: deque[LedgerEntry],
        committed: Committed,
        lists: bool,
        up_to: int | None = None,
    ) -> None:
        """Announce entries up to a seq, or all. What fails is left to the next look at the ledger."""
        while unannounced and (up_to is None or unannounced[0].seq <= up_to):
            entry = unannounced.popleft()
            if self.view is None:
                continue
            try:
                if entry.seq > self.view.seq + 1:  # more happened elsewhere than fits in one look
                    await self.catch_up(self.view, before=entry.seq)
                await self._play(self.view, entry, committed.users, lists=lists)
            except Forked:
                self._look()
            except Exception:
                log.exception(
                    "auction %s: seq %s was not announced",
                    self._auction_id,
                    entry.seq,
                    extra={"event": "fault", "auction": self._auction_id},
                )

    async def _play(
        self,
        view: AuctionView,
        entry: LedgerEntry,
        users: Mapping[int, User],
        *,
        lists: bool,
    ) -> None:
        """Announce the next entry of the ledger, if it is the next for the view."""
        if _takes_rows(entry.event) and entry.seq > view.seq:
            rows = await self._context.store.as_of(self._auction_id, entry.seq)
            if rows is not None:
                await view.refresh(rows)
        if isinstance(entry.event, CommentRestored) and entry.seq > view.seq:
            entry, users = await self._with_comment(entry, entry.event, users)
        was_live = view.record.isLive
        entry = await self._with_maximum(entry)
        if announcement := view.play(entry, users, lists=lists):
            if private := view.to_user(entry):
                await self._tell_user(*private)
            if isinstance(entry.event, UserBlocked):
                await self.put_out(entry.event.target_id)
            if announcement.to_everyone and was_live:
                self._start_told = announcement.seq
                await self._context.repeats.tell(self._auction_id, announcement)
            else:
                await self._tell(announcement)
            for guided in announcement.guided:
                await self._tell(guided)
            if isinstance(entry.event, Unknown) and not self.rows_unknown:
                self.rows_unknown = True
                self._look()

    async def play(self, view: AuctionView, entries: Sequence[LedgerEntry]) -> None:
        """Announce entries that came without the users whom they name: the unknown ones are read."""
        unknown = view.unknown_users(users_in(entries))
        users = await users_by_id(self._context.store, unknown) if unknown else {}
        lists = self.lists_are_read
        for entry in entries:
            await self._play(view, entry, users, lists=lists)

    async def _with_maximum(self, entry: LedgerEntry) -> LedgerEntry:
        """The entry with the maximum bid that another node set, if its user is here to be told (D43)."""
        event, user_id = entry.event, entry.user_id
        if not isinstance(event, MaximumSet) or event.sealed or user_id is None:
            return entry
        if not self._context.presence.of(user_id, self._auction_id):
            return entry
        sealed = await self._context.store.maxima_set_by(self._auction_id, [entry.seq])
        return replace(entry, event=replace(event, sealed=sealed.get(entry.seq)))

    async def maxima_of(self, view: AuctionView, user_ids: Iterable[int]) -> dict[int, int]:
        """The maximum bids of users in the round that is on, each for its own user (D43)."""
        set_by = {seq: who for who in user_ids if (seq := of_user(view.rules, who)) is not None}
        sealed = await self._context.store.maxima_set_by(self._auction_id, set_by) if set_by else {}
        return {set_by[seq]: one.amount for seq, one in sealed.items()}

    async def _with_comment(
        self, entry: LedgerEntry, event: CommentRestored, users: Mapping[int, User]
    ) -> tuple[LedgerEntry, Mapping[int, User]]:
        """The entry with the comment that comes back, by the ledger: its row may be gone by now."""
        posted, author = await self._context.store.posted(self._auction_id, event.comment_id)
        return replace(entry, event=replace(event, posted=posted)), {**users, **author}

    async def put_out(self, user_id: int) -> None:
        """Put the sockets of somebody who was blocked out of the room, before it is told (D47)."""
        event, payload = blocked_payload()
        for viewer in self._context.presence.of(user_id, self._auction_id):
            await self._context.audience.to_viewer(viewer, event.wire_name, (payload,))
            await self._context.audience.leave_room(viewer, self._auction_id)
            self._context.presence.leave(viewer, self._auction_id)

    async def _tell_user(self, user_id: int, announcement: Announcement) -> None:
        for viewer in self._context.presence.of(user_id, self._auction_id):
            await self._context.audience.to_viewer(viewer, announcement.name, (announcement.whole,))

    async def _tell(self, announcement: Announcement) -> None:
        audience = self._context.audience
        if announcement.to_everyone:
            self._start_told = announcement.seq
            await audience.to_everyone(announcement.name, announcement.whole)
        else:
            shows = self._newly_shown(announcement.round)
            await audience.to_room(
                self._auction_id, announcement.name, announcement.whole, announcement.brief, shows
            )

    def _newly_shown(self, round_: int) -> RoundShown | None:
        """What an announcement shows to the room: the round, unless an earlier one did (D31)."""
        if round_ == self._round_shown:
            return None
        self._round_shown = round_
        return RoundShown(self._auction_id, round_)

    async def read(self) -> AuctionView | None:
        snapshot = await self._context.store.snapshot(self._auction_id)
        return await self._view_of(snapshot) if snapshot else None

    async def _view_of(self, snapshot: Snapshot) -> AuctionView:
        limits = self._context.limits
        return await AuctionView.of(
            snapshot,
            whole_numbers=limits.whole_numbers,
            resume_events_max=limits.resume_events_max,
            counted=self._counted,
        )

    async def renew(self) -> None:
        """Read the auction for somebody who joins an empty room, unless it is as it was."""
        if self.view:
            seen = await self._context.store.look(self._auction_id)
            end = (self.view.seq, self.view.hash)
            if seen and (seen.seq, seen.hash) == end and self.view.shows(seen):
                return
        self.view = await self.read()

    async def catch_up(self, view: AuctionView, before: int | None = None) -> None:
        """Announce the entries that the ledger has and the view has not.

        Raises `Forked` when the ledger lacks the last entry of the view, which is read once more.
        """
        while before is None or view.seq + 1 < before:
            found, users = await self._context.store.entries_after(
                self._auction_id, max(view.seq - 1, 0), CATCH_UP_ENTRIES
            )
            if view.seq:
                if [(one.seq, one.hash) for one in found[:1]] != [(view.seq, view.hash)]:
                    raise Forked
                del found[0]
            if not found:
                return
            lists = self.lists_are_read
            for entry in found:
                await self._play(view, entry, users, lists=lists)

    # --- when what was announced is no longer true

    async def begin_anew(self) -> None:
        """Replace the history that this node followed by the one that the ledger has (D34).

        When the database does not answer, the next look does it.
        """
        log.warning(
            "auction %s: its ledger is another one than this server followed (a restored backup, or "
            "a fail-over that lost commits): the whole state is sent to everybody again",
            self._auction_id,
            extra={"event": "other_ledger", "auction": self._auction_id},
        )
        try:
            if self.view:
                common = await self.missed.note_lost(self.view)
                self._start_told = min(self._start_told, common)
            await self.tell_whole()
        except StoreError as error:
            log.warning(
                "auction %s: its state is sent when the database answers again: %s",
                self._auction_id,
                error,
                extra={"event": "not_told_yet", "auction": self._auction_id},
            )

    async def tell_whole(self) -> None:
        """Read the auction anew, and tell the room its whole state."""
        snapshot = await self._context.store.snapshot(self._auction_id)
        if snapshot is None:
            if self.view:
                await self.end(self.view)
            return
        view = self.view = await self._view_of(snapshot)
        self.missed.forget()
        count = self._context.presence.total(self._auction_id)
        now = datetime.now(UTC)
        await self._tell_state(view, count, now)
        for announcement in view.in_the_guides_words(snapshot, now):
            await self._tell(announcement)

    async def take_rows(self, view: AuctionView) -> None:
        """Tell the room of rows that another program changed and that no entry of the ledger tells of."""
        found = await self._context.store.snapshot_and_look(self._auction_id)
        if found is not None and found[0].seq == view.seq and not view.shows(found[1]):
            count = self._context.presence.total(self._auction_id)
            now = datetime.now(UTC)
            announcements = await view.refreshed(*found, now)
            await self._tell_state(view, count, now)
            for announcement in announcements:
                await self._tell(announcement)

    async def _tell_state(self, view: AuctionView, count: int, now: datetime) -> None:
        """Tell the room the whole state, and each viewer what is the viewer's own in it."""
        state = view.state(count, now)
        shows = self._newly_shown(view.round)
        viewers = list(self._context.presence.viewers(self._auction_id))
        maxima = await self.maxima_of(view, {viewer.user_id for viewer in viewers})
        for viewer in viewers:
            own = in_pieces(state | view.own(viewer.user_id, maxima.get(viewer.user_id)))
            await self._context.audience.to_viewer(viewer, AuctionState.wire_name, own, shows)

    async def tell_of_start(self) -> None:
        """Tell everybody on this node of a start on another node, also outside the room.

        Who joined in the meantime hears it after the state, with the older seq that it has.
        """
        start = await self._context.store.last_start(self._auction_id)
        view = self.view or await self.read()
        if view and start and start.seq > self._start_told:
            await self._tell(view.brief_announcement(start, {}))

    async def end(self, view: AuctionView) -> None:
        """Tell the room that the auction's row was deleted."""
        log.warning(
            "auction %s was deleted by another program",
            self._auction_id,
            extra={"event": "auction_deleted", "auction": self._auction_id},
        )
        self.view = None
        await self._tell(view.gone(datetime.now(UTC)))


def _takes_rows(event: Event) -> bool:
    """Whether the rows are read again with this event: another program changed them."""
    if isinstance(event, StandingBidChanged):
        return not event.award_refused
    return isinstance(event, Adopted)
