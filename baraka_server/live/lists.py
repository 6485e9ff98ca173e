"""Lists of bids and comments as encoded JSON; each row is encoded once, with its user.

The text of a list is kept while it grows at one end; it is made anew when a user in it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakSet

from baraka_server.contract.records import (
    Bid,
    BidWithUser,
    Comment,
    CommentWithUser,
    User,
    UserType,
)
from baraka_server.domain.paddles import NONE_GIVEN, Paddles
from baraka_server.domain.state import BEGINNING
from baraka_server.live.encoded import Encoded, Shared, encode
from baraka_server.store.row_sums import Tally, checksum, checksum_of_user
from baraka_server.store.slices import each_in_slices

USERS_KEPT_MAX = 2_000
"""How many users' encoded records are kept, beside those of the users in the lists."""


@dataclass(slots=True)
class _Person:
    user: User
    text: Encoded
    checksum: int


class People:
    """The users of an auction, encoded as others see them.

    `whole_numbers` shows phone numbers to everybody, for private deployments (D17). `changes`
    counts how often a user was met with another name or number than before, or got a paddle after a
    bid was listed without one.
    """

    def __init__(self, *, whole_numbers: bool) -> None:
        self.changes = 0
        self._paddles = NONE_GIVEN
        self._told_without: set[int] = set()
        self._lists: WeakSet[Rows] = WeakSet()
        self._whole_numbers = whole_numbers
        self._known: dict[int, _Person] = {}
        self._kept_max = USERS_KEPT_MAX

    def are_in(self, rows: Rows) -> None:
        self._lists.add(rows)

    def __len__(self) -> int:
        """The number of users that are kept."""
        return len(self._known)

    def __contains__(self, user_id: int) -> bool:
        return user_id in self._known

    def meet(self, user: User) -> Encoded:
        """A user as others see it, encoded once while nothing about the user changes."""
        known = self._known.get(user.id)
        if known is not None and (known.user is user or known.user == user):
            return known.text
        if known is None and len(self._known) >= self._kept_max:
            self._forget()
        met = _Person(
            user,
            encode(user.as_seen_by_others(whole_number=self._whole_numbers)),
            checksum_of_user(user),
        )
        self.changes += known is not None and known.checksum != met.checksum
        self._known[user.id] = met
        return met.text

    def find(self, users: Mapping[int, User], user_id: int) -> Encoded:
        """A user of a ledger entry; one who was deleted is returned as known so far."""
        user = users.get(user_id)
        if user is None and user_id in self._known:
            return self._known[user_id].text
        return self.meet(user or _deleted(user_id))

    def text(self, user_id: int) -> Encoded:
        return self._known[user_id].text

    def take(self, paddles: Paddles) -> None:
        """Know these paddles from now on: those that were known, and perhaps more (D36)."""
        if self._told_without:
            given = self._told_without.intersection(paddles.bidders[self._paddles.count :])
            self.changes += bool(given)
            self._told_without -= given
        self._paddles = paddles

    def bidder(self, user: Encoded, user_id: int, label_paddle: int | None) -> str:
        """The fields of a bid that say whose it is: the encoded user, and the paddle, which may be a label's."""
        paddle = self._paddles.of(user_id) if label_paddle is None else label_paddle
        if paddle is None:  # an older program took the bid, or another one wrote it
            self._told_without.add(user_id)
        return f'"user":{user},"paddle":{"null" if paddle is None else paddle}'

    def checksum(self, user_id: int) -> int:
        return self._known[user_id].checksum

    def _forget(self) -> None:
        """Forget the users who are in no list."""
        needed = set().union(*(rows.users() for rows in self._lists))
        self._known = {id_: person for id_, person in self._known.items() if id_ in needed}
        self._kept_max = max(USERS_KEPT_MAX, 2 * len(needed))


def _deleted(user_id: int) -> User:
    """A stand-in for a user of whom only the id is left."""
    return User(
        id=user_id,
        name="",
        type=UserType.Normal,
        category_id=None,
        number="",
        otpCode=None,
        createdAt=BEGINNING,
        updatedAt=BEGINNING,
    )


@dataclass(frozen=True, slots=True)
class BidMark:
    """What is told of a bid beside its row: that it is `automatic` (D43), or from the `floor` (D40).

    `label_paddle` is the paddle of the label of the floor in whose name it is.
    """

    automatic: bool = False
    floor: bool = False
    label_paddle: int | None = None

    @property
    def fields(self) -> str:
        """The fields of the row, of which there is at least one."""
        return ",".join(f'"{name}":true' for name in ("automatic", "floor") if getattr(self, name))


NO_MARK = BidMark()


@dataclass(frozen=True, slots=True)
class _Row:
    plain: Encoded
    user_id: int
    value: int
    is_bid: bool
    label_paddle: int | None


class Rows:
    """A list of rows as one text, to which added rows are joined when it is read.

    While its `growth` is the same object, the list contains every earlier state of itself.
    """

    def __init__(self, people: People, *, newest_first: bool = False) -> None:
        self._people = people
        self._newest_first = newest_first
        self._rows: dict[int, _Row] = {}  # by id, in the order of time
        self._text = ""
        self._added: list[_Row] = []  # which are not in the text yet
        self._changes = people.changes
        self._shared: Shared | None = None
        self.growth = object()
        people.are_in(self)

    def add(self, record: Bid | Comment, mark: BidMark = NO_MARK) -> None:
        """Add a row at the end of time, with a mark of its own. Its user is known to the people."""
        is_bid = isinstance(record, Bid)
        value = record.bid if isinstance(record, Bid) else checksum(record.comment)
        plain = encoded_row(record, mark)
        row = _Row(plain, record.user_id, value, is_bid, mark.label_paddle)
        if record.id in self._rows:
            self._changes = -1  # the text has it as it was before
        self._rows[record.id] = row
        self._added.append(row)

    def put_back(self, record: Comment) -> None:
        """Add a row that was removed at its place in time, which ids tell. Its user is known."""
        self.add(record)
        behind = [row_id for row_id in self._rows if row_id > record.id]
        for row_id in behind:
            self._rows[row_id] = self._rows.pop(row_id)
        self._changes = -1  # the text has it at the end

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._rows

    def told(self, row_id: int) -> Encoded:
        """A row of the list, as it is sent."""
        return self._told(self._rows[row_id])

    def remove(self, row_id: int) -> None:
        if self._rows.pop(row_id, None):
            self._changes = -1  # the text has it yet
            self.growth = object()

    def remove_above(self, value: int) -> None:
        """Remove the bids above an amount."""
        for row_id in [row_id for row_id, row in self._rows.items() if row.value > value]:
            self.remove(row_id)

    def clear(self) -> None:
        self._rows.clear()
        self._text, self._shared = "", None
        self._added.clear()
        self.growth = object()

    def users(self) -> set[int]:
        return {row.user_id for row in self._rows.values()}

    def tally(self) -> Tally:
        rows = self._rows.values()
        return Tally(
            len(rows),
            sum(self._rows),
            sum(row.user_id for row in rows),
            sum(row.value for row in rows),
            sum(self._people.checksum(row.user_id) for row in rows),
        )

    def encoded(self) -> Shared:
        """The list, the same object for all who read it before it changes."""
        text = self.text
        if self._shared is None:
            self._shared = Shared(f"[{text}]")
        return self._shared

    @property
    def text(self) -> str:
        """The rows, with commas between them."""
        if self._changes != self._people.changes:
            self._changes = self._people.changes
            self._text, self._shared = "", None
            self._added = list(self._rows.values())
        if self._added:
            added = [self._told(row) for row in self._added]
            old = [self._text] if self._text else []
            if self._newest_first:
                self._text = ",".join([*reversed(added), *old])
            else:
                self._text = ",".join([*old, *added])
            self._added.clear()
            self._shared = None
        return self._text

    def _told(self, row: _Row) -> Encoded:
        user = self._people.text(row.user_id)
        if row.is_bid:
            bidder = self._people.bidder(user, row.user_id, row.label_paddle)
            return with_fields(row.plain, bidder)
        return with_fields(row.plain, f'"user":{user}')


async def listed(
    people: People,
    records: Iterable[BidWithUser | CommentWithUser],
    marks: Mapping[int, BidMark] = {},
    *,
    newest_first: bool = False,
) -> Rows:
    """A list of records in the order of time, made in slices: others have their turn in between.

    `marks` are those of bids, by their ids.
    """
    rows = Rows(people, newest_first=newest_first)
    async for record in each_in_slices(records):
        people.meet(record.user)
        rows.add(record, marks.get(record.id, NO_MARK))
    return rows


_BESIDE_ROW = {"user", "paddle", "automatic", "floor"}


def encoded_row(record: Bid | Comment, mark: BidMark = NO_MARK) -> Encoded:
    """The row without the user that it may have, who has a whole number, and without a paddle."""
    row = Encoded(record.model_dump_json(exclude=_BESIDE_ROW))
    return row if mark is NO_MARK else with_fields(row, mark.fields)


def with_fields(record: Encoded, *more: str) -> Encoded:
    """A JSON object with more fields at its end, in one copy."""
    return Encoded("".join((record[:-1], ",", *more, "}")))
