"""`Records`: compares each bid, comment and user with how it was told before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.result import Promise

STEADY = (
    *(
        "title",
        "description",
        "type",
        "quantity",
        "expiryDate",
        "startDate",
        "image_url",
        "user_id",
    ),
    *("category_id", "createdAt"),
)
"""Columns of an auction that nothing in a sale changes."""

KINDS = {"bid": "bid", "comment": "comment"}
"""The field that tells one kind of row from another, and what it is called."""
DIFFER_MAX = 100


class Records:
    """Every user and every row that was told, as it was told first.

    `meddled` says of an auction whether another program is known to have changed it.
    """

    def __init__(self, findings: Findings, meddled: Callable[[int], bool]) -> None:
        self._findings = findings
        self._meddled = meddled
        self._rows: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._users: dict[int, Mapping[str, Any]] = {}
        self._auctions: dict[int, Mapping[str, Any]] = {}
        self._renewed: set[int] = set()
        self._differ: list[tuple[int, str, object, float]] = []
        """Auctions that were told otherwise than first: which one, how, the message, and when."""

    def see_auction(self, where: str, auction: Mapping[str, Any], text: object) -> None:
        """An auction's row. Whether another program changed it is known only later."""
        auction_id = auction.get("id")
        if not isinstance(auction_id, int):
            return
        row = {name: auction[name] for name in STEADY if name in auction}
        known = self._auctions.setdefault(auction_id, row)
        if known == row:
            self._findings.looked(Promise.ANNOUNCED_IS_KEPT)
        elif len(self._differ) < DIFFER_MAX:
            what = f"{where}: the auction has {differing(row, known)} by what was told"
            self._differ.append((auction_id, what, text, self._findings.now()))

    def renew_auction(self, auction_id: int) -> None:
        """A whole state came that nobody asked for: another program changed the row."""
        self._renewed.add(auction_id)

    def finish(self) -> None:
        """Report auctions that were told in two ways though nobody is known to have changed them."""
        for auction_id, what, text, at in self._differ:
            if auction_id not in self._renewed and not self._meddled(auction_id):
                self._findings.broken(Promise.ANNOUNCED_IS_KEPT, what, text, at=at)
        self._differ.clear()

    def knows(self, user_id: int) -> bool:
        """Whether anything was told of this user, who is there then."""
        return user_id in self._users

    def see(self, promise: Promise, where: str, row: Mapping[str, Any], text: object) -> None:
        """A bid or a comment, with its user. One that differs from what was told breaks `promise`."""
        kind = next((name for name in KINDS if name in row), None)
        if kind is None or not isinstance(row.get("id"), int):
            return
        user = row.get("user")
        if isinstance(user, dict):
            self.see_user(promise, where, user, text)
            beside = user.get("id")
            what = f"{where}: user {beside} stands beside user_id {row.get('user_id')}"
            self._findings.expect(promise, beside == row.get("user_id"), what, text)
        bare = {name: value for name, value in row.items() if name != "user"}
        known = self._rows.setdefault((kind, row["id"]), bare)
        if known is bare:
            return
        auction_id = row.get("auction_id")
        if isinstance(auction_id, int) and self._meddled(auction_id):
            self._rows[kind, row["id"]] = bare  # another program may have changed it
            return
        what = f"{where}: {KINDS[kind]} {row['id']} has {differing(bare, known)} by what was told"
        self._findings.expect(promise, bare == known, what, text)

    def see_user(self, promise: Promise, where: str, user: Mapping[str, Any], text: object) -> None:
        """Somebody may change the own name during a sale; the time of that stands beside it then."""
        user_id = user.get("id")
        if not isinstance(user_id, int):
            return
        known = self._users.get(user_id)
        if known is None or known.get("updatedAt") != user.get("updatedAt"):
            self._users[user_id] = user
            return
        what = f"{where}: user {user_id} has {differing(user, known)} by what was told"
        self._findings.expect(promise, user == known, what, text)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The first field in which two records differ, with both values."""
    for name in [*other, *one]:
        if one.get(name) != other.get(name):
            if name in {"number", "otpCode"}:
                return f"another {name}"
            return f"{name} {one.get(name)!r}, but {other.get(name)!r}"
    return "nothing else"
