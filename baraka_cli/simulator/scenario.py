"""`Scenario`: who comes to a simulated sale, what they do, for how long; and the presets."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baraka_cli.run_list import ListedLot


class Transport(StrEnum):
    MIXED = "mixed"
    WEBSOCKET = "websocket"
    POLLING = "polling"


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
    duration: Annotated[float, Field(gt=0, le=86_400)] = Field(
        10, description="Seconds of bidding, over all lots."
    )
    bids_per_lot_max: Annotated[int, Field(ge=0, le=100_000)] = Field(
        250, description="A lot is awarded after so many accepted bids; 0: only by the clock."
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
    passers_by: Crowd = Field(3, description="Connected, and in no room or in that of next door.")
    seed: int = Field(1, description="The same seed makes the same decisions.")

    @property
    def sockets_max(self) -> int:
        """Sockets that are open at once, second tabs and the host's own among them."""
        people = self.viewers + self.bidders + self.commenters + self.passers_by
        return people + round(self.viewers * self.two_tabs_share * 2) + 10


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
        raise BadScenario(f"{path} is no TOML file: {error}") from None
    return fields


def scenario(fields: dict[str, Any]) -> Scenario:
    """The scenario of `fields`, on top of their `preset`. Raises `BadScenario`."""
    fields = dict(fields)
    name = fields.pop("preset", "smoke")
    preset = PRESETS.get(name) if isinstance(name, str) else None
    if preset is None:
        raise BadScenario(f"preset: there is no '{name}'; there are " + ", ".join(PRESETS))
    try:
        return Scenario.model_validate(preset.model_dump() | fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            there = ", ".join(Scenario.model_fields)
            raise BadScenario(f"{field}: there is no such field; there are {there}") from None
        raise BadScenario(f"{field}: {first['msg']}, not {first['input']!r}") from None


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
