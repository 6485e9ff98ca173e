"""`Moderating`: comments that go, people who are muted, blocked, slowed down or registered, from the chat line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baraka_cli.client.access import Access
from baraka_cli.client.replies import Reply
from baraka_cli.console.actions import moderating, registering
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import Comment
from baraka_cli.console.taking_back import TakingBack
from baraka_server.contract.moderation import ModeratorCommand
from baraka_server.contract.registration import RegisterBidder


class Moderating(TakingBack):
    """What owner, clerks and moderators may do about people (D47, D48)."""

    access: Access

    def moderate(
        self,
        what: str,
        kind: type[ModeratorCommand],
        fields: Mapping[str, Any],
        *,
        asks: bool = False,
    ) -> None:
        """Send a command, at once or behind a Ctrl+Y. The log says why, where it is not possible."""
        if not self._is_possible(what, self.why_no_moderation()):
            return
        event = kind(auction_id=self.book.auction_id, **fields)
        if asks:
            self._ask_by_key(what, lambda: self.sale.send(what, event))
        else:
            self.sale.send(what, event)

    def why_no_moderation(self) -> str | None:
        plain = self.connection.acknowledges is False
        reason = moderating(self.situation())
        return reason or ("this server does not keep order in its rooms" if plain else None)

    def register(self, user_id: int, *, approved: bool, limit: int | None = None) -> None:
        """Register a user to bid, or take that back. The log says why, where it is not possible."""
        who = isolated(self.book.names.by_id(user_id))
        what = f"Register {who}" if approved else f"Take the registration of {who} away"
        if limit is not None:
            what += f", up to {limit:,}"
        if not self._is_possible(what, registering(self.situation())):
            return

        def on_reply(answer: Reply) -> None:
            if isinstance(paddle := answer.data.get("paddle"), int):
                self.book.names.give(user_id, paddle)
                self.book.version += 1

        event = RegisterBidder(
            auction_id=self.book.auction_id, user_id=user_id, approved=approved, limit=limit
        )
        self.sale.send(what, event, on_reply)

    def user_of(self, paddle: int) -> int | None:
        return self.book.names.user_of(paddle)

    def bidder(self, paddle: int) -> str:
        """A bidder as people are shown one; the number alone, where its name was not heard."""
        return self.book.names.by_paddle(paddle) or f"paddle {paddle}"

    def newest_comment(self, paddle: int | None, *, removed: bool = False) -> Comment | None:
        """The newest comment of somebody else, or of this paddle; of the removed ones with `removed`."""
        chat = self.book.chat
        for one in reversed(chat.removed if removed else chat.listed):
            theirs = self.book.names.paddle(one.user_id)
            is_meant = one.user_id != self.access.user_id if paddle is None else theirs == paddle
            if one.id is not None and is_meant:
                return one
        return None

    def told(self, comment: Comment) -> str:
        """A comment and its author, for the log."""
        author = self.book.names.called(comment.user_id, comment.author)
        return f"“{isolated(comment.text)}” of {isolated(author)}"
