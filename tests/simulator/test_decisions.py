"""The same seed makes the same crowd and the same decisions; what cannot be used names its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baraka_cli.client.frames import Frames
from baraka_cli.client.sockets import SocketPool
from baraka_cli.simulator.crowd.cast import Place, cast
from baraka_cli.simulator.crowd.people import Bidder, Temper, View
from baraka_cli.simulator.crowd.tokens import BadTokens, read_tokens
from baraka_cli.simulator.processes.workers import Workers
from baraka_cli.simulator.scenario import BadScenario, Scenario, made_up_lots, scenario
from baraka_server.wire.identity import mint
from tests.support.servers.baraka import SECRET

MANY = Scenario(viewers=200, bidders=20, commenters=10, passers_by=9, slow_share=0.2)
VIEWS = [
    View(100, 400, top, mine, elapsed / 10)
    for top in (None, 100, 150, 390)
    for mine in (False, True)
    for elapsed in range(11)
]


def crowd_of(seed):
    pool = SocketPool("http://127.0.0.1", Frames(lambda _: None), None)
    place = Place(1, 2, 1, range(2, 61))
    planned = MANY.model_copy(update={"seed": seed})
    return [
        (one.seat.label, one.slow, type(one.phone), one.phone.auth, one.auction_id)
        for one in cast(planned, place, pool, lambda user_id: f"token of {user_id}", Workers())
    ]


def decisions(temper, seed):
    bidder = Bidder(7, temper, seed)
    bidder.sees_lot(400)
    return [bidder.decide(view) for view in VIEWS]


def test_the_same_seed_brings_the_same_people_with_the_same_phones():
    assert crowd_of(1) == crowd_of(1)
    assert crowd_of(1) != crowd_of(2)


@pytest.mark.parametrize("temper", Temper)
def test_the_same_seed_decides_the_same_where_the_same_is_seen(temper):
    assert decisions(temper, 1) == decisions(temper, 1)
    assert any(decisions(temper, 1) != decisions(temper, seed) for seed in range(2, 6))


def test_the_same_seed_makes_up_the_same_lots():
    assert made_up_lots(9, 1) == made_up_lots(9, 1)
    assert made_up_lots(9, 1) != made_up_lots(9, 2)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"viewers": -1}, "viewers"),
        ({"viewers": "many"}, "viewers"),
        ({"duration": 0}, "duration"),
        ({"slow_share": 1.5}, "slow_share"),
        ({"transport": "pigeon"}, "transport"),
        ({"veiwers": 10}, "veiwers"),
        ({"preset": "morning-sale"}, "preset"),
        ({"preset": 7}, "preset"),
    ],
)
def test_a_scenario_with_a_mistake_names_the_field(fields, field):
    with pytest.raises(BadScenario, match=rf"^{field}: "):
        scenario(fields)


def test_a_tokens_file_with_a_mistake_names_its_line_and_repeats_no_token(tmp_path):
    good = mint(SECRET, 1, timedelta(hours=1), {})
    file = tmp_path / "tokens"
    file.write_text(f"{good}\n\nnot.a-token.at-all\n")
    with pytest.raises(BadTokens) as caught:
        read_tokens(file)
    assert "line 3: this is not an access token" in str(caught.value)
    assert "at-all" not in str(caught.value)
    assert good not in str(caught.value)


def test_a_tokens_file_needs_the_host_and_somebody_else(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(mint(SECRET, 1, timedelta(hours=1), {}))
    with pytest.raises(BadTokens, match="at least one other user"):
        read_tokens(file)
    file.write_text("\n".join(mint(SECRET, user, timedelta(hours=1), {}) for user in (5, 3)))
    assert read_tokens(file).host_id == 5
    assert read_tokens(file).others == [3]
