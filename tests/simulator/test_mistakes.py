"""Mistakes of the simulated host: a lot is opened again although its award was made on another server."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.crowd import mistakes
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.sale import SaleStopped

NOT_YET = Reply(False, {"code": "nothing_to_reopen", "message": "No lot was awarded"})


class Answering(Desk):
    """A desk that is answered with these, one after the other, and then with the last one."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)

    async def ask(self, event: str, fields: dict[str, Any]) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(mistakes, "HEARING_SECONDS", 0)


def host(*replies: Reply) -> mistakes.Mistakes:
    truth: Any = None
    return mistakes.Mistakes(truth, Answering(*replies), 1.0, Random(1))


async def test_a_host_who_has_not_heard_of_the_award_asks_again():
    assert await host(NOT_YET, NOT_YET, Reply(True)).reopen()


async def test_a_server_that_never_hears_of_it_ends_the_sale():
    with pytest.raises(SaleStopped, match="reopenLot"):
        await host(NOT_YET).reopen()
