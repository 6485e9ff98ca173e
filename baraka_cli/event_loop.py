"""`loop_factory`: the server's choice of event loop, for the loops of the command line."""

from baraka_server.event_loop import loop_factory

__all__ = ["loop_factory"]
