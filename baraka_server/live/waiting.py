"""What waits for an auction, and in which order it is served.

Bids, comments and a host's commands go ahead of those who come, go and read: a crowd that joins keeps
nobody from bidding. Whatever one viewer asks for keeps its order.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass

from baraka_server.contract.client_events import ClientEvent, JoinAuction, LeaveAuction
from baraka_server.domain.decide import Command, Seen
from baraka_server.live.audience import Viewer
from baraka_server.live.batch import Outcome

BATCH_MAX = 256
COMING_AND_GOING_MAX = 16
"""How many who come or go are served before it is looked whether somebody bids."""

MEMBERSHIP = (JoinAuction, LeaveAuction)


@dataclass(eq=False, slots=True)
class Waiting:
    """Something to do for the auction, and who waits for its outcome. No event: look for news."""

    viewer: Viewer | None
    event: ClientEvent | None
    done: asyncio.Future[Outcome]
    heard_seq: int | None
    """What this node had told the room when it came in; None where there was nobody to hear it."""
    refusals: int
    """How many refusals that the ledger keeps were answered here before it came in."""
    seen: Seen | None = None
    acknowledged: bool = True
    """Whether the outcome is sent to the viewer; a joiner who hears none is told the state apart."""

    @property
    def command(self) -> Command | None:
        if self.viewer is None or self.event is None or isinstance(self.event, MEMBERSHIP):
            return None
        return Command(self.event, self.viewer.user_id, heard_seq=self.heard_seq, seen=self.seen)

    def answer(self, outcome: Outcome) -> None:
        if not self.done.done():  # whoever asked may have given up waiting
            self.done.set_result(outcome)


class Queue:
    """Two lines: one that goes ahead, and those who come and go, with all that they ask behind that."""

    def __init__(self) -> None:
        self._ahead: deque[Waiting] = deque()
        self._behind: deque[Waiting] = deque()
        self._held: Counter[Viewer] = Counter()  # who waits in the second line, and how often

    def __bool__(self) -> bool:
        return bool(self._ahead or self._behind)

    def is_full(self, viewer: Viewer | None, event: ClientEvent, asks_max: int) -> bool:
        """Whether so many wait already in the line in which it would wait."""
        return len(self._line(viewer, event)) >= asks_max

    def put(self, waiting: Waiting) -> None:
        line = self._line(waiting.viewer, waiting.event)
        line.append(waiting)
        if line is self._behind and waiting.viewer is not None:
            self._held[waiting.viewer] += 1

    def take_ahead(self) -> list[Waiting]:
        return [self._ahead.popleft() for _ in range(min(BATCH_MAX, len(self._ahead)))]

    def take_behind(self) -> list[Waiting]:
        """Some who come and go, or some commands behind them: what they are decided on is not the same."""
        batch: list[Waiting] = []
        while self._behind and len(batch) < COMING_AND_GOING_MAX:
            if batch and (batch[0].command is None) != (self._behind[0].command is None):
                break
            batch.append(self._behind.popleft())
        self._held -= Counter(waiting.viewer for waiting in batch if waiting.viewer)
        return batch

    def _line(self, viewer: Viewer | None, event: ClientEvent | None) -> deque[Waiting]:
        is_behind = isinstance(event, MEMBERSHIP) or (viewer is not None and viewer in self._held)
        return self._behind if is_behind else self._ahead
