"""Verdicts on attempts that a server has to refuse."""

from __future__ import annotations

from baraka_cli.simulator.hostile.attempts import Attempt, Outcome
from baraka_cli.simulator.hostile.judge import Judge
from baraka_server.contract.refusals import Code


def must_be_refused(judge: Judge, attempt: Attempt, *, done: str, unsaid: str) -> None:
    """`done` is what it means to the house that it was done, `unsaid` that nobody said it was not."""
    silent = attempt.outcome in {Outcome.SILENT, Outcome.CUT_OFF}
    judge.expect(attempt.outcome is not Outcome.DONE, done, attempt.evidence)
    judge.expect(not silent, unsaid, attempt.evidence)
    judge.expect(
        attempt.reply.code != Code.FAULT,
        "the server failed inside at something that it should have refused",
        attempt.evidence,
    )
