"""`Names`: names of people, with the id beside those that two people share."""

from __future__ import annotations

import unicodedata
from collections import defaultdict


class Names:
    """Whoever was heard of; a name that two of them have is shown with its user's id."""

    def __init__(self) -> None:
        self._users: defaultdict[str, set[int]] = defaultdict(set)

    def hear(self, user_id: int | None, name: str) -> None:
        if user_id is not None:
            self._users[_alike(name)].add(user_id)

    def called(self, user_id: int | None, name: str) -> str:
        """The name, with "#3" where others have it too, or one that looks like it."""
        shared = len(self._users[_alike(name)] | {user_id}) > 1
        return f"{name} #{user_id}" if shared and user_id is not None else name


def _alike(name: str) -> str:
    """Form in which names are compared: no invisible characters, no case, no second blank."""
    shown = "".join(
        char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf"
    )
    return " ".join(shown.casefold().split())
