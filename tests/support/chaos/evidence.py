"""Evidence of a sale, which the checks look at: what was asked, answered, heard and measured."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

UNSETTLED = {"outcome_unknown", "unavailable", "busy", "not_joined"}
"""Refusals after which the same request is sent again."""


class Kind(StrEnum):
    """What a fault is in."""

    REDIS = "redis"
    DATABASE = "database"
    NODE = "node"


@dataclass
class Attempt:
    """One time that a request was sent; `answer` is None where none came."""

    sent_at: float
    answered_at: float
    answer: dict[str, Any] | None


@dataclass
class Asked:
    """A request, under one `requestId`, and all that came of it."""

    user_id: int
    event: str
    payload: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def settled(self) -> list[dict[str, Any]]:
        """The answers that say what became of it; all of them say the same."""
        answers = [one.answer for one in self.attempts if one.answer is not None]
        return [one for one in answers if one.get("ok") or one.get("code") not in UNSETTLED]

    @property
    def accepted(self) -> dict[str, Any] | None:
        return next((one for one in self.settled if one.get("ok")), None)


@dataclass
class Window:
    """The time of a fault, from its beginning until it is healed."""

    name: str
    kind: Kind
    begin: float
    end: float = float("inf")


@dataclass
class Evidence:
    """Of one sale; the times are of `time.monotonic`."""

    windows: list[Window] = field(default_factory=list)
    not_ready: list[tuple[float, str, str]] = field(default_factory=list)
    """When, which server, and what it said instead."""
    memory_grown_bytes: dict[str, int] = field(default_factory=dict)
    """By how much each server has grown at most, beside its first look."""
    kept_seq: int | None = None
    """Where a fail-over lost commits: the last entry that was kept."""
    lost_at: float = float("inf")
    behind: dict[int, str] = field(default_factory=dict)
    """Who had not heard the end when there was time enough, and what they had heard."""
    counted_seconds: float | None = None
    """How long the counts took to be exact, since everything was healed and everybody had joined."""

    def only_redis(self, begin: float, end: float, grace_seconds: float) -> bool:
        """Whether Redis was at fault between these times, and nothing else, nor shortly before."""
        near = [one for one in self.windows if one.begin < end and begin < one.end + grace_seconds]
        return bool(near) and all(one.kind is Kind.REDIS for one in near)


def now() -> float:
    return time.monotonic()
