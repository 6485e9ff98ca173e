"""Commands of the command line: decided and written as a server does, which then tells of them."""

from __future__ import annotations

from baraka_server.contract.client_events import ClientEvent
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.live.batch import Outcome
from baraka_server.live.transaction import Known, decide_and_write
from baraka_server.store.store import Store


async def carry_out(store: Store, event: ClientEvent, user_id: int | None = None) -> Outcome:
    """The outcome of a command of a user, or of the operator, who may do all that staff may.

    Servers of the same database read its entries from the ledger, and tell their rooms.
    """
    command = Command(event, user_id)
    committed = await store.change(
        event.auction_id,
        lambda auction: decide_and_write(auction, [command], Known(None), HouseRules()),
    )
    return committed.outcomes[0]
