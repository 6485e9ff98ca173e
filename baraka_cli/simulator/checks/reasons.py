"""`Reasons`: judges every refusal by what was known to be so while it was under way.

The server decided at some moment between the sending of a command and the coming of its answer. What was
announced before the command was sent was so by then. What is announced after the answer may have been so
already, but for what was itself asked for only after the answer had come. The reason of a refusal must
hold somewhere between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.cases import Case
from baraka_cli.simulator.checks.clocks import Clocks
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.holds import HOLDS
from baraka_cli.simulator.checks.later import Later
from baraka_cli.simulator.checks.people import People
from baraka_cli.simulator.checks.refusal_texts import codes_of, quoted
from baraka_cli.simulator.checks.registrations import Registrations
from baraka_cli.simulator.checks.sent_command import SentCommand
from baraka_cli.simulator.checks.spans import Spans
from baraka_cli.simulator.checks.times import Times
from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import JoinAuction, LeaveAuction

CHANGES_NOTHING = frozenset({JoinAuction.wire_name, LeaveAuction.wire_name})
"""Commands that make no entry in an auction's sequence."""


class Reasons:
    """`clock` gives seconds since the run began, `awake` those in which the crowd could read."""

    def __init__(
        self,
        findings: Findings,
        announcements: Announcements,
        clock: Callable[[], float],
        awake: Callable[[], float],
        times: Times,
        clocks: Clocks,
        spans: Spans,
        people: People,
        registrations: Registrations,
    ) -> None:
        self._findings = findings
        self._announcements = announcements
        self._clock = clock
        self._awake = awake
        self.later = Later(awake)
        self._times = times
        self._clocks, self._spans, self._people = clocks, spans, people
        self._registrations = registrations

    def refused(self, asked: SentCommand, said: Mapping[str, Any]) -> None:
        """Judge it as soon as everything is announced that may have been so by then."""
        self.later.judge()
        self.later.add(partial(self._judge, self._clock(), self._awake(), asked, said))

    def done(self, asked: SentCommand, said: Mapping[str, Any]) -> None:
        """Note when it was asked for: it was not so before.

        What a joiner is told is the number of a state, which was so before anybody asked.
        """
        seq = said.get("seq")
        if isinstance(seq, int) and asked.event not in CHANGES_NOTHING:
            self._times.sent.setdefault((asked.auction_id, seq), asked.at)

    def _judge(self, at: float, awake: float, asked: SentCommand, said: Mapping[str, Any]) -> None:
        """`at` and `awake` are when it was answered, by both clocks."""
        truth = self._announcements.truth(asked.auction_id)
        since, known = asked.since, truth.known
        if since is None or known is None or since < truth.begins:
            return
        message = str(said.get("message", ""))
        codes = list(codes_of(asked.event, str(said.get("code", "")), message))
        if not codes or any(code not in HOLDS for code in codes):
            return
        until = self._until(asked.auction_id, range(since + 1, known + 1), at)
        case = Case(
            asked,
            truth,
            since,
            until,
            at,
            quoted(message),
            user_exists=self._announcements.records.knows(asked.user_id),
            asleep=(at - asked.at) - (awake - asked.awake),
            clocks=self._clocks,
            spans=self._spans,
            people=self._people,
            registrations=self._registrations,
        )
        right = any(HOLDS[code](case) for code in codes)
        self._findings.expect(
            Promise.REFUSALS_ARE_RIGHT,
            right,
            f"auction {asked.auction_id}: {asked.event} of {asked.who} was refused as '{message}', "
            f"and from number {since} to {until} that was never so",
            {"asked": dict(asked.payload), "answered": dict(said)},
            at=at,
        )

    def _until(self, auction_id: int, numbers: range, at: float) -> int:
        """The last of these that may have been so when the answer came, `at`."""
        for seq in numbers:
            if self._times.sent.get((auction_id, seq), at) > at:
                return seq - 1
        return numbers.stop - 1
