"""`PutOff`: judges how many commands a server put off, instead of deciding them.

To be busy, or to say that somebody sends too fast, is right now and then. A server that answers nothing else
sells nothing. `busy` and `unavailable` are for a moment. `too_fast` is for who sends too much, and a limit
lets some of that through: who obeys it is served every other time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.refusal_texts import codes_of
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import Code

ANSWERS_MIN = 20
"""Of one kind of command: fewer say nothing."""
PUT_OFF_SHARE_MAX = 0.5
"""Of the commands of one kind, those that may be put off for another reason than a rate."""
IN_ALL_SHARE_MAX = 0.95
"""The same for any reason, so that something is decided at all."""


class PutOff:
    """Counts of the answers to each kind of command."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._decided: Counter[str] = Counter()
        self._too_fast: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._first: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def answered(self, event: str, answer: Reply) -> None:
        """Take an answer to a command, of whatever kind. What is malformed needs no deciding."""
        if answer.ok is None:
            return
        codes = set() if answer.ok else set(codes_of(event, answer.code, answer.message))
        if Code.MALFORMED in codes:
            return
        if not codes or not codes <= NOT_ITS_FAULT:
            self._decided[event] += 1
            self._findings.looked(Promise.COMMANDS_ARE_DECIDED)
            return
        counts = self._too_fast if Code.TOO_FAST in codes else self._busy
        counts[event] += 1
        self._first.setdefault(event, (self._findings.now(), answer.data))

    def finish(self) -> None:
        for event, (at, said) in self._first.items():
            decided, busy = self._decided[event], self._busy[event]
            put_off = busy + self._too_fast[event]
            answers = decided + put_off
            if answers < ANSWERS_MIN:
                continue
            too_many = busy > answers * PUT_OFF_SHARE_MAX or put_off > answers * IN_ALL_SHARE_MAX
            self._findings.expect(
                Promise.COMMANDS_ARE_DECIDED,
                not too_many,
                f"{event}: of {answers:,} answers, {put_off:,} put it off ('{said.get('message', '')}')",
                dict(said),
                at=at,
            )
        self._first.clear()
