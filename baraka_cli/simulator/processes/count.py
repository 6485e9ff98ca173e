"""`processes_that_help`: the number of processes that a crowd takes by itself."""

from __future__ import annotations

import os
from math import ceil

VIEWERS_PER_PROCESS = 2_500
"""Fewer of them do not keep a core busy, and a process more is only one more to wait for."""


def cores() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_that_help(viewers: int, cores: int) -> int:
    """As many as there are viewers for, and no more than `cores`."""
    return max(1, min(ceil(viewers / VIEWERS_PER_PROCESS), cores))
