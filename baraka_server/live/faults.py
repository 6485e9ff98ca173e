"""Unexpected errors: an incident number for the client, everything else for the log (D19)."""

from __future__ import annotations

import logging
import secrets

from baraka_server.contract.refusals import Code, Refusal

log = logging.getLogger(__name__)


def fault(where: str, error: BaseException) -> Refusal:
    """Log `error` with a new incident id, and return the refusal that tells no more than this id."""
    incident = secrets.token_hex(4)
    log.error(
        "incident %s in %s",
        incident,
        where or "the server",
        exc_info=error,
        extra={"event": "fault", "incident": incident},
    )
    return Refusal(Code.FAULT, where, {"incident": incident})
