"""`Names`: people as the console names them, bidders by their paddles, so that two of one name are two."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

from baraka_server.contract.names import numbered


class Names:
    """Whoever was heard of, with the paddle, where the server gives paddles (D36).

    Without a paddle, a name that two of them have is shown with its user's id.
    """

    def __init__(self) -> None:
        self._users: defaultdict[str, set[int]] = defaultdict(set)
        self._paddles: dict[int, int] = {}
        self._by_paddle: dict[int, str] = {}

    def hear(self, user_id: int | None, name: str, paddle: int | None = None) -> None:
        if user_id is None:
            return
        self._users[_alike(name)].add(user_id)
        if paddle is not None:
            self._paddles[user_id] = paddle
            self._by_paddle[paddle] = numbered(paddle, name)

    def paddle(self, user_id: int | None) -> int | None:
        return None if user_id is None else self._paddles.get(user_id)

    def by_paddle(self, paddle: int) -> str | None:
        """Who has a paddle, as people are shown one; None for one that was not heard of."""
        return self._by_paddle.get(paddle)

    def called(self, user_id: int | None, name: str) -> str:
        """The name behind the paddle; else with "#3" where others have it too, or one that looks like it."""
        if (paddle := self.paddle(user_id)) is not None:
            return numbered(paddle, name)
        shared = len(self._users[_alike(name)] | {user_id}) > 1
        return f"{name} #{user_id}" if shared and user_id is not None else name


def _alike(name: str) -> str:
    """Form in which names are compared: no invisible characters, no case, no second blank."""
    shown = "".join(
        char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf"
    )
    return " ".join(shown.casefold().split())
