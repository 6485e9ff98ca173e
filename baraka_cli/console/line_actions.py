"""`LineActions`: what is done about a line of the chat or of the bids that was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baraka_cli.console.actions import hosting, registering
from baraka_cli.console.choosing import ChoicePanel
from baraka_cli.console.dialogs import SureDialog
from baraka_cli.console.line_menu import Deed, LineMenu
from baraka_cli.console.lists import Bids
from baraka_cli.console.log import EntryMark
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.moderating import Moderating
from baraka_cli.console.records import Bid, Comment
from baraka_server.contract.moderation import (
    BlockUser,
    ModeratorCommand,
    MuteUser,
    RemoveComment,
    RestoreComment,
    UnblockUser,
    UnmuteUser,
)

MUTE_MINUTES = 10


class LineActions(Moderating):
    """A menu has what whoever sits here may do; what takes bids back asks once more."""

    def on_choice_panel_opened(self, message: ChoicePanel.Opened) -> None:
        """Show what may be done with the line that was chosen, by whoever sits here."""
        if not self._is_possible("Line", self.why_no_moderation()):
            return
        about, deeds = (
            self._about_bid(message.id)
            if isinstance(message.panel, Bids)
            else self._about_comment(message.id)
        )
        if deeds:
            self._question(LineMenu(about, deeds), lambda deed: deed.do())
        elif about:
            self.note(f"{about}: there is nothing to do about it", EntryMark.NOTE)

    def _about_comment(self, comment_id: int) -> tuple[str, Sequence[Deed]]:
        comments = (one for one in self.book.chat if isinstance(one, Comment))
        one = next((one for one in comments if one.id == comment_id), None)
        if one is None:
            return "", ()
        told, fields = self.told(one), {"comment_id": comment_id}
        deeds = []
        if one in self.book.chat.listed:
            what = f"Remove {told}"
            remove = Deed("Remove it", lambda: self.moderate(what, RemoveComment, fields))
            deeds.append(remove)
        elif one in self.book.chat.removed:
            back = f"Put back {told}"
            deeds.append(Deed("Put it back", lambda: self.moderate(back, RestoreComment, fields)))
        return told, [*deeds, *self._about_person(one.user_id, one.author)]

    def _about_bid(self, bid_id: int) -> tuple[str, Sequence[Deed]]:
        bid = next((one for one in self.book.bids if one.id == bid_id), None)
        if bid is None:
            return "", ()
        deeds = [] if bid.floor else list(self._about_person(bid.user_id, bid.bidder))
        if bid == self.book.bids[0] and hosting(self.situation()) is None:
            deeds.insert(0, Deed("Take this bid back…", lambda: self._undo(bid)))
        return f"{bid.amount:,} of {isolated(self.book.called(bid))}", deeds

    def _undo(self, bid: Bid) -> None:
        if self.book.bids and self.book.bids[0] == bid:
            self.action_undo()
        else:
            self.note("Undo: the sale went on. Look again.", EntryMark.REFUSED)

    def _about_person(self, user_id: int | None, name: str) -> Iterator[Deed]:
        """What may be done about somebody who does not work in the auction, as far as is known here."""
        if user_id is None or user_id in {self.access.user_id, self.book.owner_id}:
            return
        who = isolated(self.book.names.called(user_id, name))

        def deed(what: str, kind: type[ModeratorCommand], **more: int) -> Deed:
            return Deed(what, lambda: self.moderate(what, kind, {"user_id": user_id} | more))

        if self.book.names.ids_shown and self.book.names.paddle(user_id) is None:
            yield from self._about_guest(user_id, who)
        yield deed(f"Mute {who} for {MUTE_MINUTES} min", MuteUser, minutes=MUTE_MINUTES)
        yield deed(f"Mute {who} for good", MuteUser)
        yield deed(f"Let {who} write again", UnmuteUser)
        yield Deed(f"Block {who}…", lambda: self._ask_to_block(user_id, who))
        yield deed(f"Let {who} in again", UnblockUser)

    def _ask_to_block(self, user_id: int, who: str) -> None:
        def sure(_: object) -> None:
            self.moderate(f"Block {who}", BlockUser, {"user_id": user_id})

        question = f"Block {who}?\nOut of the room, and the bids on this lot with it."
        self._question(SureDialog(question, "Block"), sure)

    def _about_guest(self, user_id: int, who: str) -> Iterator[Deed]:
        """What may be done about somebody who cannot bid yet (D48)."""
        if registering(self.situation()) is None:
            yield Deed(f"Register {who}", lambda: self.register(user_id, approved=True))
