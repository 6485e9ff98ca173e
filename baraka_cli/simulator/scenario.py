"""`Scenario`: who comes to a simulated sale, what they do, for how long; and the presets."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from baraka_cli.durations import seconds_of
from baraka_cli.run_list import ListedLot

SPARE_FILES = 64
"""For the files of the run itself: its database, what it writes, the descriptors of its event loop."""


class Transport(StrEnum):
    MIXED = "mixed"
    WEBSOCKET = "websocket"
    POLLING = "polling"


def _seconds(value: object) -> object:
    return seconds_of(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A number of seconds, or a text with a unit: `"2m"`."""
Limit = Annotated[float | None, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Crowd = Annotated[int, Field(ge=0, le=100_000)]


class Scenario(BaseModel):
    """Scenario of one sale. Shares are of the viewers, from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    viewers: Crowd = Field(20, description="People who watch.")
    bidders: Crowd = Field(5, description="People who bid.")
    commenters: Crowd = Field(2, description="People who write in the chat.")
    lots: Annotated[int, Field(ge=1, le=10_000)] = Field(2, description="Lots that are put up.")
    rate: Annotated[float, Field(ge=0, le=100_000)] = Field(
        5, description="Bids per second of all bidders; 0: each bids again when it is answered."
    )
    comment_rate: Annotated[float, Field(ge=0, le=10_000)] = Field(
        1, description="Comments per second of all commenters."
    )
    duration: Annotated[Seconds, Field(gt=0, le=86_400)] = Field(
        10, description="How long bids are made, over all lots."
    )
    ramp_up: Annotated[Seconds, Field(ge=0, le=86_400)] = Field(
        0, description="How long the rate grows from none to all of it."
    )
    bids_per_lot_max: Annotated[int, Field(ge=0, le=100_000)] = Field(
        250, description="A lot is awarded after so many accepted bids; 0: only by the clock."
    )
    find_limit: Annotated[Seconds, Field(ge=0, le=86_400)] = Field(
        0,
        description="The rate grows by a half every so often, until a threshold breaks; 0: never.",
    )
    max_p99_ms: Limit = Field(None, description="Threshold: delivery p99, in milliseconds.")
    max_lost: Limit = Field(None, description="Threshold: bids that a viewer never heard.")
    max_unanswered: Limit = Field(None, description="Threshold: bids without an answer.")
    min_accepted_per_second: Limit = Field(
        None, description="Threshold: bids accepted a second, while bids are made."
    )
    transport: Transport = Field(
        Transport.MIXED, description="mixed, websocket, or polling for everybody."
    )
    chaos: Annotated[float, Field(ge=0, le=10_000)] = Field(
        0, description="Connections cut per second; their phones come back and resume."
    )
    connect_rate: Annotated[float, Field(gt=0, le=100_000)] = Field(
        500, description="Phones that connect per second."
    )
    polling_share: Share = Field(0.02, description="On long-polling, with transport mixed.")
    full_share: Share = Field(0.02, description="With the official Python client.")
    two_tabs_share: Share = Field(0.05, description="With a second tab open.")
    delta_share: Share = Field(0.25, description='Asking for updates: "delta".')
    compressed_share: Share = Field(0.1, description="Offering compression, as browsers do.")
    slow_share: Share = Field(0.01, description="Slow phones.")
    mistakes: Share = Field(
        0,
        description="Lots with a mistake of the host: bids are taken back, or the lot is opened again.",
    )
    clocks: Share = Field(0, description="Lots that are sold by a clock, which may award them.")
    moderation: Share = Field(
        0, description="Lots during which people are muted, blocked, slowed or lose a comment."
    )
    maxima: Share = Field(0, description="Bids in place of which a maximum bid is set.")
    floor: Share = Field(0, description="Lots for which the host enters bids from the room.")
    registration: bool = Field(
        False, description="Bidders are registered, some up to a limit; others are refused."
    )
    passers_by: Crowd = Field(3, description="Connected, and in no room or in that of next door.")
    seed: int = Field(1, description="The same seed makes the same decisions.")

    @model_validator(mode="after")
    def _has_a_limit_to_find(self) -> Self:
        if self.find_limit and not self.rate:
            raise ValueError("find_limit: it begins with a rate, and the rate is 0")
        thresholds = (self.max_p99_ms, self.max_lost, self.max_unanswered)
        if self.find_limit and all(one is None for one in thresholds):
            raise ValueError(
                "find_limit: nothing can break; set max_p99_ms, max_lost or max_unanswered"
            )
        return self

    def files_max(self, processes: int = 1) -> int:
        """Descriptors that one of its processes takes at once: a phone that polls has two for a moment."""
        polling = 1.0 if self.transport is Transport.POLLING else self.polling_share
        return round(self.sockets_max(processes) * (1 + polling)) + SPARE_FILES

    def sockets_max(self, processes: int = 1) -> int:
        """Sockets that are open at once, second tabs and the host's own among them.

        The viewers' are shared by the processes; all others are in the main one.
        """
        viewers = self.viewers * (1 + self.two_tabs_share * 2) / processes
        return round(viewers) + self.bidders + self.commenters + self.passers_by + 10


PRESETS: dict[str, Scenario] = {
    "smoke": Scenario(chaos=0.5),
    "evening-sale": Scenario(
        viewers=1_000,
        bidders=40,
        commenters=20,
        lots=12,
        rate=12,
        comment_rate=3,
        duration=120,
        chaos=1,
    ),
    "rush": Scenario(
        viewers=10_000,
        bidders=50,
        commenters=20,
        lots=3,
        rate=4,
        comment_rate=1,
        duration=60,
        two_tabs_share=0,
        full_share=0.002,
        polling_share=0.002,
        compressed_share=0.05,
        slow_share=0.001,
        delta_share=0.5,
    ),
    "ramp-up": Scenario(
        viewers=500,
        bidders=50,
        commenters=10,
        lots=9,
        rate=60,
        ramp_up=60,
        duration=90,
        bids_per_lot_max=0,
    ),
    "soak": Scenario(
        viewers=200,
        bidders=20,
        commenters=10,
        lots=240,
        rate=5,
        duration=7_200,
        bids_per_lot_max=0,
        chaos=0.1,
    ),
    "mistakes": Scenario(lots=6, rate=10, duration=18, chaos=0.5, mistakes=1),
    "house": Scenario(
        lots=8,
        rate=10,
        duration=32,
        chaos=0.5,
        mistakes=0.5,
        clocks=0.75,
        moderation=0.75,
        maxima=0.2,
        floor=0.5,
        registration=True,
    ),
    "find-limit": Scenario(
        viewers=200,
        bidders=50,
        commenters=5,
        lots=20,
        rate=10,
        duration=300,
        bids_per_lot_max=0,
        find_limit=10,
        max_p99_ms=1_000,
    ),
    "bid-storm": Scenario(
        viewers=50, bidders=50, commenters=5, lots=100, rate=0, comment_rate=5, duration=30
    ),
}


class BadScenario(ValueError):
    """A scenario that cannot be held. The text is for a person and names the field."""


def read_scenario(path: Path) -> dict[str, Any]:
    """The fields that a TOML file sets; `preset` names what the rest is taken from."""
    try:
        text = path.read_text(encoding="utf-8")
        fields = tomllib.loads(text)
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"{path} is not a TOML file: {error}") from None
    return fields


def scenario(fields: dict[str, Any]) -> Scenario:
    """The scenario of `fields`, on top of their `preset`. Raises `BadScenario`."""
    fields = dict(fields)
    name = fields.pop("preset", "smoke")
    preset = PRESETS.get(name) if isinstance(name, str) else None
    if preset is None:
        there = ", ".join(PRESETS)
        raise BadScenario(
            f"preset: there is no '{name}'; there are {there}. "
            "No sale, and so in no file: baraka simulate hostile"
        )
    try:
        return Scenario.model_validate(preset.model_dump() | fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:  # of several fields, which it names
            raise BadScenario(said) from None
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            there = ", ".join(Scenario.model_fields)
            raise BadScenario(f"{field}: there is no such field; there are {there}") from None
        if first["type"] == "value_error":
            raise BadScenario(f"{field}: {said}") from None
        raise BadScenario(f"{field}: {said}, not {first['input']!r}") from None


METALS = ("18K Gold", "21K Gold", "22K Gold", "925 Silver", "Rose Gold", "White Gold")
PIECES = ("Ring", "Necklace", "Bracelet", "Earrings", "Pendant", "Chain", "Bangle", "Brooch")


def made_up_lots(count: int, seed: int) -> list[ListedLot]:
    """Lots with names of their own, for a sale without a list."""
    chance = Random(f"lots of {seed}")
    lots = []
    for number in range(1, count + 1):
        market = chance.randrange(200, 5_000, 50)
        lots.append(
            ListedLot(
                product=f"{chance.choice(METALS)} {chance.choice(PIECES)} № {number}",
                minimum=round(market * 0.4),
                start=round(market * 0.5),
                market=market,
                weight=f"{chance.randrange(20, 400) / 10}g",
            )
        )
    return lots
