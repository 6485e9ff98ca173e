"""A refusal as an exception: ends the answer to an HTTP request wherever it is found."""

from __future__ import annotations

from typing import TypeVar

from baraka_server.contract.refusals import Refusal

T = TypeVar("T")


class Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def or_refused(value: T | Refusal) -> T:
    """The value; raises `Refused` where it is a refusal."""
    if isinstance(value, Refusal):
        raise Refused(value)
    return value
