"""Session ids that name the node and the worker that have the session: `NODE.WORKER.xxxx`.

A load balancer, and the process that accepts connections, read from a request's `sid` where it belongs.
A name says nothing that is secret; what nobody can guess is behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self

HEAD_BYTES_MAX = 8_192
"""The longest request line that is looked at: the longest that aiohttp takes."""

_SID = re.compile(rb"^[A-Z]+ [^ ?]*\?(?:[^ ]*&)?sid=([^ &]{1,200})(?:[ &]|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """A worker of a node. Numbers of workers begin with 1 and are never given twice.

    `boot` is the start of the server, the same for all of its workers; ids do not have it.
    """

    node: str
    worker: int
    boot: str = field(default="", compare=False)

    def named(self, random_part: str) -> str:
        """A session id of this place."""
        return f"{self.node}.{self.worker}.{random_part}"

    @classmethod
    def of(cls, sid: str) -> Self | None:
        """The place of a session id; None for one that names none."""
        node, _, rest = sid.partition(".")
        worker, dot, _ = rest.partition(".")
        return cls(node, int(worker)) if dot and worker.isdecimal() and worker.isascii() else None


def sid_in(head: bytes) -> str | None:
    """The `sid` in the request line with which `head` begins; None where it has none."""
    line, _, _ = head[:HEAD_BYTES_MAX].partition(b"\n")
    found = _SID.match(line.rstrip(b"\r"))
    return found[1].decode("ascii", "replace") if found else None


def is_whole_line(head: bytes) -> bool:
    """Whether the request line is there, or too long to be waited for."""
    return b"\n" in head or len(head) >= HEAD_BYTES_MAX
