"""Limit of open files of the process, which is raised for its connections: each is one."""

from __future__ import annotations

import resource

SPARE_FILES = 256
"""Files for the database, the log, and connections that are refused with an answer."""


def needed(connections_max: int) -> int:
    """The number of files that `connections_max` sockets take."""
    return connections_max + SPARE_FILES


def limit() -> int | None:
    """The hard limit, up to which `raise_limit` can go; None is no limit."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def raise_limit(connections_max: int) -> int | None:
    """Raise the limit of open files to what is needed, where the system allows it. Returns the limit.

    Shells and service managers start programs with 1024, and allow far more. A client that polls takes
    two files for a moment. With `connections_max` 0 the limit is raised as far as possible.
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
