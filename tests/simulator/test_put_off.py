"""Share of commands that a server may put off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from baraka_cli.client.replies import LOST, Reply
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.put_off import PutOff
from baraka_cli.simulator.result import Finding, Promise
from baraka_server.contract.refusals import Code, Refusal


def refused(code: Code, **values: Any) -> Reply:
    message = Refusal(code, "placeBid", values).message
    return Reply(False, {"ok": False, "code": code, "message": message})


DONE, LOW = Reply(True), refused(Code.BID_TOO_LOW, current=9)
BUSY, TOO_FAST = refused(Code.BUSY), refused(Code.TOO_FAST)
WORDS_ALONE = Reply(False, {"message": BUSY.message})
"""Of a server that gives no codes."""


def found(answers: Mapping[str, list[Reply]]) -> Finding:
    findings = Findings(lambda: 0.0)
    put_off = PutOff(findings)
    for event, replies in answers.items():
        for reply in replies:
            put_off.answered(event, reply)
    put_off.finish()
    return findings[Promise.COMMANDS_ARE_DECIDED]


@pytest.mark.parametrize(
    "replies",
    [
        [BUSY] * 20,
        [WORDS_ALONE] * 20,
        [TOO_FAST] * 39 + [DONE],
        [BUSY] * 21 + [DONE] * 10 + [LOW] * 10,
        [BUSY] * 20 + [refused(Code.MALFORMED, reason="amount")] * 50,
    ],
)
def test_a_server_that_decides_next_to_nothing_is_found(replies):
    broken = found({"placeBid": replies, "joinAuction": [DONE] * 100})
    assert broken.broken == 1
    assert broken.first[0].what.startswith("placeBid: of ")


@pytest.mark.parametrize(
    "replies",
    [
        [BUSY] * 19,
        [TOO_FAST] * 90 + [DONE] * 5 + [LOW] * 5,
        [BUSY] * 20 + [DONE] * 20,
        [LOST] * 100,
    ],
)
def test_a_limit_or_a_moment_of_trouble_is_none(replies):
    assert not found({"placeBid": replies}).broken
