"""`Result`: everything a run found; the screen, the tables, the JSON and the page are made of it.

A `Result` goes to JSON and back whole, so that a later run can be compared with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 2
"""1 counted figures a second over the whole run, and left lost deliveries out of the latency."""


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Promise(StrEnum):
    """Promise of a server; the value is the name in JSON."""

    BIDS_RISE = "bids_rise"
    ONE_ORDER = "one_order"
    ACKNOWLEDGED_IS_ANNOUNCED = "acknowledged_is_announced"
    ANNOUNCED_IS_KEPT = "announced_is_kept"
    REFUSED_STAYS_REFUSED = "refused_stays_refused"
    REFUSALS_ARE_RIGHT = "refusals_are_right"
    AWARD_IS_HIGHEST = "award_is_highest"
    LISTS_ARE_THE_FOLD = "lists_are_the_fold"
    COUNTS_AGREE = "counts_agree"
    COMMANDS_ARE_ANSWERED = "commands_are_answered"
    COMMANDS_ARE_DECIDED = "commands_are_decided"
    CONNECTIONS_HOLD = "connections_hold"
    STARTS_ARE_TOLD = "starts_are_told"
    ROOMS_ARE_CLOSED = "rooms_are_closed"
    PAYLOADS_ARE_DOCUMENTED = "payloads_are_documented"
    SECRETS_STAY = "secrets_stay"
    DATABASE_AGREES = "database_agrees"
    CLOCK_IS_KEPT = "clock_is_kept"
    MODERATION_HOLDS = "moderation_holds"
    MAXIMA_ARE_KEPT = "maxima_are_kept"


TITLES: dict[Promise, str] = {
    Promise.BIDS_RISE: "accepted bids strictly rise",
    Promise.ONE_ORDER: "every viewer saw the same sequence, without a gap",
    Promise.ACKNOWLEDGED_IS_ANNOUNCED: "every acknowledged bid was announced",
    Promise.ANNOUNCED_IS_KEPT: "every announced bid is in the state that joiners get",
    Promise.REFUSED_STAYS_REFUSED: "no refused bid was announced",
    Promise.REFUSALS_ARE_RIGHT: "every refusal was right, and has the right text",
    Promise.AWARD_IS_HIGHEST: "awards name the highest bid of their round",
    Promise.LISTS_ARE_THE_FOLD: "lists equal what came before",
    Promise.COUNTS_AGREE: "viewer counts agree with who is there",
    Promise.COMMANDS_ARE_ANSWERED: "every command was answered",
    Promise.COMMANDS_ARE_DECIDED: "commands were decided, and not all put off",
    Promise.CONNECTIONS_HOLD: "nobody was hung up on who did nothing wrong",
    Promise.STARTS_ARE_TOLD: "everybody who was connected heard of the start",
    Promise.ROOMS_ARE_CLOSED: "nothing reached a socket outside the room",
    Promise.PAYLOADS_ARE_DOCUMENTED: "every payload has the documented fields and types",
    Promise.SECRETS_STAY: "no code, no whole phone number and nothing else private was sent",
    Promise.DATABASE_AGREES: "tables and ledger say the same",
    Promise.CLOCK_IS_KEPT: "bidding closes by the clock, and only then",
    Promise.MODERATION_HOLDS: "who is muted, blocked or not registered is kept out",
    Promise.MAXIMA_ARE_KEPT: "maximum bids bid the least that leads, and are nobody else's",
}

OF_A_HOUSE = frozenset({Promise.CLOCK_IS_KEPT, Promise.MODERATION_HOLDS, Promise.MAXIMA_ARE_KEPT})
"""Promises of what a sale has only where its host uses it: a run that had none of it says nothing of them."""


class Breach(Part):
    """A promise that was broken, once."""

    at: float
    """Seconds since the run began."""
    what: str
    """In words, for a person."""
    message: str = ""
    """Message as it arrived; cut when it is long."""


class Finding(Part):
    """Finding of a run about one promise."""

    promise: Promise
    checked: int = 0
    """Times that it was looked at. 0 with no `unchecked` reason: there was no occasion."""
    broken: int = 0
    first: list[Breach] = Field(default_factory=list)
    """The first few breaches, oldest first."""
    unchecked: str = ""
    """Why it could not be checked, or not wholly; empty when it was."""
    exempt: bool = False
    """The server need not keep it."""

    @property
    def title(self) -> str:
        return TITLES[self.promise]

    @property
    def holds(self) -> bool | None:
        """None when it was never checked."""
        if self.broken:
            return False
        return True if self.checked else None


class Probed(Part):
    """What came of one probe of the preset `hostile`."""

    name: str
    title: str
    """What was tried."""
    checked: int = 0
    faults: list[Breach] = Field(default_factory=list)
    """Each in words of what it means to the house, once, with its first evidence."""
    unchecked: str = ""
    """Why it could not be tried, or not wholly; empty when it was."""
    exempt: bool = False
    """The server need not pass it."""

    @property
    def holds(self) -> bool | None:
        """None when it was never tried."""
        if self.faults:
            return False
        return True if self.checked else None


class Latency(Part):
    """Milliseconds; None when nothing was measured."""

    count: int = 0
    lost: int = 0
    """How many of `count` never came: they stand in the figures with the time that they were waited for."""
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class Second(Part):
    """Figures of one second of the run."""

    at: int
    """Seconds since the run began."""
    viewers: int = 0
    """People who watch, and were in the room at its end; one with two tabs is one."""
    in_room: int = 0
    """Sockets that were in the room at its end: bidders, second tabs and the host among them."""
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    comments: int = 0
    """Bids that were sent, accepted and refused, and comments that were sent, in this second."""
    messages: int = 0
    bytes: int = 0
    """Bytes that the crowd's sockets received."""
    delivery: Latency = Field(default_factory=Latency)
    """From the moment a bid was due to each viewer's receipt."""
    errors: int = 0
    """Connections lost or refused, answers that never came, and deliveries that were lost."""
    own_cpu: float = 0
    """Of one core, used by the busiest process of the simulator; 1.0 is all of it."""
    server_cpu: float | None = None
    """Of one core, used by the servers of `--server-pid`."""
    server_rss_bytes: int | None = None
    server_files: int | None = None
    """Descriptors that they have open."""
    lag_ms: float = 0
    """Greatest delay of the simulator's own event loops."""


class ServerProcess(Part):
    pid: int
    cpu_seconds: float
    cpu_microseconds_per_delivery: float | None
    rss_bytes_start: int
    rss_bytes_max: int
    files_start: int | None = None
    files_max: int | None = None
    """Descriptors that it had open; None where they may not be counted."""


class Tally(Part):
    """Requests of one kind: `sent` is the sum of the others."""

    sent: int = 0
    done: int = 0
    refused: int = 0
    unanswered: int = 0


class Aim(Part):
    """Plan of a scenario, what was reached of it, and why not all."""

    what: str
    planned: float
    reached: float
    why: str = ""


class Step(Part):
    """Step of a search for the limit: a few seconds at one rate."""

    rate: float
    """Bids a second that were planned."""
    asked: float
    accepted: float
    """Bids a second that were made, and accepted."""
    p99: float | None
    """Of deliveries, in milliseconds."""
    lost: int
    unanswered: int
    why: str = ""
    """What broke; empty when everything held."""

    @property
    def held(self) -> bool:
        return not self.why


class Replayed(Part):
    """Result of a recorded sale that was held again, beside the record."""

    file: str
    speed: float
    deeds: int
    """Bids, comments and commands of the host in the record."""
    done: int
    different: int
    differences: list[str] = Field(default_factory=list)
    """The first of them, in words."""


class Threshold(Part):
    """Limit that was set for the run; `value` None: it could not be measured."""

    name: str
    """As it is typed, `--max-p99-ms`, or in words for one that no flag sets."""
    limit: float
    value: float | None
    holds: bool
    unit: str = ""
    """`ms` or `bytes`; empty for a plain number."""


class Totals(Part):
    viewers_max: int = 0
    in_room_max: int = 0
    connections: int = 0
    reconnections: int = 0
    dropped_by_server: int = 0
    """Connections that the server closed, by restarts or because a phone was too slow."""
    gaps: int = 0
    """How often somebody in a room missed announcements over a connection that held."""
    missed_live: int = 0
    """Announcements that did not come to somebody in the room, over a connection that held."""
    superseded: int = 0
    """Of those: lists that a newer list took the place of, as it may (D25)."""
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    unanswered: int = 0
    """Bids: those asked are the sum of the other three."""
    repeated: int = 0
    """Bids that were sent a second time, since the answer to the first was lost."""
    comments: int = 0
    lots: int = 0
    sold: int = 0
    passed: int = 0
    turnover: int = 0
    """Sum of the winning bids."""
    messages: int = 0
    bytes: int = 0
    bidding_seconds: float = 0
    """How long bids were made: figures a second are of this time."""
    bidding_messages: int = 0
    bidding_bytes: int = 0
    """What was received in this time."""


class Result(Part):
    """Everything that one run found."""

    format: int = FORMAT
    baraka: str = ""
    """The simulator's version."""
    url: str
    started_at: str
    """ISO 8601, UTC."""
    seconds: float = 0
    scenario: dict[str, Any] = Field(default_factory=dict)
    """The flags and numbers of the run; `seed` among them."""
    command: str = ""
    """The command line that runs it again, without secrets; empty: made from `scenario`."""
    processes: int = 1
    """How many processes held the crowd's phones."""
    auctions: list[int] = Field(default_factory=list)
    server: str = ""
    """Our additions that the server has: `acknowledgements, seq, states`, or `the guide alone`."""
    totals: Totals = Field(default_factory=Totals)
    delivery: Latency = Field(default_factory=Latency)
    """Bid to each viewer's receipt."""
    answer: Latency = Field(default_factory=Latency)
    """Bid to its bidder's answer."""
    join: Latency = Field(default_factory=Latency)
    """Connecting to being in the room."""
    refusals: dict[str, int] = Field(default_factory=dict)
    """Refusals of bids: counts by code (or by text, where the server gives no code)."""
    requests: dict[str, Tally] = Field(default_factory=dict)
    """Everything but bids, by the name of the client event."""
    other_refusals: dict[str, int] = Field(default_factory=dict)
    """Refusals of those, by event and code, as `comment: TOO_FAST`."""
    aims: list[Aim] = Field(default_factory=list)
    thresholds: list[Threshold] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list)
    """Steps of a search for the limit, in order; the last one broke, or the time was over."""
    replay: Replayed | None = None
    timeline: list[Second] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    probes: list[Probed] = Field(default_factory=list)
    """Of the preset `hostile`; empty for a sale."""
    servers: list[ServerProcess] = Field(default_factory=list)
    bottleneck: str = ""
    """Said when the simulator was itself too slow to blame the server; empty when it was not."""
    could_not: str = ""
    """Why the run did not go to its end; empty when it did."""
    server_gone: str = ""
    """Why the server is called gone, while it is; empty while it is there."""
    interrupted: int = 0
    """The signal that ended it; 0 for none."""
    still_live: list[int] = Field(default_factory=list)
    """Auctions that were started and could not be ended."""

    repeats: list[Result] = Field(default_factory=list)
    """The other runs of a series; this one is the worst of it, or the one in the middle."""

    @property
    def runs(self) -> list[Result]:
        return [self, *self.repeats]

    @property
    def thresholds_hold(self) -> bool:
        return all(threshold.holds for run in self.runs for threshold in run.thresholds)

    @property
    def unproven(self) -> str:
        """Why the run proved nothing, in a sentence; empty when it did, or broke off."""
        if self.could_not:
            return ""
        if self.probes:
            tried = any(probed.holds is not None for probed in self.probes)
            return "" if tried else "No probe was tried: nothing was proven."
        heard = any(one.promise is Promise.BIDS_RISE and one.checked for one in self.findings)
        exempt = any(one.promise is Promise.BIDS_RISE and one.exempt for one in self.findings)
        if heard or exempt:
            return ""
        return "No bid was accepted: nothing was proven of bids, awards and refusals."

    @property
    def kept(self) -> bool:
        """Every promise that was checked was kept, and no probe found a fault."""
        return not any(
            any(finding.broken for finding in run.findings)
            or any(probed.faults for probed in run.probes)
            for run in self.runs
        )


def together(runs: Sequence[Result]) -> Result:
    """Make one result of a series: the first run that went wrong, else the one in the middle."""

    def badness(run: Result) -> tuple[bool, bool, bool]:
        return not run.kept, bool(run.could_not), not run.thresholds_hold

    worst = max(runs, key=badness)
    if badness(worst) == badness(min(runs, key=badness)):
        by_latency = sorted(runs, key=lambda run: run.delivery.p99 or 0)
        worst = by_latency[len(by_latency) // 2]
    others = [run for run in runs if run is not worst]
    return worst.model_copy(update={"repeats": others})
