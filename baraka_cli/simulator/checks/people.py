"""`People`: judges that who is muted or blocked is kept out, and that slow mode slows (D47)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import partial

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.bidding_told import ms_of
from baraka_cli.simulator.checks.cores import Core, Row
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.spans import SAYS, Key, Kind, Spans, key_of
from baraka_cli.simulator.checks.truth import Moment, Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.moderation import CommentRemoved, SlowMode
from baraka_server.contract.server_events import NewBid, NewComment

SLOW_TOLERANCE_MS = 50
KEPT_FROM = {NewComment.wire_name: (Kind.MUTED, Kind.BLOCKED), NewBid.wire_name: (Kind.BLOCKED,)}
"""What somebody may not do of whom this is said."""


class People:
    """Judge of what people did in an auction, by what had been said to them."""

    def __init__(self, findings: Findings, spans: Spans, truth_of: Callable[[int], Truth]) -> None:
        self._findings = findings
        self._spans = spans
        self._truth_of = truth_of
        self._did: defaultdict[Key, list[tuple[int, Core]]] = defaultdict(list)
        """What was announced of somebody who may not, by number, until it is known whether that was so."""
        self._removed: set[tuple[int, int]] = set()
        self._wrote: dict[tuple[int, int], int] = {}
        """When each user wrote last since slow mode was turned on, by auction and user."""
        self._slowed: set[tuple[int, int]] = set()
        """Who ever wrote while slow mode was on, by auction and user."""
        self._put_out: dict[tuple[Seat, int], int] = {}
        """The number that each phone had heard last when it was put out, by auction."""

    # --- what is announced

    def follow(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """Called for each announcement, in order."""
        match core:
            case (CommentRemoved.wire_name, comment_id):
                self._removed.add((auction_id, comment_id))
            case (SlowMode.wire_name, seconds) if not seconds or not before.slow:
                self._wrote = {key: at for key, at in self._wrote.items() if key[0] != auction_id}
            case (NewComment.wire_name, comment_id, user_id, _):
                if (auction_id, comment_id) not in self._removed:  # else it was put back
                    self._may(auction_id, seq, core, user_id)
                    self._look_at_pace(auction_id, seq, user_id, before)
            case (NewBid.wire_name, bid_id, user_id, _):
                if all(bid_id != row[0] for row in before.bids):  # else it is told again
                    self._may(auction_id, seq, core, user_id)

    def _may(self, auction_id: int, seq: int, core: Core, user_id: int) -> None:
        for kind in KEPT_FROM[core[0]]:
            key = (auction_id, user_id, kind)
            if self._spans.was_asked(key):
                self._did[key].append((seq, core))

    def _look_at_pace(self, auction_id: int, seq: int, user_id: int, before: Moment) -> None:
        at = ms_of(before.data)
        if not before.slow or not at or user_id == self._truth_of(auction_id).owner:
            return
        last = self._wrote.get((auction_id, user_id))
        self._wrote[auction_id, user_id] = at
        self._slowed.add((auction_id, user_id))
        self._findings.expect(
            Promise.MODERATION_HOLDS,
            last is None or at - last >= 1000 * before.slow - SLOW_TOLERANCE_MS,
            f"auction {auction_id}, number {seq}: user {user_id} wrote again after "
            f"{(at - (last or 0)) / 1000:.1f} s, and slow mode is {before.slow} s",
        )

    def wrote(self, auction_id: int, user_id: int) -> bool:
        """Whether the user ever wrote while slow mode was on, for all that is known."""
        return (auction_id, user_id) in self._slowed

    # --- what is said to people

    def answered(self, asked: SentCommand, answer: Reply) -> None:
        seq, key = answer.data.get("seq"), key_of(asked)
        if asked.event == JoinAuction.wire_name and answer.ok and isinstance(seq, int):
            self._look_at_join(asked, seq)
        if key is None or not answer.ok or not isinstance(seq, int):
            return
        truth = self._truth_of(asked.auction_id)
        if not SAYS[asked.event][1]:
            truth.when(seq, partial(self._look_at_deeds, key))
        elif key[2] is Kind.BLOCKED and answer.data.get("changed") is not False:
            truth.when(seq, partial(self._look_at_bids, truth, key, seq))

    def _look_at_join(self, asked: SentCommand, seq: int) -> None:
        """The state that a joiner got was so at some time while it asked."""
        key = (asked.auction_id, asked.user_id, Kind.BLOCKED)
        if not self._spans.was_asked(key) or not self._spans.is_known(key):
            return
        since = min(asked.since if asked.since is not None else seq, seq)
        was_let_in = self._spans.behind(key, since) and self._spans.behind(key, seq)
        self._findings.expect(
            Promise.MODERATION_HOLDS,
            not was_let_in,
            f"auction {asked.auction_id}: {asked.who} joined at number {seq}, and was blocked",
        )

    def _look_at_bids(self, truth: Truth, key: Key, seq: int) -> None:
        """Behind a block no bid of the user stands."""
        if seq < truth.begins:
            return
        bid = next((row for row in truth.bids_at(seq) if row[1] == key[1]), None)
        self._findings.expect(
            Promise.MODERATION_HOLDS,
            bid is None,
            f"auction {key[0]}, number {seq}: user {key[1]} is blocked, and the bid of "
            f"{bid[2] if bid else 0} stands",
        )

    def _look_at_deeds(self, key: Key) -> None:
        if not self._spans.is_known(key):
            return
        for seq, core in self._did.pop(key, ()):
            self._findings.expect(
                Promise.MODERATION_HOLDS,
                not self._spans.behind(key, seq - 1),
                f"auction {key[0]}: user {key[1]} was {key[2]}, and {said(core)} was announced "
                f"with number {seq}",
            )

    def finish(self) -> None:
        for key in list(self._did):
            self._look_at_deeds(key)

    def may_have_gone(self, auction_id: int, ids: Collection[int], bids: Sequence[Row]) -> bool:
        """Whether these are all bids of somebody who was blocked."""
        users = {row[1] for row in bids if row[0] in ids}
        if len(users) != 1:
            return False
        (user_id,) = users
        theirs = {row[0] for row in bids if row[1] == user_id}
        return theirs == set(ids) and self._spans.may_have_been_asked(
            (auction_id, user_id, Kind.BLOCKED)
        )

    # --- who is put out

    def is_put_out(self, seat: Seat, auction_id: int, last: int | None) -> None:
        """The phone was told that it is out, and had heard so much."""
        self._put_out[seat, auction_id] = last or 0

    def blocked(self, seat: Seat, auction_id: int, seq: int) -> None:
        """The user of this phone was blocked with number `seq`, and had time enough to be told."""
        heard = self._put_out.pop((seat, auction_id), None)
        if heard is None and auction_id not in seat.rooms:
            return  # it was not in the room
        what = f"auction {auction_id}: {seat.label} was blocked with number {seq}, and "
        what += "was not put out of the room" if heard is None else f"heard number {heard}"
        self._findings.expect(Promise.MODERATION_HOLDS, heard is not None and heard <= seq, what)
