"""`Replaying`: makes the crowd do what the record of a sale says, at its own speed or another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member, Mint, Part, Place, member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.hosting import Hosting
from baraka_cli.simulator.crowd.people import Bid
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.recording import Deed, Recording
from baraka_cli.simulator.result import Replayed
from baraka_server.contract.client_events import AwardLot, ChangeLot, PlaceBid, PostComment
from baraka_server.contract.server_events import LotAwarded

INSIDE_SECONDS_MAX = 10
"""Time for which somebody waits to be in the room again whose connection was cut."""
DIFFERENCES_MAX = 50
"""Differences that are kept in words; all are counted."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Recording, and how many times as fast it is done again."""

    recording: Recording
    speed: float


class Replaying:
    """Replay of one recording. `people` has a phone for everybody who bid or said something.

    The record is the order in which the sale was decided: a deed is not begun before the one ahead of
    it was answered.
    """

    def __init__(self, sale: Sale, mint: Mint, replay: Replay) -> None:
        self._sale = sale
        self._recording, self._speed = replay.recording, replay.speed
        self._played_by = played_by(replay.recording.people, sale.place)
        users = dict.fromkeys(self._played_by.values())
        # As apps that know rounds: at another speed a bid comes sooner behind its lot (D31).
        self.people = [
            member(sale.pool, mint, Part.BIDDER, n, user, sale.place.auction_id, lists=False)
            for n, user in enumerate(users, 1)
        ]
        self._by_user = {one.phone.user_id: one for one in self.people}
        self._done = 0
        self._different: list[str] = []

    async def play(
        self, hosting: Hosting, bidding: Bidding, visits: Visits, errands: Errands
    ) -> None:
        """Do all of it, and close the bidding."""
        for one in self.people:
            self._sale.proof.answers.sends_bid(one.phone.user_id)
        began = time.perf_counter()
        self._sale.phase(f"the record is played, {self._speed:g} times as fast")
        for deed in self._recording.deeds:
            due = began + deed.at / self._speed
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                if deed.event in {PlaceBid, PostComment}:
                    await self._by_somebody(deed, due, bidding, visits, errands)
                else:
                    await self._by_the_host(deed, hosting)
            except SaleStopped as refused:
                self._differs(deed, str(refused))
            else:
                self._done += 1
        bidding.close()

    async def _by_the_host(self, deed: Deed, hosting: Hosting) -> None:
        if deed.event is ChangeLot:
            await hosting.put_up(dict(deed.payload))
        elif deed.event is AwardLot:
            await hosting.award(dict(deed.payload))
        else:
            await hosting.do(deed.event.wire_name, dict(deed.payload))

    async def _by_somebody(
        self, deed: Deed, due: float, bidding: Bidding, visits: Visits, errands: Errands
    ) -> None:
        one = self._by_user[self._played_by[deed.user_id or 0]]
        await errands.until(lambda: one.inside, INSIDE_SECONDS_MAX)
        if deed.event is PlaceBid:
            answer = await bidding.bid(one, Bid(deed.payload["amount"]), due)
        else:
            answer = await self._says(one, deed, visits)
        if not answer.ok:
            raise SaleStopped(answer.message or "it was not answered")

    async def _says(self, one: Member, deed: Deed, visits: Visits) -> Reply:
        auction_id = self._sale.place.auction_id
        payload = {"auctionId": auction_id, **deed.payload}
        self._sale.meter.comment_sent()
        answer = await visits.ask(one, PostComment.wire_name, payload)
        self._sale.proof.answers.answered(auction_id, PostComment.wire_name, payload, answer)
        return answer

    def _differs(self, deed: Deed, why: str) -> None:
        self._different.append(f"number {deed.seq}, {deed.told}: {why}")

    # --- what came of it

    def found(self) -> Replayed:
        """Result of the replay beside the record."""
        truth = self._sale.proof.truth(self._sale.place.auction_id)
        differences = [*self._parts(), *self._different, *self._other_awards(truth)]
        return Replayed(
            file=self._recording.file,
            speed=self._speed,
            deeds=len(self._recording.deeds),
            done=self._done,
            different=len(differences),
            differences=differences[:DIFFERENCES_MAX],
        )

    def _parts(self) -> list[str]:
        left_out = [
            f"{times:,} entries were left out: nobody can do '{kind}' again"
            for kind, times in self._recording.left_out.items()
        ]
        others = [
            f"user {user} does what user {recorded} did, who is not here"
            for recorded, user in self._played_by.items()
            if user != recorded
        ]
        return left_out + others

    def _other_awards(self, truth: Truth) -> list[str]:
        """Lots that went to somebody else than in the record, or for another amount."""
        awarded = list(_awarded(truth))
        found = []
        for number, award in enumerate(self._recording.awards):
            expected = self._played_by.get(award.winner or 0), award.amount
            came = awarded[number] if number < len(awarded) else None
            if came is None:
                found.append(f"'{award.product}' was not awarded")
            elif came != expected:
                found.append(f"'{award.product}' went to {_told(*came)}, not to {_told(*expected)}")
        return found


def played_by(recorded: Sequence[int], place: Place) -> Mapping[int, int]:
    """User who plays each user of the record: the same one, or another where there is none."""
    here = [user for user in place.others if user != place.host_id]
    known = set(here)
    spare = [user for user in here if user not in recorded] or here
    parts = {user: user for user in recorded if user in known}
    missing = [user for user in recorded if user not in known]
    return parts | {user: spare[n % len(spare)] for n, user in enumerate(missing)}


def _told(user_id: int | None, amount: int | None) -> str:
    return "nobody" if amount is None else f"user {user_id} for {amount:,}"


def _awarded(truth: Truth) -> Iterator[tuple[int | None, int | None]]:
    """Winner and amount of each award that was announced, in order."""
    for _, core in sorted(truth.cores.items()):
        match core:
            case (LotAwarded.wire_name, None):
                yield None, None
            case (LotAwarded.wire_name, (_, user_id, amount)):
                yield user_id, amount
