"""`Registrations`: judges that nobody bids who is not registered, or above the own limit (D48)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.cores import Core
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.later import Later
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.truth import Moment
from baraka_cli.simulator.result import Promise
from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.registration import RegisterBidder
from baraka_server.contract.server_events import NewBid

APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class _Registered:
    """What was set behind a number."""

    seq: int
    approved: bool
    limit: int | None


class Registrations:
    """By what was answered to us. `by_others`: somebody else hosts, and sets what nobody tells us."""

    def __init__(self, findings: Findings, awake: Callable[[], float]) -> None:
        self.by_others = False
        self._findings = findings
        self.later = Later(awake)
        self._rules: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
        """From which numbers on an auction asks for approval, or does not any more."""
        self._set: defaultdict[tuple[int, int], list[_Registered]] = defaultdict(list)
        self._open: Counter[int] = Counter()
        """Commands of each auction that are not answered, or whose answer was lost."""

    def asks(self, asked: SentCommand) -> None:
        if asked.event in {SetHouseRules.wire_name, RegisterBidder.wire_name}:
            self._open[asked.auction_id] += 1

    def answered(self, asked: SentCommand, answer: Reply) -> None:
        if asked.event not in {SetHouseRules.wire_name, RegisterBidder.wire_name}:
            return
        if answer.ok is None:
            return
        payload, seq, auction_id = asked.payload, answer.data.get("seq"), asked.auction_id
        self._open[auction_id] -= 1
        if not answer.ok or not isinstance(seq, int):
            return
        if asked.event == RegisterBidder.wire_name:
            one = _Registered(seq, payload["approved"], payload.get("limit"))
            self._set[auction_id, payload["userId"]].append(one)
        elif "registration" in payload:
            self._rules[auction_id].append((seq, payload["registration"] == APPROVAL))

    def follow(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """Called for each announcement, in order. A bid from the floor may be of somebody without a number."""
        self.later.judge()
        row = before.data.get("newBid")
        floor = isinstance(row, Mapping) and bool(row.get("floor"))
        if core[0] == NewBid.wire_name and len(core) > 3 and not (self.by_others or floor):
            self.later.add(partial(self._look_at_bid, auction_id, seq, core))

    def _look_at_bid(self, auction_id: int, seq: int, core: Core) -> None:
        if not self._rules[auction_id] or self._open[auction_id]:
            return
        _, _, user_id, amount = core
        where = f"auction {auction_id}, number {seq}: {said(core)}"
        one = self._behind(auction_id, user_id, seq - 1)
        self._findings.expect(
            Promise.MODERATION_HOLDS,
            not self._asks_for_approval(auction_id, seq - 1) or (one is not None and one.approved),
            f"{where}, who is not registered",
        )
        limit = one.limit if one is not None else None
        self._findings.expect(
            Promise.MODERATION_HOLDS,
            limit is None or amount <= limit,
            f"{where}, whose limit is {limit}",
        )

    def _asks_for_approval(self, auction_id: int, seq: int) -> bool:
        so = [on for at, on in self._rules[auction_id] if at <= seq]
        return bool(so) and so[-1]

    def _behind(self, auction_id: int, user_id: int, seq: int) -> _Registered | None:
        before = [one for one in self._set[auction_id, user_id] if one.seq <= seq]
        return before[-1] if before else None

    # --- refusals

    def _numbers(self, auction_id: int, user_id: int, since: int, until: int) -> list[int]:
        """Behind which of these numbers another thing was so."""
        changes = [at for at, _ in self._rules[auction_id]]
        changes += [one.seq for one in self._set[auction_id, user_id]]
        return [since, *(at for at in changes if since < at <= until)]

    def is_known(self, auction_id: int) -> bool:
        return not (self.by_others or self._open[auction_id])

    def may_be_unregistered(self, auction_id: int, user_id: int, since: int, until: int) -> bool:
        for seq in self._numbers(auction_id, user_id, since, until):
            one = self._behind(auction_id, user_id, seq)
            if self._asks_for_approval(auction_id, seq) and not (one and one.approved):
                return True
        return not self.is_known(auction_id)

    def may_have_limit(
        self, auction_id: int, user_id: int, amount: object, since: int, until: int
    ) -> bool:
        for seq in self._numbers(auction_id, user_id, since, until):
            one = self._behind(auction_id, user_id, seq)
            if one and one.limit is not None and isinstance(amount, int) and amount > one.limit:
                return True
        return not self.is_known(auction_id)
