"""The owner of each auction among the nodes that can be called, and the links over which it is asked."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from baraka_server.links.listening import Links
from baraka_server.links.pulse import Pulse
from baraka_server.links.reach import Reach
from baraka_server.links.sealed import FRAME_BYTES_MAX, Frames, Hello, Kind, LinkFault
from baraka_server.live.clock_measure import seconds_counted
from baraka_server.live.owners import Answered, Asked, LinkLost
from baraka_server.relay.asks import answer_read, answer_written, ask_read, ask_written
from baraka_server.store.errors import StoreError

log = logging.getLogger(__name__)

PURPOSE = "asks"
SILENT_TICKS_MAX = 6
"""So many ticks without a word from a node, 1.5 s, and it is taken for frozen, or its line for cut."""
IDLE_TICKS_MAX = 240
"""After so many ticks without a question, a minute, a link is closed."""
COMPARED = 20
"""How many answers to pings are kept to compare the clocks of two nodes: the quickest one counts."""
CALL_AGAIN_SECONDS = 1.0
"""The pause before a node that did not answer is called again."""
ANSWER_TICKS_MAX = 240
"""After so many ticks, a minute, an answer is not waited for any more: longer than any transaction takes."""
WORKING_MAX = 1_024
"""How many questions are worked on at once: of further ones nothing is taken."""
TELL_AGAIN_SECONDS, TOLD_MAX = 60, 10_000
"""When it is logged again that an auction is forwarded: after so long a pause. So many are remembered."""

Write = Callable[[Asked], Awaitable[Answered | None]]

_SECONDS = struct.Struct(">d")


def owner_of(auction_id: int, nodes: Iterable[str]) -> str:
    """The owner of an auction among nodes: the same for all who know the same nodes.

    When one comes or goes, no auction changes its owner but those that are its own.
    """
    return max(nodes, key=lambda node: hashlib.sha256(f"{auction_id}:{node}".encode()).digest())


class OwnerLink:
    """A link to one node, over which it is asked. `is_up` once it is open, and until it breaks."""

    def __init__(self, node: str, open_: Callable[[], Awaitable[Frames]]) -> None:
        self.node = node
        self.is_leaving = False
        self.frames: Frames | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answered | None]] = {}
        self._silent_ticks = self._idle_ticks = self._waited_ticks = 0
        self._pinged_at: deque[float] = deque()
        self._clocks: deque[tuple[float, float]] = deque(maxlen=COMPARED)
        self._task = asyncio.create_task(self._serve(open_))

    @property
    def is_over(self) -> bool:
        return self._task.done()

    @property
    def is_up(self) -> bool:
        return bool(self._clocks) and not self.is_over

    def ask(self, asked: Asked) -> asyncio.Future[Answered | None] | None:
        """Ask; None where it is more than a frame takes, or the link is closed just now."""
        number = next(self._numbers)
        body = ask_written(number, asked, self._theirs)
        if len(body) >= FRAME_BYTES_MAX or self.frames is None:
            return None
        try:
            self.frames.send(Kind.ASK, body)
        except LinkFault:
            return None
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        return answer

    def tick(self) -> None:
        """Ping; end the link where nothing was heard for too long, or nothing was asked."""
        if not self.is_up or self.frames is None:
            return  # the handshake has its own end
        self._silent_ticks += 1
        self._idle_ticks = 0 if self._asked else self._idle_ticks + 1
        self._waited_ticks = self._waited_ticks + 1 if self._asked else 0
        if (
            self._silent_ticks > SILENT_TICKS_MAX
            or self._idle_ticks > IDLE_TICKS_MAX
            or self._waited_ticks > ANSWER_TICKS_MAX
        ):
            self.end()
            return
        with suppress(LinkFault):
            self.frames.send(Kind.PING)
            self._pinged_at.append(seconds_counted())

    def end(self) -> None:
        self._task.cancel()

    def _theirs(self, at: float) -> float:
        """A time of this node's clock, by the clock of the other one."""
        return at + min(self._clocks)[1] if self._clocks else at

    async def _serve(self, open_: Callable[[], Awaitable[Frames]]) -> None:
        why = "its node is silent"
        try:
            self.frames = await open_()
            self.frames.send(Kind.PING)
            self._pinged_at.append(seconds_counted())
            while frame := await self.frames.next():
                self._take(*frame)
            why = "its link was closed"
        except (LinkFault, ValueError) as error:
            why = str(error)
        finally:
            if self.frames:
                self.frames.abort()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(LinkLost(f"{self.node} was asked, and {why}"))

    def _take(self, kind: Kind, body: bytes) -> None:
        self._silent_ticks = 0
        match kind:
            case Kind.PONG:
                now, sent = seconds_counted(), self._pinged_at.popleft()
                (theirs,) = _SECONDS.unpack(body)
                self._clocks.append((now - sent, theirs - (now + sent) / 2))
            case Kind.ANSWER:
                number, answered = answer_read(body)
                answer = self._asked.pop(number, None)
                self._waited_ticks = 0
                if answer and not answer.done():
                    answer.set_result(answered)
            case Kind.LEAVING:
                self.is_leaving = True


class NodeOwners:
    """The `Owners` of a node: it asks others, and writes for them.

    `write` decides and writes what another node was asked.
    """

    def __init__(self, links: Links, reach: Reach, write: Write) -> None:
        self._links, self._reach, self._write = links, reach, write
        self.called: dict[str, OwnerLink] = {}
        """The links to nodes that are asked."""
        self._failed_at: dict[str, float] = {}
        self._told: dict[int, tuple[str, float]] = {}
        self.taken: set[Frames] = set()
        """The links of nodes that ask."""
        self.working: set[asyncio.Task[None]] = set()
        """What they asked, while it is decided and written."""
        self._leaving = False
        self.pulse = Pulse(self.tick, self._stood_still)
        links.takes[PURPOSE] = self._serve

    def open(self) -> None:
        self.pulse.open()

    def leave(self) -> None:
        """Take nothing more; what was taken is still answered."""
        self._leaving = True
        for frames in self.taken:
            with suppress(LinkFault):
                frames.send(Kind.LEAVING)

    async def close(self) -> None:
        """Answer what was taken, and end all links."""
        if self.working:
            await asyncio.wait(self.working)
        self.pulse.close()
        for link in self.called.values():
            link.end()

    # --- what this node asks

    def ask(self, asked: Asked) -> Awaitable[Answered | None] | None:
        nodes = [node for node in self._reach.nodes() if self._is_well(node)]
        owner = owner_of(asked.auction_id, [self._links.node, *nodes])
        if owner == self._links.node or self._leaving:
            return None
        link = self.called.get(owner)
        if link is None or link.is_over:
            self._call(owner)
            return None
        answer = link.ask(asked) if link.is_up else None
        if answer:
            self._tell(asked.auction_id, owner)
        return answer

    def _tell(self, auction_id: int, owner: str) -> None:
        """Log that an auction is forwarded, when that begins, or its owner is another one."""
        now = asyncio.get_running_loop().time()
        told, at = self._told.get(auction_id, ("", now))
        if told != owner or now - at > TELL_AGAIN_SECONDS:
            log.info(
                "auction %s: several servers are asked for it, and %s writes for them",
                auction_id,
                owner,
                extra={"event": "forwarding", "auction": auction_id, "node": owner},
            )
        if len(self._told) > TOLD_MAX:
            self._told.clear()
        self._told[auction_id] = owner, now

    def _is_well(self, node: str) -> bool:
        """Whether a node may be asked: one that did not answer is called beside it, now and then."""
        failed_at = self._failed_at.get(node)
        link = self.called.get(node)
        if link and link.is_up:
            self._failed_at.pop(node, None)
            return not link.is_leaving
        if link and link.is_over and failed_at is None:
            failed_at = self._failed_at[node] = asyncio.get_running_loop().time()
        if failed_at is None:
            return True
        now = asyncio.get_running_loop().time()
        if now - failed_at > CALL_AGAIN_SECONDS and (link is None or link.is_over):
            self._failed_at[node] = now
            self._call(node)
        return False

    def _call(self, node: str) -> None:
        if way := self._reach.way_to(node):
            self.called[node] = OwnerLink(node, lambda: self._links.open(PURPOSE, node, way))

    def tick(self) -> None:
        """Look after the links to others, as the pulse does again and again."""
        known = set(self._reach.nodes())
        for node, link in list(self.called.items()):
            link.tick()
            if link.is_over and node not in known:
                del self.called[node]
                self._failed_at.pop(node, None)

    # --- what it is asked

    async def _serve(self, hello: Hello, frames: Frames) -> None:
        if hello.to != self._links.node:
            return
        self.taken.add(frames)
        try:
            while frame := await frames.next():
                if self.pulse.check():
                    return  # this may be old: whoever asked has given up, and settled it elsewhere
                kind, body = frame
                if kind is Kind.PING:
                    frames.send(Kind.PONG, _SECONDS.pack(seconds_counted()))
                elif kind is Kind.ASK:
                    task = asyncio.create_task(self._answer(hello.sender, frames, body))
                    self.working.add(task)
                    task.add_done_callback(self._done)
        finally:
            self.taken.discard(frames)

    async def _answer(self, node: str, frames: Frames, body: bytes) -> None:
        number, asked = ask_read(body, node)
        answered = None
        if not self._leaving and len(self.working) <= WORKING_MAX:
            try:
                answered = await self._write(asked)
            except StoreError:  # before anything was done
                answered = None
        said = answer_written(number, answered)
        if len(said) >= FRAME_BYTES_MAX:
            said = answer_written(number, answered, with_entries=False)
        with suppress(LinkFault):
            frames.send(Kind.ANSWER, said)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.working.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a link's question failed", exc_info=error, extra={"event": "fault"})

    def _stood_still(self) -> None:
        """End the links of others: what they asked meanwhile they have settled elsewhere."""
        for frames in self.taken:
            frames.abort()
