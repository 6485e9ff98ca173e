"""Checks refusals: documented texts, right reasons, and told to the sender alone (D20)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import TOKEN_REFUSALS, Reply
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT, Code

NOT_ITS_FAULT = frozenset({Code.TOO_FAST, Code.BUSY, Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN})
"""Refusals that say nothing about the ask: it may be tried again."""


class Refusals:
    """Judge of refusals. `of` counts them by code, or by text where there is no code."""

    def __init__(self, findings: Findings, announcements: Announcements) -> None:
        self.of: Counter[str] = Counter()
        self._findings = findings
        self._announcements = announcements
        self._quoted: list[tuple[int, Code, int, str]] = []
        """Auction, code, the amount that the refusal names, and the amount that was bid."""

    def look(
        self,
        auction_id: int,
        event: str,
        payload: Mapping[str, Any],
        answer: Reply,
        *,
        malformed: bool,
    ) -> None:
        self.of[answer.code or answer.message] += 1
        code = answer.code
        if not _is_documented(event, code, answer.message):
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
        self._keep_quote(auction_id, payload, answer)

    def _keep_quote(self, auction_id: int, payload: Mapping[str, Any], answer: Reply) -> None:
        """The number in a refusal is looked at in the end: its bid may not be announced yet."""
        amount = payload.get("amount")
        if not isinstance(amount, int):
            return
        for code in (Code.BID_TOO_LOW, Code.BID_BELOW_MINIMUM):
            quoted = _fits(TEXTS[code], answer.message)
            if quoted is not None and quoted.isdigit():
                self._quoted.append((auction_id, code, int(quoted), f"{amount}"))
                rightly = (
                    amount <= int(quoted) if code is Code.BID_TOO_LOW else amount < int(quoted)
                )
                self._findings.expect(
                    Promise.REFUSALS_ARE_RIGHT,
                    rightly,
                    f"a bid of {amount} was refused with '{answer.message}'",
                    dict(answer.data),
                )

    def due(self, seat: Seat, answer: Reply) -> None:
        """The phone has an answer to an ask, or will not get one: `error` is due, or may be."""
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
        if not _is_documented(event, str(code or ""), str(message)):
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

    def finish(self) -> None:
        """Every amount that a refusal named must have stood."""
        for auction_id, code, quoted, amount in self._quoted:
            truth = self._announcements.truth(auction_id)
            among = truth.amounts if code is Code.BID_TOO_LOW else truth.minimums
            self._findings.expect(
                Promise.REFUSALS_ARE_RIGHT,
                quoted in among,
                f"auction {auction_id}: a bid of {amount} was refused because of {quoted}, "
                "which never stood",
            )


def _is_documented(event: str, code: str, message: str) -> bool:
    """Whether these are the words for that refusal; without a code, for any."""
    if not code:
        texts = {*TEXTS.values(), *TEXTS_BY_EVENT.values()}
    elif code in set(Code) and code != Code.FAULT:
        texts = {TEXTS_BY_EVENT.get((event, Code(code))) or TEXTS[Code(code)]}
    else:
        return False
    return any(_fits(text, message) is not None for text in texts)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _fits(template: str, text: str) -> str | None:
    """The value in `text`, when it is the template filled in; empty for one without a value."""
    pattern = _PATTERNS.get(template)
    if pattern is None:
        parts = re.split(r"\{\w+\}", template)
        made = re.compile("(.+?)".join(map(re.escape, parts)) + r"\Z", re.DOTALL)
        pattern = _PATTERNS[template] = made
    match = pattern.match(text)
    if match is None:
        return None
    return match.group(1) if match.groups() else ""
