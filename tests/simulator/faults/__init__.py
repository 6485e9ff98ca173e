"""One fault for each way to break a promise, and the words in which a run must name it."""

from tests.simulator.faults import (
    bids,
    clocks,
    connections,
    counts,
    fields,
    house_rules,
    lists,
    lost,
    moderation,
    order,
    payloads,
    refusals,
    rooms,
    rules,
    taken_back,
)
from tests.simulator.faults.kinds import FAULTS, Fault, rewording
from tests.simulator.faults.sales import expect_found

__all__ = [
    "FAULTS",
    "Fault",
    "bids",
    "clocks",
    "connections",
    "counts",
    "expect_found",
    "fields",
    "house_rules",
    "lists",
    "lost",
    "moderation",
    "order",
    "payloads",
    "refusals",
    "rewording",
    "rooms",
    "rules",
    "taken_back",
]
