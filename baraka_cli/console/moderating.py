"""`Moderating`: comments that go, and people who are muted, blocked or slowed down, from the chat line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baraka_cli.client.access import Access
from baraka_cli.console.actions import moderating
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import Comment
from baraka_cli.console.taking_back import TakingBack
from baraka_server.contract.moderation import ModeratorCommand


class Moderating(TakingBack):
    """What owner, clerks and moderators may do about people (D47)."""

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
        if not self._is_possible(what, moderating(self.situation())):
            return
        event = kind(auction_id=self.book.auction_id, **fields)
        if asks:
            self._ask_by_key(what, lambda: self.sale.send(what, event))
        else:
            self.sale.send(what, event)

    def bidder(self, paddle: int) -> str:
        """A bidder as people are shown one; the number alone, where its name was not heard."""
        return self.book.names.by_paddle(paddle) or f"paddle {paddle}"

    def newest_comment(self, paddle: int | None) -> Comment | None:
        """The newest comment of somebody else, or of this paddle."""
        for one in reversed(self.book.comments):
            theirs = self.book.names.paddle(one.user_id)
            is_meant = one.user_id != self.access.user_id if paddle is None else theirs == paddle
            if one.id is not None and is_meant:
                return one
        return None

    def told(self, comment: Comment) -> str:
        """A comment and its author, for the log."""
        author = self.book.names.called(comment.user_id, comment.author)
        return f"“{isolated(comment.text)}” of {isolated(author)}"
