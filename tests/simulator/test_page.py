"""Report of a run as an HTML page."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from baraka_cli.simulator.report.page import page
from baraka_cli.simulator.report.rerun_command import command_line
from baraka_cli.simulator.report.verdict import MESSAGE_CHARS_MAX
from baraka_cli.simulator.result import TITLES, Breach, Promise, Result
from baraka_cli.simulator.scenario import PRESETS
from baraka_server.contract.text import OBEYED
from tests.support.checks.runs import OF_EVERY_SALE, RESULTS, a_broken_run, a_run, an_empty_run


class Reader(HTMLParser):
    """What a browser makes of it: the tags with their attributes' names, the text, the values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attributes)))
        self.values += [(name, value or "") for name, value in attributes]

    def handle_data(self, text: str) -> None:
        self.texts.append(text)

    @property
    def text(self) -> str:
        return "".join(self.texts)


KNOWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "h1"),
    *("h2", "h3", "p", "small", "dl", "div", "dt", "dd", "section"),
    *("strong", "pre", "table", "thead", "tbody", "tr", "th", "td", "figure"),
    *("figcaption", "span", "svg", "path", "text", "g", "rect", "circle", "footer"),
}


@pytest.mark.parametrize("result", [a_run(), a_broken_run(), an_empty_run()])
def test_every_promise_is_on_the_page(result: Result) -> None:
    read = Reader(page(result)).text
    for title in map(TITLES.__getitem__, OF_EVERY_SALE):
        assert title in read


def test_a_breach_is_there_with_its_moment_and_its_message() -> None:
    read = Reader(page(a_broken_run())).text
    assert "✗ 1 promise was broken" in read
    assert "0:31 lot 3 went to Dina for 1,450, though Bilal had bid 1,500" in read
    assert '42["auctionEnded",{"auctionId":1,"seq":812' in read


def test_a_long_message_is_cut_and_says_so() -> None:
    breach = Breach(at=1, what="it was long", message="m" * (MESSAGE_CHARS_MAX + 1_234))
    read = Reader(page(a_run(broken={Promise.BIDS_RISE: breach}))).text
    assert "m" * MESSAGE_CHARS_MAX + " … (1,234 more characters)" in read
    assert "m" * (MESSAGE_CHARS_MAX + 1) not in read


def test_a_run_that_never_was_has_a_page() -> None:
    read = Reader(page(an_empty_run(could_not="nobody answers"))).text
    assert "! The run broke off" in read
    assert "nobody answers" in read
    assert "Nothing was measured." in read


def test_the_simulator_does_not_blame_the_server_for_its_own_slowness() -> None:
    told = Reader(page(a_run(bottleneck="The simulator itself was too slow for 12 s."))).text
    assert "The simulator itself was too slow for 12 s." in told


def test_every_chart_has_its_unit_and_a_legend() -> None:
    read = Reader(page(a_run()))
    assert sum(tag == "figure" for tag, _ in read.tags) == 6
    for name in ("Delivery latency", "Bids", "Messages", "Viewers", "CPU", "Memory of the server"):
        assert name in read.text
    for key in ("p50", "p95", "p99", "asked", "accepted", "refused", "server", "simulator"):
        assert key in read.texts


def test_a_server_whose_process_is_not_known_has_no_chart_of_its_memory() -> None:
    read = Reader(page(a_run(measured=False)))
    assert "Memory of the server" not in read.text
    assert "simulator" in read.texts
    assert read.texts.count("server") == Reader(page(a_run())).texts.count("server") - 1


def test_errors_have_a_chart_when_there_were_any() -> None:
    result = a_run()
    assert "connections lost" not in page(result)
    result.timeline[5].errors = 3
    assert "connections lost" in page(result)


def test_the_earlier_run_stands_beside_this_one() -> None:
    read = Reader(page(a_run(slower=2), a_run())).text
    assert "Compared with the earlier run" in read
    assert "×2.00" in read
    assert "✗ worse" in read
    assert "Not comparable" not in read
    assert "Compared" not in page(a_run())


def test_two_runs_that_cannot_be_compared_are_said_to_be() -> None:
    old = a_run(scenario={"viewers": 10, "seed": 8})
    assert "seed 8 then, 7 now" in Reader(page(a_run(), old)).text


# --- what nobody may get through it ------------------------------------------


@given(RESULTS, RESULTS)
@settings(max_examples=40, deadline=None)
def test_nothing_that_a_run_says_becomes_a_part_of_the_page(result: Result, old: Result) -> None:
    html = page(result, old)
    html.encode("utf-8")
    read = Reader(html)
    assert {tag for tag, _ in read.tags} <= KNOWN_TAGS
    names = {name for _, attributes in read.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src", "href", "style"}
    assert not OBEYED.search(html.replace("\n", ""))
    for svg in re.findall(r"<svg.*?</svg>", html):
        ET.fromstring(svg)


@given(RESULTS)
@settings(max_examples=40, deadline=None)
def test_harmless_texts_make_the_same_page(result: Result) -> None:
    """Tag for tag: no text can add, close or change one."""
    assert Reader(page(result)).tags == Reader(page(_harmless(result))).tags


def _harmless(result: Result) -> Result:
    """The same run; wherever a stranger had a say, there is `x` instead."""

    def tamed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            names = range(len(value)) if key in ("scenario", "refusals") else value
            return {
                f"x{name}" if key in ("scenario", "refusals") else name: tamed(one, str(name))
                for name, one in zip(names, value.values(), strict=True)
            }
        if isinstance(value, list):
            return [tamed(one) for one in value]
        if isinstance(value, str) and key != "promise":
            return "x" if value else ""
        return value

    return Result.model_validate(tamed(result.model_dump()))


def test_the_page_needs_nothing_from_anywhere() -> None:
    html = page(a_broken_run(), a_run())
    read = Reader(html)
    assert not [value for _, value in read.values if "://" in value]
    assert "url(" not in html
    assert "@import" not in html
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in read.values


def test_no_secret_of_the_scenario_is_passed_on() -> None:
    result = a_run(
        url="http://qa:s3cret@127.0.0.1:3000",
        scenario={
            "seed": 7,
            "jwt_secret": "s3cret",
            "token": "s3cret",
            "database_url": "mysql://root:s3cret@db/baraka",
            "proxy": "http://me:s3cret@proxy:1",
            "token_file": "tokens.txt",
        },
    )
    html = page(result, a_run())
    assert "s3cret" not in html
    assert "s3cret" not in page(a_run(), result)
    assert "tokens.txt" in html


def test_a_ticket_does_not_spread_what_a_server_gave_away() -> None:
    message = '42["newBid",{"user":{"otpCode":"9182","number":"+923001112203","id":5}}]'
    breach = Breach(at=1, what="newBid: the one-time code of user 5 is in it", message=message)
    read = Reader(page(a_run(broken={Promise.SECRETS_STAY: breach}))).text
    assert "the one-time code of user 5 is in it" in read
    assert '"otpCode":"••••••","number":"••••••03","id":5' in read
    assert "9182" not in read
    assert "3001112203" not in read


def test_the_page_tells_how_to_run_it_again() -> None:
    read = Reader(page(a_run())).text
    assert f"To run it again:\n{command_line(a_run())}" in read
    odd = a_run(scenario=PRESETS["rush"].model_dump(mode="json") | {"slow_share": 0.5})
    read = Reader(page(odd)).text
    assert 'preset = "rush"\nslow_share = 0.5\n' in read
    assert "baraka simulate scenario.toml --url http://127.0.0.1:3000" in read


def test_a_page_is_the_same_for_the_same_run() -> None:
    result = a_broken_run()
    again = Result.model_validate(json.loads(result.model_dump_json()))
    assert page(result) == page(again)
