"""`Records`: compares each bid, comment and user with how it was told before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.result import Promise

KINDS = {"bid": "bid", "comment": "comment"}
"""The field that tells one kind of row from another, and what it is called."""


class Records:
    """Every user and every row that was told, as it was told first.

    `meddled` says of an auction whether another program is known to have changed it.
    """

    def __init__(self, findings: Findings, meddled: Callable[[int], bool]) -> None:
        self._findings = findings
        self._meddled = meddled
        self._rows: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._users: dict[int, Mapping[str, Any]] = {}

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
