"""Times as they are typed for the simulator: with a unit, or a plain number of seconds."""

import pytest

from baraka_cli.durations import BadDuration, seconds_of
from tests.support.clients.command_line import invoke


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("25s", 25),
        ("2m", 120),
        ("1h", 3_600),
        ("1d", 86_400),
        ("1.5m", 90),
        (" 10s ", 10),
        ("10", 10),
        ("0.5", 0.5),
    ],
)
def test_a_time_has_a_unit_or_is_seconds(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "2 m", "-5s", "1h30m", "1e9", "nan", "٢m", "five"])
def test_anything_else_says_how_to_write_it(text: str) -> None:
    with pytest.raises(BadDuration, match="write it like 25s, 2m or 1h"):
        seconds_of(text)


@pytest.mark.parametrize("flag", ["--duration", "--ramp-up", "--find-limit", "--patience"])
def test_every_flag_that_takes_a_time_takes_it_so(flag: str) -> None:
    told = invoke("simulate", f"{flag}=soon").err
    assert "'soon' is not a time" in told
    taken = invoke("simulate", f"{flag}=2m", "--compare=gone.json", "--max-lost=0").err
    assert "gone.json: there is no such file" in taken
