"""`loop_factory`: makes the event loops of programs: uvloop's, where it is installed."""

from __future__ import annotations

from typing import Any


def loop_factory() -> Any:
    """A factory for `asyncio.Runner`; None for the standard loop."""
    try:
        import uvloop
    except ImportError:  # it does not install everywhere
        return None
    return uvloop.new_event_loop
