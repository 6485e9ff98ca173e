"""The preset `hostile`: a right server passes every probe, and each fault is named by its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from baraka_cli.simulator.hostile.cast import cast_of
from baraka_cli.simulator.hostile.run import Setup, probe
from baraka_cli.simulator.hostile.table import PROBES
from baraka_cli.simulator.result import Result
from baraka_server.domain.rules import block, prices
from baraka_server.live import batch, transaction
from baraka_server.wire.identity import mint
from tests.support.servers.baraka import SECRET
from tests.support.servers.broken_server import broken_server
from tests.support.servers.guide_server import AUCTIONS, GuideServer, Wrong

OTHERS = range(2, 61)
NUMBERED_ALONE = {"late-award", "repeated-request"}
"""Probes of what the guide does not have."""

NAMED: dict[Wrong, tuple[str, str]] = {
    Wrong.SELLS_TWICE: ("second-award", "one lot was sold twice"),
    Wrong.CANCELS_TWICE: ("second-cancel", "a sale was canceled twice"),
    Wrong.ENDS_TWICE: ("second-end", "a sale was ended twice"),
    Wrong.RESTARTS_ENDED: ("start-after-end", "a sale that was ended can go on"),
    Wrong.RESTARTS_CANCELED: ("start-after-cancel", "a sale that was canceled can go on"),
    Wrong.START_CLEARS: (
        "second-start",
        "starting a sale again throws away what is on the block",
    ),
    Wrong.OWNER_BIDS: ("owner-bid", "owners can bid their own lots up"),
    Wrong.EARLY_BIDS: (
        "early-bid",
        "nobody is told that a bid before the sale does not count",
    ),
    Wrong.UNJOINED_BIDS: (
        "unjoined-bid",
        "a bid was accepted from somebody who never entered the sale",
    ),
    Wrong.LATE_BIDS: ("late-bid", "a bid was accepted after the sale ended"),
    Wrong.LOW_BIDS: ("low-bid", "a lot can go below its minimum"),
    Wrong.EQUAL_BIDS: ("low-bid", "a bid equal to the last one was accepted"),
    Wrong.LOWER_BIDS: ("low-bid", "a bid lower than the last one was accepted"),
    Wrong.BIDS_ON_NOTHING: ("past-round", "a bid was accepted with nothing on the block"),
    Wrong.OTHER_NAMES: ("other-name", "anybody can bid in somebody else's name"),
    Wrong.UNKNOWN_USERS: ("unknown-user", "a bid was accepted of a user who does not exist"),
    Wrong.EXPIRED: ("expired-token", "an expired token lets somebody in"),
    Wrong.FORGED: ("forged-token", "anybody can make a token that lets in as anybody"),
    Wrong.UNSIGNED: (
        "unsigned-token",
        "anybody gets in as anybody with a token that nobody signed",
    ),
    Wrong.ENDLESS: ("claimless-token", "a token without an end lets somebody in for ever"),
    Wrong.NAMELESS: ("claimless-token", "a token that names nobody lets somebody in"),
    Wrong.NO_TOKEN: ("no-token", "anybody gets in without a token"),
    Wrong.WORDLESS: (
        "no-token",
        "apps are not told why they are sent away, and try again for ever",
    ),
    Wrong.STAYS_OPEN: ("forged-token", "who comes with a forged token may stay connected"),
    Wrong.SERVES_REFUSED: ("after-refusal", "who was refused can act all the same"),
    Wrong.COUNTS_GHOSTS: ("vanishing", "who is gone is counted on"),
    Wrong.TAKES_MALFORMED: (
        "malformed",
        "placeBid is taken for good with a payload that means nothing",
    ),
    Wrong.THROWS_OUT: ("malformed", "one malformed message throws somebody out of the sale"),
    Wrong.SAYS_NOTHING: ("malformed", "an app that makes a mistake is never told so"),
    Wrong.SHOWS_INSIDES: ("malformed", "strangers are shown the inside of the server"),
    Wrong.ANYBODY_STARTS: ("foreign-start", "anybody can start another owner's auction"),
    Wrong.ANYBODY_SELLS: ("other-owner", "anybody can sell in another owner's auction"),
    Wrong.ANYBODY_ENDS: ("other-owner", "anybody can end another owner's auction"),
}
"""Which probe finds what, and what it says that it means to the house."""


async def probed(url: str, *names: str, patience_seconds: float = 5) -> Result:
    return await probe(
        Setup(
            url=url,
            cast=cast_of(AUCTIONS, 1, list(OTHERS), None),
            mint=lambda user_id: mint(SECRET, user_id, timedelta(hours=1), {}),
            secret=SECRET,
            probes=names or tuple(PROBES),
            patience_seconds=patience_seconds,
        )
    )


async def test_a_right_server_of_the_guide_passes_every_probe():
    async with GuideServer() as server:
        result = await probed(server.url)
    assert (result.could_not, result.server) == ("", "the guide alone")
    for one in result.probes:
        assert one.faults == [], one.name
        assert bool(one.checked) == (one.name not in NUMBERED_ALONE), one.name
        assert bool(one.unchecked) == (one.name in NUMBERED_ALONE), one.name
    assert not any(one.live for one in server.auctions.values())


@pytest.mark.parametrize("wrong", Wrong, ids=lambda wrong: wrong.name)
async def test_a_fault_is_named_by_what_it_means_to_the_house(wrong):
    name, means = NAMED[wrong]
    async with GuideServer(wrong) as server:
        # What never comes is not waited for as long as on a server that may only be slow.
        result = await probed(server.url, name, patience_seconds=0.5)
    (found,) = result.probes
    said = [fault.what for fault in found.faults]
    assert means in said, (said, found.unchecked)
    assert len(set(said)) == len(said)
    assert all(fault.message for fault in found.faults)
    assert not result.kept


HIDDEN = {
    *(Wrong.WORDLESS, Wrong.STAYS_OPEN),  # nobody is sent away
    *(Wrong.TAKES_MALFORMED, Wrong.SAYS_NOTHING, Wrong.SHOWS_INSIDES),  # for they hang up
}
"""What cannot be seen on a server that does everything else wrong, too."""


async def test_a_server_that_does_everything_wrong_is_told_all_of_it_once():
    async with GuideServer(*(set(Wrong) - HIDDEN)) as server:
        result = await probed(server.url, patience_seconds=0.5)
    said = [(one.name, fault.what) for one in result.probes for fault in one.faults]
    assert len(set(said)) == len(said)
    assert {NAMED[wrong] for wrong in set(Wrong) - HIDDEN} <= set(said)
    assert not result.could_not
    assert {one.name for one in result.probes if one.unchecked} == NUMBERED_ALONE


NUMBERED: dict[str, tuple[str, str, AbstractContextManager[Any]]] = {
    "an award is for whatever is up": (
        "late-award",
        "an award that came twice sold the next lot",
        patch.object(block, "means_the_open_lot", lambda *_: True),
    ),
    "rounds are not looked at": (
        "past-round",
        "a bid for one lot was counted for the next",
        patch.object(prices, "is_for_another_round", lambda *_: False),
    ),
    "requests are not remembered": (
        "repeated-request",
        "who sends a bid again whose answer was lost is told something else than the first time",
        patch.object(transaction, "request_key", lambda *_: None),
    ),
    "what a request asked for is not looked at": (
        "repeated-request",
        "one request can ask for two things",
        patch.object(batch, "fingerprint", lambda *_, **__: "the same"),
    ),
}
"""Faults that only a server with rounds and requests can have."""


@pytest.mark.parametrize("fault", NUMBERED)
async def test_faults_of_what_the_guide_does_not_have_are_named(database: Path, fault):
    name, means, broken = NUMBERED[fault]
    async with broken_server(database) as server:
        with broken:
            result = await probed(server.url, name)
    (found,) = result.probes
    assert means in [one.what for one in found.faults], (found.faults, found.unchecked)
