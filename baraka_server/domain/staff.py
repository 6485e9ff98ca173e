"""The people of an auction: which role a user has in it, and what that role may do (D46)."""

from __future__ import annotations

from baraka_server.contract.client_events import Who
from baraka_server.domain.state import State

_RANK = {who: rank for rank, who in enumerate(Who)}


def role_of(state: State, user_id: int | None) -> Who:
    """The role of a user; `Who.ANYBODY` is none. An auction without an owner is nobody's, None's."""
    return Who.OWNER if user_id == state.owner_id else Who.ANYBODY


def may(state: State, user_id: int | None, who: Who) -> bool:
    """Whether a user may do what is for `who`."""
    return who is Who.ANYBODY or _RANK[role_of(state, user_id)] >= _RANK[who]
