"""Questions and answers of nodes about the commands of an auction, as they travel over a link: JSON.

    > {"i": 4, "a": 7, "s": 101, "h": hash of 101, "c": [[3, "placeBid", {...}, [2, true], 99, 12.5]]}
    < {"i": 4, "o": [[{"seq": 102, ...}, 102]], "n": [entries as the relay has them], "b": true}

A command has its user, name, payload, the round that its sender saw, the last entry that the sender's room
had heard, and the time at which it was read, by the clock of whoever is asked. `o` is null where nothing
was taken, and nothing done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.decision import Command, Seen
from baraka_server.live.batch import Outcome
from baraka_server.live.forwarding import FORWARDED
from baraka_server.live.owners import Answered, Asked
from baraka_server.relay.messages import entries_fields, relayed_entries

Clock = Callable[[float], float]
"""A time of this node by the clock of another one."""

_encoded = json.JSONEncoder(separators=(",", ":")).encode


def ask_written(number: int, asked: Asked, theirs: Clock) -> bytes:
    commands = [_command(one, theirs) for one in asked.commands]
    said = {"i": number, "a": asked.auction_id, "s": asked.seq, "h": asked.hash, "c": commands}
    return _encoded(said).encode()


def ask_read(body: bytes, node: str) -> tuple[int, Asked]:
    """The number of what was asked, and what. Raises `ValueError` for what no node asks."""
    said = json.loads(body)
    try:
        commands = [_read_command(*one) for one in said["c"]]
        asked = Asked(int(said["a"]), node, int(said["s"]), str(said["h"]), commands)
        return int(said["i"]), asked
    except (KeyError, TypeError) as error:
        raise ValueError("a node asked what is not understood") from error


def answer_written(number: int, answered: Answered | None, *, with_entries: bool = True) -> bytes:
    if answered is None:
        return _encoded({"i": number, "o": None}).encode()
    outcomes = [
        [_outcome(outcome), last_seq]
        for outcome, last_seq in zip(answered.outcomes, answered.last_seqs, strict=True)
    ]
    news = [entries_fields(one) | ({} if with_entries else {"e": []}) for one in answered.news]
    return _encoded({"i": number, "o": outcomes, "n": news, "b": answered.busy}).encode()


def answer_read(body: bytes) -> tuple[int, Answered | None]:
    """The number of what was answered, and the answer. Raises `ValueError`."""
    said = json.loads(body)
    try:
        if said["o"] is None:
            return int(said["i"]), None
        outcomes = [_read_outcome(one) for one, _ in said["o"]]
        last_seqs = [int(last_seq) for _, last_seq in said["o"]]
        news = tuple(relayed_entries(one) for one in said["n"])
        return int(said["i"]), Answered(outcomes, last_seqs, news, bool(said["b"]))
    except (KeyError, TypeError) as error:
        raise ValueError("a node answered what is not understood") from error


def _command(command: Command, theirs: Clock) -> list[Any]:
    seen = command.seen and [command.seen.round, command.seen.here]
    read_at = None if command.read_at is None else theirs(command.read_at)
    event = command.event
    return [command.user_id, event.wire_name, event.payload(), seen, command.heard_seq, read_at]


def _read_command(
    user_id: int,
    name: str,
    payload: dict[str, Any],
    seen: Sequence[Any] | None,
    heard_seq: int | None,
    read_at: float | None,
) -> Command:
    event = parse(name, [payload])
    if not isinstance(event, ClientEvent) or not isinstance(event, FORWARDED):
        raise ValueError(f"a node asked for {name}, which no node gives away")
    return Command(
        event,
        int(user_id),
        heard_seq=heard_seq,
        seen=Seen(seen[0], bool(seen[1])) if seen else None,
        read_at=read_at,
    )


def _outcome(outcome: Outcome) -> Any:
    if isinstance(outcome, Refusal):
        return [outcome.code, outcome.event, dict(outcome.values)]
    return outcome


def _read_outcome(said: Any) -> Outcome:
    if isinstance(said, list):
        code, event, values = said
        return Refusal(Code(code), event, values)
    return dict(said)
