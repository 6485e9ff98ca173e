"""One fault for each way to break a promise, and the words in which a run must name it."""

from tests.simulator.faults import (
    bids,
    connections,
    counts,
    fields,
    lists,
    lost,
    order,
    payloads,
    refusals,
    rooms,
    rules,
)
from tests.simulator.faults.kinds import FAULTS, Fault, rewording

__all__ = [
    "FAULTS",
    "Fault",
    "bids",
    "connections",
    "counts",
    "fields",
    "lists",
    "lost",
    "order",
    "payloads",
    "refusals",
    "rewording",
    "rooms",
    "rules",
]
