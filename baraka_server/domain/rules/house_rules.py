"""The rules about setting the rules of an auction (D48)."""

from __future__ import annotations

from dataclasses import replace

from baraka_server.contract.client_events import Who
from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.refusals import Code
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.rules.checks import is_over, is_stale, over_objection
from baraka_server.domain.rules.operators import acted_by, operator_words
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.sale_rules import HouseRulesSet
from baraka_server.domain.staff import role_of
from baraka_server.domain.state import State


def _set_rules(
    state: State, command: Command, event: SetHouseRules, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    before = state.sale_rules
    wanted = replace(before, **event.values)
    if wanted == before:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    floor = wanted.floor_user_id
    if floor is not None and floor != before.floor_user_id:
        if floor not in command.found.users:
            return command.refused(Code.USER_NOT_FOUND)
        if role_of(state, floor) is not Who.ANYBODY:
            return command.refused(Code.IS_STAFF)
    return HouseRulesSet(wanted, before, by=acted_by(command))


DECISIONS: Decisions = {SetHouseRules: _set_rules}


def _set_objection(state: State, _entry: LedgerEntry, event: HouseRulesSet) -> str | None:
    if reason := over_objection(state):
        return reason
    if event.before != state.sale_rules:
        return "it names other rules before it than there were"
    floor = event.rules.floor_user_id
    is_new = floor is not None and floor != event.before.floor_user_id
    if is_new and role_of(state, floor) is not Who.ANYBODY:
        return f"user {floor} works in the auction, and cannot be its floor user"
    return None


OBJECTIONS: Objections = {HouseRulesSet: _set_objection}


def _set_words(event: HouseRulesSet, name_of: NameOf) -> str:
    rules, before = event.rules, event.before
    said = []
    if rules.registration != before.registration:
        who = "only registered bidders" if rules.by_approval else "everybody"
        said.append(f"let {who} bid")
    if rules.maxima != before.maxima:
        said.append("allowed maximum bids" if rules.maxima else "allowed no more maximum bids")
    if rules.floor_user_id != before.floor_user_id:
        floor = rules.floor_user_id
        said.append(
            "named no floor user any more"
            if floor is None
            else f"named {name_of(floor)} the floor user"
        )
    *first, last = said or ["changed nothing of the rules"]
    return operator_words(event.by) + " and ".join([*([", ".join(first)] if first else []), last])


WORDS: Words = {HouseRulesSet: _set_words}
