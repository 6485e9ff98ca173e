"""Counts of what came of signing in, by outcome: read by whoever shows numbers of a server."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum


class Outcome(StrEnum):
    """The outcomes that are counted; the value is the name for programs."""

    CODE_ASKED = "code_asked"
    CODE_LIMITED = "code_limited"
    CODE_SENT = "code_sent"
    CODE_SENT_AGAIN = "code_sent_again"
    CODE_NOT_SENT = "code_not_sent"
    CODE_FOR_NOBODY = "code_for_nobody"
    NUMBER_DOUBLED = "number_doubled"
    CODE_WRONG = "code_wrong"
    TRIES_LIMITED = "tries_limited"
    SIGNED_IN = "signed_in"
    SIGNED_UP = "signed_up"
    USER_BLOCKED = "user_blocked"
    REFRESHED = "refreshed"
    REFRESH_REUSED = "refresh_reused"
    SESSION_OVER = "session_over"
    LOGGED_OUT = "logged_out"


Counts = Counter[Outcome]
"""`counts[Outcome.SIGNED_IN]` since the start of the process."""
