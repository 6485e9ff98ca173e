"""Screen of `baraka simulate` during a run."""

import re
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from baraka_cli import terminal
from baraka_cli.simulator.report.screen import Screen, picture
from baraka_cli.simulator.result import TITLES, Promise, Result
from baraka_server.contract.text import OBEYED
from tests.support.checks.runs import OF_EVERY_SALE, RESULTS, a_broken_run, a_run, an_empty_run

ESCAPES = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


def a_terminal(width: int, height: int, **options: bool) -> Console:
    return Console(
        file=StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
        **options,
    )


def lines(result: Result, width: int, height: int, seconds: float | None = 120) -> list[str]:
    console = a_terminal(width, height)
    shown = picture(result, "lot 3 of 12", "evening-sale", seconds, width, height)
    rendered = console.render_lines(shown, pad=False)
    return ["".join(segment.text for segment in line) for line in rendered]


# --- the picture -------------------------------------------------------------


def test_a_terminal_of_28_lines_shows_everything_at_once() -> None:
    shown = "\n".join(lines(a_run(), 80, 28))
    for title in map(TITLES.__getitem__, OF_EVERY_SALE):
        assert title in shown
    for name in ("viewers", "bids asked/s", "accepted/s", "refused/s", "messages/s", "errors"):
        assert name in shown
    for name in ("delivery p50", "delivery p95", "delivery p99", "server CPU", "server memory"):
        assert name in shown
    for name in ("own CPU", "own lateness", "1:00 of 2:00", "lot 3 of 12", "evening-sale"):
        assert name in shown


def test_a_terminal_of_24_lines_shows_every_promise_by_its_name_and_how_often_it_was_checked():
    shown = lines(a_broken_run(), 80, 24)
    assert len(shown) <= 24
    told = " ".join(" ".join(shown).split())
    for number, promise in enumerate(OF_EVERY_SALE):
        if promise is Promise.DATABASE_AGREES:
            assert "– database agrees –" in told
        elif promise is Promise.AWARD_IS_HIGHEST:
            assert f"✗ {TITLES[promise]}" in told
            assert "broken 2 times, first at 0:31: lot 3 went" in told
        else:
            assert f"✓ {promise.replace('_', ' ')} {1_000 + 7 * number:,}" in told


def test_a_breach_is_told_in_words_above_all_that_was_kept() -> None:
    shown = lines(a_broken_run(), 120, 15)
    (broken,) = [at for at, line in enumerate(shown) if line.startswith("✗")]
    assert "awards name the highest bid" in shown[broken]
    assert "broken 2 times, first at 0:31: lot 3 went to Dina for 1,450" in shown[broken + 1]
    assert all(at > broken for at, line in enumerate(shown) if line.startswith("✓"))
    assert re.fullmatch(r"… and \d+ more: \d+ kept, 1 not checked", shown[-1])
    assert len(shown) == 15


def test_the_marks_are_read_without_colour() -> None:
    shown = lines(a_broken_run(), 100, 40)
    assert [line[0] for line in shown[-18:]].count("✓") == 15
    assert [line[0] for line in shown[-18:]].count("–") == 1


def test_between_two_lots_the_last_latency_stays() -> None:
    result = a_run(seconds=60)
    assert result.timeline[-1].delivery.p50 is None
    newest = result.timeline[-2].delivery.p50
    assert f"delivery p50   {newest:.2f} ms"[:12] in "\n".join(lines(result, 80, 24))
    assert f"{newest:.2f} ms" in "\n".join(lines(result, 80, 24))


def test_a_wide_terminal_has_room_for_reasons() -> None:
    assert "no --database-url was given" not in "\n".join(lines(a_run(), 80, 24))
    assert "not checked: no --database-url was given" in "\n".join(lines(a_run(), 160, 28))


def test_a_run_without_an_end_shows_how_long_it_lasts() -> None:
    shown = "\n".join(lines(a_run(), 80, 24, seconds=None))
    assert "1:00" in shown
    assert " of " not in shown.splitlines()[1]


def test_a_run_that_lasts_longer_than_planned_says_so() -> None:
    assert "1:00, planned 0:40" in lines(a_run(), 80, 24, seconds=40)[1]


@given(RESULTS, st.integers(20, 220), st.integers(6, 60), st.none() | st.floats(0, 1e5))
@settings(max_examples=40, deadline=None)
def test_the_picture_fits_every_terminal_and_moves_no_cursor(
    result, width, height, seconds
) -> None:
    shown = lines(result, width, height, seconds)
    assert len(shown) <= height
    console = a_terminal(width, height)
    for line in shown:
        assert console.measure(line).maximum <= width
        assert not OBEYED.search(line)


# --- on a terminal -----------------------------------------------------------


def test_a_terminal_is_given_back_as_it_was() -> None:
    console = a_terminal(80, 24)
    with pytest.raises(KeyboardInterrupt), Screen(console, title="smoke", seconds=60) as screen:
        screen.show(a_run(), "lot 1")
        raise KeyboardInterrupt
    sent = console.file.getvalue()
    assert sent.index("\x1b[?1049h") < sent.index("viewers") < sent.index("\x1b[?1049l")
    assert sent.index("\x1b[?25l") < sent.rindex("\x1b[?25h")


def test_no_color_is_respected() -> None:
    colours = re.compile(r"\x1b\[(?:\d+;)*(?:3[1-7]|9[0-7]|38;)[\d;]*m")
    for no_color, expected in ((False, True), (True, False)):
        console = a_terminal(80, 24, no_color=no_color)
        with Screen(console, title="smoke", seconds=60) as screen:
            screen.show(a_broken_run(), "lot 1")
        assert bool(colours.search(console.file.getvalue())) is expected
        assert "✗ awards name" in ESCAPES.sub("", console.file.getvalue())


# --- without one -------------------------------------------------------------


def a_pipe() -> Console:
    return Console(file=StringIO(), width=80, _environ={})


def so_far(result: Result, seconds: int) -> Result:
    return result.model_copy(update={"timeline": result.timeline[:seconds], "seconds": seconds})


def told(result: Result, seconds: int) -> list[str]:
    """The lines of a run that is shown once a second; the pipe itself gets nothing."""
    out, aside = a_pipe(), a_pipe()
    with Screen(out, title="smoke · seed 7", seconds=120, aside=aside) as screen:
        for second in range(1, seconds + 1):
            screen.show(so_far(result, second), "lot 3")
    assert out.file.getvalue() == ""
    return aside.file.getvalue().splitlines()


def test_without_a_terminal_there_is_a_line_every_five_seconds() -> None:
    title, *shown = told(a_run(), 21)
    assert title == "smoke · seed 7"
    assert [line.split(" ")[0] for line in shown] == ["0:01", "0:06", "0:11", "0:16", "0:21"]
    for line in shown:
        assert "viewers" in line
        assert "messages/s" in line
        assert line.endswith("16 promises kept, 0 broken")


def test_a_line_gives_the_rates_of_its_own_seconds() -> None:
    result = a_run()
    asked = sum(second.asked for second in result.timeline[1:6])
    assert f"bids/s {asked / 5:g} asked" in told(result, 6)[2]


def test_a_breach_is_told_at_once_and_once() -> None:
    _, *shown = told(a_broken_run(), 7)
    assert shown[0] == (
        "✗ awards name the highest bid of their round: broken 2 times, first at 0:31: "
        "lot 3 went to Dina for 1,450, though Bilal had bid 1,500"
    )
    assert sum(line.startswith("✗") for line in shown) == 1


def test_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen(terminal.stdout, title="smoke", seconds=None) as screen:
        screen.show(an_empty_run(), "connecting")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[0] == "smoke"
    assert captured.err.splitlines()[1].startswith("0:00 · connecting · 0 viewers")


@given(RESULTS)
@settings(max_examples=30, deadline=None)
def test_a_line_stays_one_line(result: Result) -> None:
    aside = a_pipe()
    with Screen(a_pipe(), title="a\nb", seconds=10, aside=aside) as screen:
        screen.show(result, "lot \x1b[2J\n1")
    broken = sum(finding.broken > 0 for finding in result.findings)
    assert aside.file.getvalue().count("\n") == 2 + broken
    assert not OBEYED.search(aside.file.getvalue().replace("\n", ""))
