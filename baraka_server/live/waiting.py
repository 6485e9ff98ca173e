"""Queue of one auction: commands, joins, leaves and looks, and the order in which they are served.

Bids, comments and a host's commands go ahead of joins and leaves: a crowd that joins keeps nobody from
bidding. The events of one viewer keep their order.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass

from baraka_server.contract.client_events import ClientEvent, JoinAuction, LeaveAuction
from baraka_server.domain.decision import Command, Seen
from baraka_server.live.audience import Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.relay import RelayedEntries

BATCH_MAX = 256
JOINS_PER_BATCH_MAX = 16
"""How many joins and leaves are served before commands have their turn again."""

MEMBERSHIP = (JoinAuction, LeaveAuction)


@dataclass(eq=False, slots=True)
class Waiting:
    """A queued event of a viewer, and the future of its outcome. Without an event it is a look."""

    viewer: Viewer | None
    event: ClientEvent | None
    done: asyncio.Future[Outcome]
    heard_seq: int | None
    """The last entry that the room had heard when it arrived; None where nobody was in the room."""
    refusals: int
    """The number of refusals in the ledger that were answered here before it arrived."""
    seen: Seen | None = None
    acknowledged: bool = True
    """Whether the outcome is sent to the viewer; if not, a joiner is sent the state as an event."""
    read_at: float | None = None
    """When this node read it, by the clock that auctions' clocks are counted with (D44)."""
    given: Command | None = None
    """The command of a viewer of another node, which gave it here to be written."""
    last_seq: int = 0
    """The last entry that it wrote, 0 for none; set with its outcome."""
    news: RelayedEntries | None = None
    """What was written in the transaction of its outcome."""

    @property
    def outcome(self) -> Outcome | None:
        """The answer; None before it, and where its sender gave up waiting."""
        return self.done.result() if self.done.done() and not self.done.cancelled() else None

    @property
    def is_own_command(self) -> bool:
        """Whether it is a command of a viewer of this node."""
        return not (self.viewer is None or self.event is None or isinstance(self.event, MEMBERSHIP))

    @property
    def command(self) -> Command | None:
        if self.given is not None:
            return self.given
        if self.viewer is None or self.event is None or isinstance(self.event, MEMBERSHIP):
            return None
        return Command(
            self.event,
            self.viewer.user_id,
            heard_seq=self.heard_seq,
            seen=self.seen,
            read_at=self.read_at,
        )

    @property
    def needs_rows(self) -> bool:
        return self.event is not None and self.event.needs_rows

    def answer(self, outcome: Outcome) -> None:
        if not self.done.done():  # its sender may have given up waiting
            self.done.set_result(outcome)


class Queue:
    """Two queues: commands and looks go ahead of joins and leaves, and of what their viewers send next."""

    def __init__(self) -> None:
        self._ahead: deque[Waiting] = deque()
        self._behind: deque[Waiting] = deque()
        self._behind_by_viewer: Counter[Viewer] = Counter()

    def __bool__(self) -> bool:
        return bool(self._ahead or self._behind)

    def __len__(self) -> int:
        return len(self._ahead) + len(self._behind)

    def is_full(self, viewer: Viewer | None, event: ClientEvent, waiting_max: int) -> bool:
        """Whether `waiting_max` wait already in the queue in which this event would wait."""
        return len(self._queue_of(viewer, event)) >= waiting_max

    def holds_from_before(self, moment: float) -> bool:
        """Whether a command waits that was read before a moment, by the clock of `read_at`."""
        return any(
            waiting.command is not None and (waiting.read_at or moment) < moment
            for queue in (self._ahead, self._behind)
            for waiting in queue
        )

    def has_room_for(self, events: tuple[type[ClientEvent], ...]) -> bool:
        """Whether commands wait, all of these kinds, and more of them go with them in one batch."""
        commands = [one.command.event for one in self._ahead if one.command]
        return 0 < len(commands) < BATCH_MAX and all(isinstance(one, events) for one in commands)

    def put(self, waiting: Waiting) -> None:
        queue = self._queue_of(waiting.viewer, waiting.event)
        queue.append(waiting)
        if queue is self._behind and waiting.viewer is not None:
            self._behind_by_viewer[waiting.viewer] += 1

    def take_ahead(self) -> list[Waiting]:
        """Take commands and looks, up to the next that needs the rows of those before it."""
        batch: list[Waiting] = []
        while self._ahead and len(batch) < BATCH_MAX:
            if batch and self._ahead[0].needs_rows:
                break
            batch.append(self._ahead.popleft())
        return batch

    def take_behind(self) -> list[Waiting]:
        """Take joins and leaves, or commands that were sent after them; never both in one batch."""
        batch: list[Waiting] = []
        while self._behind and len(batch) < JOINS_PER_BATCH_MAX:
            first = self._behind[0]
            if batch and (
                first.needs_rows or (batch[0].command is None) != (first.command is None)
            ):
                break
            batch.append(self._behind.popleft())
        self._behind_by_viewer -= Counter(waiting.viewer for waiting in batch if waiting.viewer)
        return batch

    def _queue_of(self, viewer: Viewer | None, event: ClientEvent | None) -> deque[Waiting]:
        is_behind = isinstance(event, MEMBERSHIP) or (
            viewer is not None and viewer in self._behind_by_viewer
        )
        return self._behind if is_behind else self._ahead
