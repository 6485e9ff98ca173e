"""Every part of the benchmarks runs, on a small scale: its numbers mean nothing here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import contenders, fanout, whole
from benchmarks.__main__ import QUICK, Plan, main, printed, run, set_up
from benchmarks.bid_path import WAYS
from benchmarks.load import Crowd, CrowdError, compiled, compiler, write_tokens
from benchmarks.nodes import killed, workers
from benchmarks.nodes import part as nodes
from benchmarks.report import BYTES, DELIVERY, RATE
from tests.support.checks.not_run import not_run
from tests.support.servers.baraka import SECRET
from tests.support.servers.redis import Redis

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cc():
    if compiler() is None:
        not_run("the benchmarks", "there is no C compiler. Try: apt-get install gcc libc6-dev")


FEW = fanout.Plan(viewers=10, deliveries=100, tries=1, quiet_ms=20)


def small(*parts: str) -> Plan:
    return replace(
        QUICK,
        parts=parts,
        fan_out=FEW,
        lengths=FEW,
        whole=replace(
            QUICK.whole, viewers=(10,), auctions=(2,), seconds=0.3, bidders=4, quiet_ms=20
        ),
    )


async def test_one_bid_to_everybody_is_measured_for_every_server_and_length():
    plan = small("fanout")
    results = await run(plan)
    present = {"ours", "stock", "floor"} | (set() if contenders.node_missing() else {"node"})
    for name in present:
        for scene in fanout.scenes(name):
            for cell in scene.cells:
                assert len(results.values(cell.key, DELIVERY)) == 1, cell
    text = "\n".join(printed(plan, results))
    assert "stock ÷ ours, 80 KB" in text
    # The comparison is one of equals: who sends less has less to do.
    for size in fanout.SIZES:
        ours = results.values(fanout.Cell("ours", size).key, BYTES)[0]
        for name in present:
            theirs = results.values(fanout.Cell(name, size).key, BYTES)[0]
            assert 0.8 < theirs / ours < 1.25, (name, size, theirs, ours)


async def test_longer_lists_are_longer_only_for_those_who_read_lists():
    plan = small("lengths")
    results = await run(plan)
    for way, least in ((fanout.LISTS, 20), (fanout.DELTA, 0.5)):  # user counts more or less
        lengths = [
            results.values(fanout.Cell("ours", length, way).key, BYTES)[0]
            for length in fanout.LENGTHS
        ]
        assert lengths[-1] >= least * lengths[0]
        assert way == fanout.LISTS or lengths[-1] < 2 * lengths[0]


async def test_one_hot_auction_is_measured_with_and_without_group_commit():
    plan = small("path")
    results = await run(plan)
    for way in WAYS:
        assert results.values(way, RATE)[0] > 0
    assert "group commit ÷ a transaction each" in "\n".join(printed(plan, results))


async def test_the_whole_server_is_measured_with_lists_and_deltas():
    plan = small("whole")
    results = await run(plan)
    for name in ("ours", "stock"):
        for way in (whole.DELTA, whole.LISTS):
            measured = results.cells[whole.key(name, way, 10)][0]
            assert measured.values[RATE] > 0
            assert measured.values["last_viewer p50"] > 0
    assert results.values("auctions 2", RATE)[0] > 0
    text = "\n".join(printed(plan, results))
    assert "| stock, a transaction each, deltas | 10 |" in text
    plain = results.cells.get(whole.key("nest", whole.LISTS, 10))
    if why := contenders.nest_missing():
        assert plain is None
        assert f"**NestJS and Prisma were not measured**: {why}" in text
    else:
        assert plain is not None
        assert plain[0].values["last_viewer p50"] > 0
        assert "not measured" not in text


async def test_one_server_of_one_process_and_of_two_are_measured():
    plan = small("nodes")
    async with set_up(plan) as bench:
        await workers.measure(bench.nodes_place, 0)
    for count in workers.COUNTS:
        measured = bench.results.cells[workers.key(count)][0].values
        assert measured[RATE] > 0
        assert measured[workers.LAST] > 0
    assert "deliveries a second, 2 workers ÷ 1" in "\n".join(printed(plan, bench.results))


@pytest.mark.long
async def test_many_auctions_several_servers_and_killed_ones_are_measured():
    plan = small("nodes")
    results = await run(plan)
    missing = [goal.name for goal in nodes.goals(plan.nodes) if "not measured" in goal.row(results)]
    if Redis.missing() or killed.missing():
        assert missing
        not_run("several servers", "redis-server or haproxy is missing. Try: make servers")
    assert missing == []
    assert results.values(killed.NODE, killed.LOST)[0] > 0


async def test_the_crowd_hears_every_bid_once(tmp_path):
    tokens = write_tokens(SECRET, tmp_path / "tokens")
    async with (
        contenders.floor(compiled("floor", tmp_path)) as server,
        Crowd(compiled("load", tmp_path), server.port, tokens, viewers=7) as crowd,
    ):
        await crowd.do("size", 5_000)
        await crowd.do("join", 1)
        heard = await crowd.do("bids", 1, 3, 4)
        assert heard["deliveries"] == 7 * 3 * 4
        assert heard["accepted"] == heard["answered"] == 3 * 4
        assert heard["bytes"] == pytest.approx(heard["deliveries"] * 5_000, rel=0.01)
        hot = await crowd.do("hot", 1, 0.2, 5, 0)
        assert hot["deliveries"] == 7 * hot["accepted"]


async def test_the_crowd_says_what_went_wrong(tmp_path):
    tokens = write_tokens("another secret for tests, of 32 bytes", tmp_path / "tokens")
    async with contenders.floor(compiled("floor", tmp_path)) as server:
        crowd = Crowd(compiled("load", tmp_path), server.port, tokens, viewers=1)
        async with crowd:
            with pytest.raises(CrowdError, match="more bidders than viewers"):
                await crowd.do("hot", 1, 0.1, 2, 0)
    with pytest.raises(CrowdError, match="connect"):
        async with Crowd(compiled("load", tmp_path), server.port, tokens, viewers=1):
            pass


def test_an_unknown_part_is_wrong_usage():
    with pytest.raises(SystemExit) as ended:
        main(["--parts", "everything"])
    assert ended.value.code == 2
