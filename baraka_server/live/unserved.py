"""Answers and log where commands of an auction could not be served."""

from __future__ import annotations

import logging

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.state import State
from baraka_server.live.faults import fault
from baraka_server.live.transaction import Forked
from baraka_server.live.waiting import Waiting
from baraka_server.store.errors import OutcomeUnknown, StoreError
from baraka_server.store.unsuited import Unsuited

log = logging.getLogger(__name__)


class Unserved:
    """Refuses what a database or a fault kept one auction from serving, and says so in the log."""

    def __init__(self, auction_id: int) -> None:
        self._auction_id = auction_id
        self._unknown_noted = False
        self._unsuited_told: set[str] = set()

    def refusal(self, waiting: Waiting, error: Exception) -> Refusal:
        """The refusal of what waited, by what went wrong."""
        name = waiting.event.wire_name if waiting.event else ""
        if isinstance(error, Forked):  # its sender saw another history
            return Refusal(Code.UNAVAILABLE, name)
        if isinstance(error, OutcomeUnknown):
            return Refusal(Code.OUTCOME_UNKNOWN, name)
        if isinstance(error, Unsuited):
            self._tell_of_unsuited(str(error))
            return Refusal(Code.UNSUITED, name)
        if isinstance(error, StoreError):
            return Refusal(Code.UNAVAILABLE, name)
        return fault(name, error)

    def _tell_of_unsuited(self, reason: str) -> None:
        """Log a refusal of the database once: it will come again until somebody mends the table."""
        if reason not in self._unsuited_told:
            self._unsuited_told.add(reason)  # there are as many as there are columns and keys
            log.error(
                "auction %s: the database refuses %s; see: baraka doctor",
                self._auction_id,
                reason,
                extra={"event": "unsuited_table", "auction": self._auction_id},
            )

    def note_refused(self, count: int, error: Exception) -> None:
        log.warning(
            "auction %s: %s commands were refused: %s",
            self._auction_id,
            count,
            error,
            extra={"event": "asks_refused", "auction": self._auction_id},
        )

    def note_unknown(self, state: State) -> None:
        """Log once that a newer program changed the rules of the auction (D55)."""
        if not state.understood and not self._unknown_noted:
            log.warning(
                "auction %s: a newer version of Baraka changed its rules; nothing is accepted in it "
                "here until this server is updated (its ledger has %s entries)",
                self._auction_id,
                state.seq,
                extra={"event": "newer_rules", "auction": self._auction_id},
            )
        self._unknown_noted = not state.understood
