"""Commands about the run list and its lots, and what the room is told of them (D35)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from baraka_server.contract.acknowledgements import LotAccepted, LotsAccepted
from baraka_server.contract.client_events import ClientEvent, StaffCommand
from baraka_server.contract.fields import (
    Counter,
    Description,
    Id,
    Increments,
    Price,
    Text,
    TextOrBlank,
    WebAddress,
)
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent, ServerModel

LOTS_PER_COMMAND_MAX = 500
LOTS_TOLD_MAX = 20
"""How many changed lots `lotsChanged` has; of more it has none."""
LOTS_MAX = 5_000
"""How many lots an auction may have."""

RESERVE_WARNING = "An app that knows no reserve will be refused to award a lot below it"


class LotState(StrEnum):
    """What became of a lot so far."""

    WAITING = "waiting"
    OPEN = "open"
    SOLD = "sold"
    PASSED = "passed"
    WITHDRAWN = "withdrawn"


def _some(value: Any) -> Any:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LOTS_PER_COMMAND_MAX:
        raise PydanticCustomError(
            "contract", "{text}", {"text": f"must be a list of 1 to {LOTS_PER_COMMAND_MAX} lots"}
        )
    return value


class NewLot(BaseModel):
    """A lot as it is added. Without a number it gets the next one."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    product: Text = Field(description="Product name.")
    minimum_price: Price = Field(alias="minBidPrice")
    start_price: Price = Field(alias="bidPrice")
    market_price: Price = Field(alias="actualPrice")
    number: Id | None = Field(None, alias="lotNumber")
    description: Description | None = None
    weight: TextOrBlank | None = None
    image_url: WebAddress | None = Field(None, alias="imageUrl")
    increments: Increments = None
    reserve: Price | None = None
    was: Literal["passed", "sold"] | None = Field(
        None, description="What became of it before the auction had a run list."
    )
    winning_id: Id | None = Field(None, alias="winningId", description="With `was: sold`.")


VERSION = "The `lotsVersion` that the sender looked at."
BEFORE = "The lot that it is put before; none is the end."


class AddLots(StaffCommand):
    """Add lots to the run list."""

    wire_name = "addLots"
    answer = LotsAccepted
    over_http = True

    lots: Annotated[tuple[NewLot, ...], BeforeValidator(_some)] = Field(
        description="1 to 500.",
        json_schema_extra={"minItems": 1, "maxItems": LOTS_PER_COMMAND_MAX},
    )
    before: Id | None = Field(None, description=BEFORE)
    version: Counter | None = Field(None, description=VERSION)


class LotCommand(StaffCommand):
    """A command about one lot of the run list."""

    over_http = True

    lot_id: Id = Field(alias="lotId", description="The lot.")


class EditLot(LotCommand):
    """Change a lot. Fields that are left out stay; null takes away what a lot need not have."""

    wire_name = "editLot"
    answer = LotAccepted
    EDITED: ClassVar[dict[str, bool]] = {
        "product": True,
        "minimum_price": True,
        "start_price": True,
        "market_price": True,
        "number": True,
        "description": False,
        "weight": False,
        "image_url": False,
        "increments": False,
        "reserve": False,
    }
    """The fields that it may change, and whether a lot must have each."""

    version: Counter = Field(description=VERSION)
    product: Text | None = None
    minimum_price: Price | None = Field(None, alias="minBidPrice")
    start_price: Price | None = Field(None, alias="bidPrice")
    market_price: Price | None = Field(None, alias="actualPrice")
    number: Id | None = Field(None, alias="lotNumber")
    description: Description | None = None
    weight: TextOrBlank | None = None
    image_url: WebAddress | None = Field(None, alias="imageUrl")
    increments: Increments = None
    reserve: Price | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The fields that are set, by their names here. A field that every lot has cannot be taken away."""
        said = self.model_fields_set & self.EDITED.keys()
        return {
            name: value
            for name in said
            if (value := getattr(self, name)) is not None or not self.EDITED[name]
        }

    def payload(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_unset=True)


class MoveLot(LotCommand):
    """Put a lot that waits at another place of the run list."""

    wire_name = "moveLot"

    before: Id | None = Field(description=BEFORE)


class WithdrawLot(LotCommand):
    """Take a lot that waits, or was passed, out of the sale."""

    wire_name = "withdrawLot"


class OfferAgain(LotCommand):
    """Let a lot that was passed or withdrawn wait again."""

    wire_name = "offerAgain"

    before: Id | None = Field(None, description=BEFORE)


WITH_BIDS = "The bid that stands, to set it aside with the others."


class OpenLot(LotCommand):
    """Put a lot on the block."""

    wire_name = "openLot"
    about_lot = True

    with_bids: Counter | None = Field(None, alias="withBids", description=WITH_BIDS)


class RepriceLot(StaffCommand):
    """Change prices, steps or reserve of the lot on the block."""

    wire_name = "repriceLot"
    answer = LotAccepted
    about_lot = True
    over_http = True

    minimum_price: Price | None = Field(None, alias="minBidPrice")
    start_price: Price | None = Field(None, alias="bidPrice")
    market_price: Price | None = Field(None, alias="actualPrice")
    increments: Increments = None
    reserve: Price | None = None

    def payload(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_unset=True)


class PassLot(StaffCommand):
    """Take the lot off the block without a sale."""

    wire_name = "passLot"
    about_lot = True
    over_http = True

    with_bids: Counter | None = Field(None, alias="withBids", description=WITH_BIDS)


class RunListLot(ServerModel):
    """A lot of the run list. `reserve` is only told to those who work in the auction."""

    lot_id: int = Field(alias="lotId")
    number: int = Field(alias="lotNumber")
    position: int = Field(description="Rising along the run list, with gaps.")
    state: LotState
    product: str
    minimum_price: int = Field(alias="minBidPrice")
    start_price: int = Field(alias="bidPrice")
    market_price: int = Field(alias="actualPrice")
    description: str | None
    weight: str | None
    image_url: str | None = Field(alias="imageUrl")
    increments: Increments
    winning_id: int | None = Field(alias="winningId")
    version: int = Field(description="The `seq` of its last change.")
    reserve: int | None = None

    def seen(self, *, whole: bool = False) -> dict[str, Any]:
        """The payload; `whole` with the reserve."""
        hidden = None if whole else {"reserve"}
        return self.model_dump(mode="json", by_alias=True, exclude=hidden)


def is_known_lot(told: Any) -> bool:
    """Whether a lot is in a state that this program knows; a newer server may tell of others."""
    return not isinstance(told, Mapping) or told.get("state") in tuple(LotState)


def _known_lots(told: Any) -> Any:
    return [lot for lot in told if is_known_lot(lot)] if isinstance(told, list) else told


class RunListReport(ServerModel):
    """The run list in its order, as `GET /api/auctions/{id}/lots` answers it.

    Lots in a state that only a newer server knows are left out.
    """

    lots_version: int = Field(alias="lotsVersion")
    lots: Annotated[list[RunListLot], BeforeValidator(_known_lots)]
    whole: bool = Field(False, exclude=True, description="Whether it has the reserves.")

    def payload(self) -> dict[str, Any]:
        lots = [lot.seen(whole=self.whole) for lot in self.lots]
        return {"lotsVersion": self.lots_version, "lots": lots}


class LotsChanged(AuctionEvent):
    """Lots of the run list were added, edited, moved, withdrawn or offered again."""

    wire_name = "lotsChanged"
    scope = Scope.ROOM

    lots_version: int = Field(alias="lotsVersion")
    lots: list[RunListLot] | None = Field(
        description="Those that changed; null for more than 20: read `GET /api/auctions/{id}/lots`."
    )


COMMANDS: tuple[type[ClientEvent], ...] = (
    AddLots,
    EditLot,
    MoveLot,
    WithdrawLot,
    OfferAgain,
    OpenLot,
    RepriceLot,
    PassLot,
)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (LotsChanged,)
