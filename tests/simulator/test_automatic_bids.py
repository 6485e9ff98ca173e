"""Bids that maximum bids make, by the table of docs/auction-house.md: the checks work them out by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.checks.automatic_bids import Maximum, answers
from baraka_server.domain.automatic_bids import Maximum as TheirMaximum
from baraka_server.domain.automatic_bids import Offer, Terms
from baraka_server.domain.automatic_bids import answers as their_answers

A, B, C, D = range(2, 6)


def maxima(**amounts: int) -> list[Maximum]:
    users = {"a": A, "b": B, "c": C}
    return [Maximum(users[name], amount, at) for at, (name, amount) in enumerate(amounts.items())]


@pytest.mark.parametrize(
    ("standing", "stand", "bids"),
    [
        (None, maxima(a=500), [(A, 100)]),
        ((B, 200), maxima(a=500), [(A, 201)]),
        ((B, 600), maxima(a=500), []),
        ((A, 210), maxima(a=500, b=500), [(A, 500)]),
        ((A, 210), maxima(a=500, b=495), [(B, 495), (A, 496)]),
        ((A, 210), maxima(a=500, b=800), [(A, 500), (B, 501)]),
        ((A, 300), maxima(a=500), []),
        ((D, 520), maxima(b=800, a=500, c=700), [(C, 700), (B, 701)]),
        (None, maxima(a=99), []),
        (None, [], []),
    ],
)
def test_the_rows_of_the_table(standing, stand, bids):
    stands = None if standing is None else (1, *standing)
    assert answers(stands, stand, 100) == bids


@given(
    st.none() | st.tuples(st.integers(2, 6), st.integers(1, 12)),
    st.dictionaries(st.integers(2, 6), st.integers(1, 12)),
    st.integers(0, 12),
)
def test_they_come_to_what_the_server_comes_to(standing, amounts, minimum):
    theirs = their_answers(
        None if standing is None else Offer(*standing),
        [TheirMaximum(user, amount, at) for at, (user, amount) in enumerate(amounts.items())],
        Terms(max(minimum, 1), lambda amount: amount + 1),
    )
    ours = answers(
        None if standing is None else (1, *standing),
        [Maximum(user, amount, at) for at, (user, amount) in enumerate(amounts.items())],
        minimum,
    )
    assert ours == [(offer.user_id, offer.amount) for offer in theirs]
