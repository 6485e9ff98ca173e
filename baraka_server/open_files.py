"""How many files the process may have open: each connection is one."""

from __future__ import annotations

import resource

SPARE_FILES = 256
"""For the database, the log, and connections that are refused politely."""


def needed(connections_max: int) -> int:
    """How many files `connections_max` sockets take; 0, for no limit, takes what can be had."""
    return connections_max + SPARE_FILES


def limit() -> int | None:
    """How far `raise_limit` can go; None is as far as it likes."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def raise_limit(connections_max: int) -> int | None:
    """Take as many as are needed, where the system allows it. Returns how many those are.

    Shells and service managers start programs with 1024, and allow far more to those who ask. A
    client that polls takes two for a moment.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed, now = _count(hard), _count(soft)
    wanted = needed(2 * connections_max) if connections_max else allowed
    if wanted is None or now is None or now >= wanted:
        return now
    wanted = wanted if allowed is None else min(wanted, allowed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _count(limit: int) -> int | None:
    return None if limit == resource.RLIM_INFINITY else limit
