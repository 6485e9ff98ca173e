"""Command line that repeats a run, and its scenario file."""

import shlex
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from baraka_cli.simulator.report.rerun_command import FLAGS, command_line, scenario_file
from baraka_cli.simulator.result import Result
from baraka_cli.simulator.scenario import PRESETS, Scenario, read_scenario, scenario
from tests.support.checks.runs import a_run, an_empty_run


def ran(planned: Scenario) -> Result:
    return a_run(seconds=1, scenario=planned.model_dump(mode="json"))


def read(command: str, file: str | None, folder: Path) -> Scenario:
    """The scenario that the command would hold, as `baraka simulate` makes it."""
    baraka, simulate, what, *flags = shlex.split(command)
    assert (baraka, simulate) == ("baraka", "simulate")
    fields = {"preset": what}
    if file is not None:
        path = folder / what
        path.write_text(file)
        fields = read_scenario(path)
    named = dict(zip(flags[::2], flags[1::2], strict=True))
    named.pop("--url")
    given = {name.removeprefix("--").replace("-", "_"): value for name, value in named.items()}
    assert set(given) <= set(FLAGS)
    return scenario(fields | given)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_by_its_name(name: str) -> None:
    told = command_line(ran(PRESETS[name]))
    assert told == f"baraka simulate {name} --url http://127.0.0.1:3000"
    assert scenario_file(ran(PRESETS[name])) is None


def test_what_was_changed_is_a_flag() -> None:
    changed = PRESETS["evening-sale"].model_copy(update={"viewers": 300, "seed": 7})
    told = command_line(ran(changed))
    assert told == (
        "baraka simulate evening-sale --url http://127.0.0.1:3000 --viewers 300 --seed 7"
    )


def test_a_crowd_in_several_processes_is_in_as_many_again() -> None:
    told = command_line(ran(PRESETS["rush"]).model_copy(update={"processes": 4}))
    assert told == "baraka simulate rush --url http://127.0.0.1:3000 --processes 4"


@given(
    st.sampled_from(list(PRESETS)),
    st.fixed_dictionaries(
        {},
        optional={
            "viewers": st.integers(0, 100_000),
            "rate": st.floats(0, 1_000),
            "chaos": st.floats(0, 1_000),
            "transport": st.sampled_from(["mixed", "polling", "websocket"]),
            "seed": st.integers(),
            "slow_share": st.floats(0, 1),
            "connect_rate": st.floats(1, 1_000),
        },
    ),
)
def test_the_command_holds_the_same_sale(tmp_path_factory, preset: str, changes) -> None:
    assume(preset != "find-limit" or changes.get("rate") != 0)  # it begins with a rate
    planned = scenario({"preset": preset} | changes)
    told, file = command_line(ran(planned)), scenario_file(ran(planned))
    assert read(told, file, tmp_path_factory.getbasetemp()) == planned


def test_what_a_preset_sets_and_the_run_did_not_is_taken_from_no_preset(tmp_path) -> None:
    planned = PRESETS["find-limit"].model_copy(update={"find_limit": 0, "max_p99_ms": None})
    told, file = command_line(ran(planned)), scenario_file(ran(planned))
    assert "None" not in told
    assert read(told, file, tmp_path) == planned


def test_what_the_run_says_of_itself_is_believed() -> None:
    said = a_run(command="baraka simulate rush --no-host", scenario={"slow_share": 0.5})
    assert command_line(said) == "baraka simulate rush --no-host"
    assert scenario_file(said) is None


def test_a_run_without_a_scenario_has_a_command_all_the_same() -> None:
    assert command_line(an_empty_run()) == "baraka simulate --url http://127.0.0.1:3000"


def test_no_secret_gets_into_a_command_or_a_file() -> None:
    odd = a_run(
        url="http://qa:s3cret@host:1", scenario={"token": "s3cret", "slow_share": 0.5, "a b": "c"}
    )
    assert "s3cret" not in command_line(odd)
    assert "s3cret" not in (scenario_file(odd) or "")
