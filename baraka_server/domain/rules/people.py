"""The rules of roles: who works in an auction, and may not bid in it (D46)."""

from __future__ import annotations

from baraka_server.contract.client_events import Who
from baraka_server.contract.people import SetRole
from baraka_server.contract.refusals import Code
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.roles import Role, RoleSet
from baraka_server.domain.rules.checks import is_over, is_stale, over_objection
from baraka_server.domain.rules.operators import acted_by, operator_words
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.staff import role_of
from baraka_server.domain.state import State


def _set_role(state: State, command: Command, event: SetRole, _rules: HouseRules) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    before = state.roles.of(event.user_id)
    wanted = _wanted(event)
    if wanted == before:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    if wanted is not None and event.user_id not in command.found.users:
        return command.refused(Code.USER_NOT_FOUND)
    is_floor_user = event.user_id == state.sale_rules.floor_user_id
    if is_floor_user or role_of(state, event.user_id) is Who.OWNER:
        return command.refused(Code.IS_STAFF)
    if before is None and event.user_id in command.found.bidders:
        return command.refused(Code.HAS_BIDS)
    return RoleSet(
        event.user_id,
        wanted.who if wanted else None,
        before.who if before else None,
        sees_numbers=wanted is not None and wanted.sees_numbers,
        saw_numbers=before is not None and before.sees_numbers,
        by=acted_by(command),
    )


def _wanted(event: SetRole) -> Role | None:
    if event.role is None:
        return None
    who = Who(event.role)
    return Role(who, event.sees_numbers and who is Who.CLERK)


DECISIONS: Decisions = {SetRole: _set_role}


def _set_objection(state: State, _entry: LedgerEntry, event: RoleSet) -> str | None:
    if reason := over_objection(state):
        return reason
    if event.target_id == state.owner_id:
        return "the owner has no other role"
    if event.role is not None and event.target_id == state.sale_rules.floor_user_id:
        return "the floor user has no role"
    before = state.roles.of(event.target_id)
    said = Role(Who(event.before), event.saw_numbers) if event.before else None
    return None if said == before else "it names another role before it than the user had"


OBJECTIONS: Objections = {RoleSet: _set_objection}

_AS = {Who.CLERK: "a clerk", Who.MODERATOR: "a moderator"}


def _set_words(event: RoleSet, name_of: NameOf) -> str:
    who = name_of(event.target_id)
    operator = operator_words(event.by)
    if event.role is None:
        return f"{operator}took the role of {who} away"
    numbers = ", who sees winners' numbers" if event.sees_numbers else ""
    return f"{operator}made {who} {_AS[Who(event.role)]}{numbers}"


WORDS: Words = {RoleSet: _set_words}
