"""`ChatBook`: what was said in the room, with the lots that came off the block in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from baraka_cli.console.records import Comment, Hammer

KEPT_MAX = 1_000

Said = Comment | Hammer


class ChatBook:
    """`current` is since the last award, oldest first; `earlier` what was before it, which no server lists.

    A comment that was removed stays in its place for those who may put it back.
    """

    def __init__(self) -> None:
        self.current: deque[Said] = deque(maxlen=KEPT_MAX)
        self.earlier: deque[Said] = deque(maxlen=KEPT_MAX)

    def __len__(self) -> int:
        return len(self.earlier) + len(self.current)

    def __iter__(self) -> Iterator[Said]:
        return chain(self.earlier, self.current)

    def __reversed__(self) -> Iterator[Said]:
        return chain(reversed(self.current), reversed(self.earlier))

    @property
    def listed(self) -> list[Comment]:
        """The comments that the server lists, oldest first."""
        return [one for one in self._comments(self.current) if not one.removed]

    @property
    def removed(self) -> list[Comment]:
        """The comments that may be put back, oldest first."""
        return [one for one in self._comments(self.current) if one.removed]

    def add(self, comment: Comment) -> None:
        """Take a comment alone: a new one, or one of which the place is known."""
        if comment.id is None or not self._put(self.current, comment):
            self.current.append(comment)

    def take(self, comments: Iterable[Comment]) -> None:
        """Take the server's whole list; what was removed and what was hammered down keeps its place in it."""
        listed = list(comments)
        ids = {one.id for one in listed}
        behind: dict[int | None, list[Said]] = {None: []}
        last = None
        for one in self.current:
            if isinstance(one, Comment) and one.id in ids:
                last = one.id
            elif isinstance(one, Hammer) or one.removed:
                behind.setdefault(last, []).append(one)
        self.current.clear()
        self.current += behind[None]
        for comment in listed:
            self.current.append(comment)
            self.current += behind.get(comment.id, []) if comment.id is not None else []

    def remove(self, comment_id: int, *, keep: bool) -> None:
        """Take a comment off; with `keep` it stays in its place as one that was removed."""
        found = next((one for one in self._comments(self.current) if one.id == comment_id), None)
        if found and keep:
            self._put(self.current, replace(found, removed=True))
        elif found:
            self.current.remove(found)

    def recall(self, removed: Sequence[Comment]) -> None:
        """Take comments that were removed before anybody listened here: each has its place by its id."""
        known = {one.id for one in self._comments(self)}
        for comment in removed:
            if comment.id in known:
                continue
            later = (
                place
                for place, one in enumerate(self.current)
                if isinstance(one, Comment) and (one.id or 0) > (comment.id or 0)
            )
            if len(self.current) < KEPT_MAX:
                self.current.insert(next(later, len(self.current)), comment)

    def passes(self, hammer: Hammer) -> None:
        """Another lot was put up in its place: the comments stay on the server's list."""
        self.current.append(hammer)

    def closes(self, hammer: Hammer) -> None:
        """An award or a pass: the server's list is empty then."""
        self.earlier += [*self.current, hammer]
        self.current.clear()

    def was_closed(self, listed: Collection[int | None]) -> None:
        """An award that was not heard: what the server no longer lists was said before it."""
        gone = [
            place
            for place, one in enumerate(self.current)
            if isinstance(one, Comment) and not one.removed and one.id not in listed
        ]
        if not gone:
            return
        before = [self.current.popleft() for _ in range(gone[-1] + 1)]
        there = [one for one in before if isinstance(one, Comment) and one.id in listed]
        self.earlier += [one for one in before if isinstance(one, Hammer) or one.id not in listed]
        self.current.extendleft(reversed(there))

    @staticmethod
    def _comments(said: Iterable[Said]) -> Iterator[Comment]:
        return (one for one in said if isinstance(one, Comment))

    @staticmethod
    def _put(said: deque[Said], comment: Comment) -> bool:
        """Put it where the one of its id is, if there is one."""
        for place, one in enumerate(said):
            if isinstance(one, Comment) and one.id == comment.id:
                said[place] = comment
                return True
        return False
