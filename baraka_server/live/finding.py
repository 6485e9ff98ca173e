"""`Finding`: what is handed to a finder, which reads what the rows say for a command's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baraka_server.domain.decision import Command
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.state import State
from baraka_server.store.locked import LockedAuction


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finder looks at: the locked auction, the state before the commands, and the commands.

    `unwritten` are the entries up to that state that are not in the ledger yet: of other programs.
    """

    auction: LockedAuction
    state: State
    unwritten: Sequence[LedgerEntry]
    commands: Sequence[Command]
