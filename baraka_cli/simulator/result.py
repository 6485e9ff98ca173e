"""`Result`: everything a run found; the screen, the tables, the JSON and the page are made of it.

A `Result` goes to JSON and back whole, so that a later run can be compared with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1


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
    ROOMS_ARE_CLOSED = "rooms_are_closed"
    PAYLOADS_ARE_DOCUMENTED = "payloads_are_documented"
    SECRETS_STAY = "secrets_stay"
    DATABASE_AGREES = "database_agrees"


TITLES: dict[Promise, str] = {
    Promise.BIDS_RISE: "accepted bids strictly rise",
    Promise.ONE_ORDER: "every viewer saw the same sequence, without a gap",
    Promise.ACKNOWLEDGED_IS_ANNOUNCED: "every acknowledged bid was announced",
    Promise.ANNOUNCED_IS_KEPT: "every announced bid is in the state that joiners get",
    Promise.REFUSED_STAYS_REFUSED: "no refused bid was announced",
    Promise.REFUSALS_ARE_RIGHT: "every refusal has the right text",
    Promise.AWARD_IS_HIGHEST: "awards name the highest bid of their round",
    Promise.LISTS_ARE_THE_FOLD: "lists equal what came before",
    Promise.COUNTS_AGREE: "viewer counts agree with who is there",
    Promise.ROOMS_ARE_CLOSED: "nothing reached a socket outside the room",
    Promise.PAYLOADS_ARE_DOCUMENTED: "every payload has the documented fields and types",
    Promise.SECRETS_STAY: "no one-time code and no whole phone number was sent",
    Promise.DATABASE_AGREES: "tables and ledger say the same",
}


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

    @property
    def holds(self) -> bool | None:
        """None when it was never tried."""
        if self.faults:
            return False
        return True if self.checked else None


class Latency(Part):
    """Milliseconds; None when nothing was measured."""

    count: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class Second(Part):
    """Figures of one second of the run."""

    at: int
    """Seconds since the run began."""
    viewers: int = 0
    """Sockets that were in a room at its end."""
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
    """Connections lost or refused, and answers that never came."""
    own_cpu: float = 0
    """Of one core, used by the simulator itself; 1.0 is all of it."""
    server_cpu: float | None = None
    """Of one core, used by the servers of `--server-pid`."""
    server_rss_bytes: int | None = None
    lag_ms: float = 0
    """Greatest delay of the simulator's own event loop."""


class ServerProcess(Part):
    pid: int
    cpu_seconds: float
    cpu_microseconds_per_delivery: float | None
    rss_bytes_start: int
    rss_bytes_max: int


class Totals(Part):
    viewers_max: int = 0
    connections: int = 0
    reconnections: int = 0
    dropped_by_server: int = 0
    """Connections that the server closed, by restarts or because a phone was too slow."""
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    unanswered: int = 0
    comments: int = 0
    lots: int = 0
    sold: int = 0
    passed: int = 0
    turnover: int = 0
    """Sum of the winning bids."""
    messages: int = 0
    bytes: int = 0


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
    """Counts by code (or by text, where the server gives no code)."""
    timeline: list[Second] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    probes: list[Probed] = Field(default_factory=list)
    """Of the preset `hostile`; empty for a sale."""
    servers: list[ServerProcess] = Field(default_factory=list)
    bottleneck: str = ""
    """Said when the simulator was itself too slow to blame the server; empty when it was not."""
    could_not: str = ""
    """Why the run did not go to its end; empty when it did."""

    @property
    def kept(self) -> bool:
        """Every promise that was checked was kept, and no probe found a fault."""
        broken = any(finding.broken for finding in self.findings)
        return not broken and not any(probed.faults for probed in self.probes)
