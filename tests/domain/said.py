"""A sale on the rules alone: what is said in it is decided, and each entry may follow, is stored and folded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.acts import objection as act_objection
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import (
    By,
    Command,
    Decision,
    Found,
    HouseRules,
    RefusedWith,
    Seen,
    Several,
)
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.kinds import KINDS
from baraka_server.domain.maxima import MaximumSet
from baraka_server.domain.replay import objection
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, LIVE, OPENING


class SaidSale:
    """Auction 42, live; `labels` and `sealed` are what the rows would have."""

    def __init__(self) -> None:
        self.state, self.acts = State(), RoundActs()
        self.labels: dict[int, str | None] = {}
        self.sealed: dict[int, Any] = {}
        self.users = {AMINA, BILAL, DINA}
        for user_id, event in LIVE:
            self.writes(event, user_id)

    def asked(
        self, name: str, user_id: int | None = AMINA, seen: Seen | None = None, **payload: Any
    ) -> Decision:
        event = parse(name, [{"auctionId": 42} | payload])
        assert isinstance(event, ClientEvent), event
        found = Found(
            frozenset(self.users),
            b"salt",
            round=self.acts,
            standing=self.standing(payload),
            labels=self.labels,
            sealed=self.sealed,
        )
        return decide(self.state, Command(event, user_id, seen=seen, found=found), HouseRules())

    def standing(self, payload: dict[str, Any]) -> tuple[Any, ...]:
        bids = tuple(reversed(self.acts.bids))
        runner_up = payload["bidId"] if payload.get("runnerUp") else None
        return tuple(bid for bid in bids if runner_up in {None, bid.bid_id})

    def gives(self, name: str, user_id: int = AMINA, **payload: Any) -> list[Event]:
        decision = self.asked(name, user_id, **payload)
        if isinstance(decision, Event):
            decision = Several((decision,))
        assert isinstance(decision, Several | RefusedWith), decision
        written = []
        for one in decision.events:
            event, who = (one.event, one.user_id) if isinstance(one, By) else (one, user_id)
            written.append(self.writes(event, who))
        return written

    def writes(self, event: Event, user_id: int | None) -> Event:
        entry = next_entry(self.state, event, user_id, OPENING)
        if isinstance(event, BidPlaced):
            entry = replace(entry, event=replace(event, bid_id=entry.seq))
            if event.label is not None and event.label_paddle is not None:
                self.labels[event.label_paddle] = event.label.text
        if isinstance(event, MaximumSet):
            self.sealed[entry.seq] = event.sealed
        assert objection(self.state, entry) is None
        assert act_objection(self.acts, entry) is None
        stored = through_json(entry)
        self.acts.take(stored)
        self.state = apply(self.state, stored)
        return entry.event

    def refused(self, name: str, user_id: int = AMINA, **payload: Any) -> Code:
        refusal = self.asked(name, user_id, **payload)
        assert isinstance(refusal, Refusal), refusal
        assert refusal.message
        return refusal.code


def through_json(entry: LedgerEntry) -> LedgerEntry:
    """The entry as it is read: texts are not in it."""
    texts = {text.hash: text.text or "" for text in entry.event.texts}
    data = json.loads(json.dumps(entry.event.data()))
    return replace(entry, event=KINDS[entry.event.kind].from_data(data).with_texts(texts))
