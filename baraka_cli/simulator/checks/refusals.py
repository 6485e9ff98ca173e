"""Checks refusals: documented texts, right reasons, and told to the sender alone (D20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import TOKEN_REFUSALS, Reply
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.refusal_texts import fits, is_documented, quoted
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import TEXTS, Code

NOT_ITS_FAULT = frozenset({Code.TOO_FAST, Code.BUSY, Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN})
"""Refusals that say nothing about the command: it may be tried again."""


class Refusals:
    """Judge of refusals: of their texts, and of who hears them."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def look(
        self,
        auction_id: int,
        event: str,
        payload: Mapping[str, Any],
        answer: Reply,
        *,
        malformed: bool,
    ) -> None:
        code = answer.code
        if not is_documented(event, code, answer.message):
            what = f"{event} was refused in words that are not documented: {answer.message}"
            self._findings.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.data))
            return
        if malformed != (code == Code.MALFORMED) and code and code not in NOT_ITS_FAULT:
            what = f"{event} with {dict(payload)} was refused as '{answer.message}'"
            self._findings.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.data))
            return
        if code == Code.TOO_FAST and not isinstance(answer.data.get("retryAfterMs"), int):
            what = "'too fast' without retryAfterMs"
            self._findings.broken(Promise.REFUSALS_ARE_RIGHT, what, dict(answer.data))
            return
        self._findings.looked(Promise.REFUSALS_ARE_RIGHT)
        self._look_at_amount(payload, answer)

    def _look_at_amount(self, payload: Mapping[str, Any], answer: Reply) -> None:
        """A bid that is refused for an amount must be in the way of it."""
        amount, named = payload.get("amount"), quoted(answer.message)
        if not isinstance(amount, int) or named is None:
            return
        too_low = fits(TEXTS[Code.BID_TOO_LOW], answer.message) is not None
        self._findings.expect(
            Promise.REFUSALS_ARE_RIGHT,
            amount <= named if too_low else amount < named,
            f"a bid of {amount} was refused with '{answer.message}'",
            dict(answer.data),
        )

    def due(self, seat: Seat, answer: Reply) -> None:
        """The phone has an answer to a command, or will not get one: `error` is due, or may be."""
        if answer.ok is False:
            seat.refused += 1
        elif answer.ok is None:
            seat.unanswered += 1

    def heard(self, seat: Seat, frame: Frame) -> None:
        """`error`, which is its own or somebody else's."""
        message, code = frame.data.get("message"), frame.data.get("code")
        if message in TOKEN_REFUSALS:
            return
        seat.errors += 1
        event = str(frame.data.get("event", ""))
        if not is_documented(event, str(code or ""), str(message)):
            what = f"'error' has words that are not documented: {message}"
            self._findings.broken(Promise.REFUSALS_ARE_RIGHT, what, frame.text)
        due = seat.asking or seat.errors <= seat.refused + seat.unanswered
        self._findings.expect(
            Promise.ROOMS_ARE_CLOSED,
            bool(due) or code in NOT_ITS_FAULT,
            f"{seat.label} asked nothing and heard what somebody else was refused",
            frame.text,
        )

    def finish_seat(self, seat: Seat) -> None:
        """Expect one `error` for each refusal of this seat, and no more."""
        most = seat.refused + seat.unanswered + seat.asking
        self._findings.expect(
            Promise.ROOMS_ARE_CLOSED,
            seat.errors <= most,
            f"{seat.label} was refused {seat.refused} times and heard {seat.errors} errors: "
            "some were somebody else's",
        )
        self._findings.expect(
            Promise.REFUSALS_ARE_RIGHT,
            seat.errors >= seat.refused,
            f"{seat.label} was refused {seat.refused} times and heard {seat.errors} errors",
        )
