"""Every fault that can happen to an installation."""

from __future__ import annotations

from random import Random

from baraka_server.store.store import Store
from tests.support.chaos.database_faults import of_database
from tests.support.chaos.fault import Fault
from tests.support.chaos.nodes import Installation
from tests.support.chaos.process_faults import of_node, of_owner, of_workers
from tests.support.chaos.redis_faults import of_redis


def faults_of(here: Installation, store: Store, random: Random) -> list[Fault]:
    """All that can happen to an installation, but for long freezes and a fail-over."""
    found = [*of_database(here)]
    if here.set_up.has_redis:
        found += of_redis(here, store, random)
    for node in here.nodes:
        found += of_node(node)
        if here.set_up.workers > 1:
            found += of_workers(node, random)
    if here.set_up.named and (here.set_up.nodes > 1 or here.set_up.workers > 1):
        found += of_owner(here)
    return found
