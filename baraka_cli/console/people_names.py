"""`Names`: people as the console names them, bidders by their paddles, so that two of one name are two."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

from baraka_server.contract.names import numbered


class Names:
    """Whoever was heard of, with the paddle, where the server gives paddles (D36).

    Without a paddle, a name that two of them have is shown with its user's id; with `ids_shown` every
    name but that of `owner_id`, so that the host can register whoever asks for it.
    """

    def __init__(self) -> None:
        self.ids_shown = False
        self.owner_id: int | None = None
        self._users: defaultdict[str, set[int]] = defaultdict(set)
        self._paddles: dict[int, int] = {}
        self._by_paddle: dict[int, str] = {}
        self._labels: dict[int, str] = {}
        self._names: dict[int, str] = {}

    def hear(self, user_id: int | None, name: str, paddle: int | None = None) -> None:
        if user_id is None:
            return
        self._users[_alike(name)].add(user_id)
        self._names[user_id] = name
        if paddle is not None:
            self._paddles[user_id] = paddle
        if (given := self._paddles.get(user_id)) is not None:
            self._by_paddle[given] = numbered(given, name)

    def give(self, user_id: int, paddle: int) -> None:
        """Know a paddle of somebody whose name may not have been heard."""
        self._paddles[user_id] = paddle
        if (name := self._names.get(user_id)) is not None:
            self._by_paddle[paddle] = numbered(paddle, name)

    def user_of(self, paddle: int) -> int | None:
        """The user who has a paddle; None for one that was not heard of."""
        return next((who for who, given in self._paddles.items() if given == paddle), None)

    def by_id(self, user_id: int) -> str:
        """A user as people are shown one, by the id alone."""
        name = self._names.get(user_id)
        return f"user {user_id}" if name is None else self.called(user_id, name)

    def paddle(self, user_id: int | None) -> int | None:
        return None if user_id is None else self._paddles.get(user_id)

    def by_paddle(self, paddle: int) -> str | None:
        """Who has a paddle, as people are shown one; None for one that was not heard of."""
        return self._by_paddle.get(paddle)

    def label(self, paddle: int, text: str) -> None:
        """Know what this console called somebody on the floor, who has a paddle and no account (D40)."""
        self._labels[paddle] = text
        self._by_paddle[paddle] = numbered(paddle, text)

    def called(self, user_id: int | None, name: str, on_floor: int | None = None) -> str:
        """The name behind the paddle; else with "#3" where others have it too, or one that looks like it.

        `on_floor` is the paddle of a bid from the floor, which need not be the user's.
        """
        if on_floor is not None:
            return numbered(on_floor, self._labels.get(on_floor, name))
        if (paddle := self.paddle(user_id)) is not None:
            return numbered(paddle, name)
        shared = len(self._users[_alike(name)] | {user_id}) > 1
        shared = shared or (self.ids_shown and user_id != self.owner_id)
        return f"{name} #{user_id}" if shared and user_id is not None else name


def _alike(name: str) -> str:
    """Form in which names are compared: no invisible characters, no case, no second blank."""
    shown = "".join(
        char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf"
    )
    return " ".join(shown.casefold().split())
