"""Checkpoints: the end of a ledger, signed, in one line that is kept outside the database (D56).

Whoever can write the database can write a ledger anew, with all its hashes. A line that was printed
before proves that there was another one; without the server's secret nobody can make such a line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from baraka_server.contract.fields import INT_MAX, iso_time
from baraka_server.contract.reports import BrokenCheckpoint, Checkpoint, Verdict
from baraka_server.store import ledger
from baraka_server.store.errors import NotThere
from baraka_server.store.store import Store

KEY_LABEL = b"baraka checkpoint 1"
MARK = "baraka-checkpoint"
_LINE = re.compile(
    rf"{MARK} 1 auction=(?P<auction>\d{{1,10}}) seq=(?P<seq>\d{{1,10}}) hash=(?P<hash>[0-9a-f]{{64}})"
    r" time=(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) hmac=(?P<hmac>[0-9a-f]{64})\b"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a key made of the server's secret, which signs nothing else."""

    key: bytes

    @classmethod
    def of(cls, secret: str) -> Signer:
        return cls(hmac.digest(secret.encode(), KEY_LABEL, "sha256"))

    def signature(self, said: str) -> str:
        return hmac.new(self.key, said.encode(), hashlib.sha256).hexdigest()

    def signed(self, auction_id: int, seq: int, hash_: str, at: datetime) -> Checkpoint:
        said = _said(auction_id, seq, hash_, iso_time(at))
        return Checkpoint(
            auctionId=auction_id,
            seq=seq,
            hash=hash_,
            time=at,
            text=f"{said} hmac={self.signature(said)}",
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as it was found in a file; its signature is not checked yet."""

    auction_id: int
    seq: int
    hash: str
    time: str
    signature: str

    def is_signed_by(self, signer: Signer) -> bool:
        said = _said(self.auction_id, self.seq, self.hash, self.time)
        return hmac.compare_digest(self.signature, signer.signature(said))


def _said(auction_id: int, seq: int, hash_: str, time: str) -> str:
    return f"{MARK} 1 auction={auction_id} seq={seq} hash={hash_} time={time}"


def found_in(text: str) -> Iterator[Kept]:
    """The checkpoints in a text, whatever stands around them. Raises `ValueError` for a damaged one."""
    for line in text.splitlines():
        for start in [match.start() for match in re.finditer(MARK, line)]:
            match = _LINE.match(line, start)
            if match is None or int(match["seq"]) > INT_MAX or int(match["auction"]) > INT_MAX:
                raise ValueError(line[start:].strip())
            yield Kept(
                int(match["auction"]),
                int(match["seq"]),
                match["hash"],
                match["time"],
                match["hmac"],
            )


async def take(store: Store, signer: Signer, auction_id: int) -> Checkpoint:
    """The end of the auction's ledger, signed. Raises `NotThere` where it has no entry."""
    seq, hash_ = (await store.ends([auction_id])).get(auction_id, (0, ledger.GENESIS))
    if seq == 0:
        raise NotThere(f"Auction {auction_id} has no ledger yet, so there is nothing to sign.")
    return signer.signed(auction_id, seq, hash_, datetime.now(UTC))


async def with_checkpoints(
    store: Store, signer: Signer, verdict: Verdict, kept: Iterable[Kept]
) -> Verdict:
    """The verdict on a ledger, with those of the `kept` checkpoints of its auction that it breaks."""
    ours = {one for one in kept if one.auction_id == verdict.auctionId}
    ends = await store.ends([verdict.auctionId])
    end, _ = ends.get(verdict.auctionId, (0, ""))
    found = []
    for one in sorted(ours, key=lambda one: (one.seq, one.time)):
        there = await store.hashes(verdict.auctionId, one.seq, one.seq)
        if not one.is_signed_by(signer):
            reason = "it is not signed with this secret: it was altered, or the secret was changed"
        elif one.seq > end:
            reason = f"the ledger had {one.seq} entries then, and has {end} now"
        elif there.get(one.seq) != one.hash:
            reason = f"entry {one.seq} was another one then: the ledger was written anew since"
        else:
            continue
        found.append(BrokenCheckpoint(seq=one.seq, time=one.time, reason=reason))
    return verdict.model_copy(update={"ok": verdict.ok and not found, "brokenCheckpoints": found})


def without_ledger(auction_id: int) -> Verdict:
    """The verdict on an auction of which nothing is left."""
    return Verdict(
        auctionId=auction_id,
        ok=True,
        entries=0,
        unknownEntries=0,
        alteredEntry=None,
        disagreements=[],
    )
