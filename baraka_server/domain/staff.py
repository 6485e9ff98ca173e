"""The people of an auction: which role a user has in it, and what that role may do (D46)."""

from __future__ import annotations

from baraka_server.contract.client_events import Who
from baraka_server.domain.state import State

_RANK = {who: rank for rank, who in enumerate(Who)}


def role_of(state: State, user_id: int | None) -> Who:
    """The role of a user; `Who.ANYBODY` is none. An auction without an owner is nobody's, None's."""
    if user_id == state.owner_id:
        return Who.OWNER
    given = state.roles.of(user_id)
    return given.who if given else Who.ANYBODY


def may(state: State, user_id: int | None, who: Who) -> bool:
    """Whether a user may do what is for `who`."""
    return who is Who.ANYBODY or covers(role_of(state, user_id), who)


def works_here(state: State, user_id: int) -> bool:
    """Whether a user has a role in the auction, or is its floor user."""
    is_floor_user = user_id == state.sale_rules.floor_user_id
    return is_floor_user or role_of(state, user_id) is not Who.ANYBODY


def covers(role: Who, who: Who) -> bool:
    """Whether a role may do what is for `who`: each may do what those below it may."""
    return _RANK[role] >= _RANK[who]


def role_name(state: State, user_id: int) -> str | None:
    """The role as clients are told it; None for none."""
    role = role_of(state, user_id)
    return role.value if role.is_staff else None
