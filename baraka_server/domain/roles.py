"""Roles: who works in an auction beside its owner, and as what (D46)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from baraka_server.contract.client_events import Who
from baraka_server.domain.events import BY, Choices, Event, LedgerEntry


@dataclass(frozen=True, slots=True)
class Role:
    """The role that a user was given. `sees_numbers`: winners' whole telephone numbers."""

    who: Who
    sees_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles that the owner of an auction gave, by user."""

    given: Mapping[int, Role] = field(default_factory=dict)

    def of(self, user_id: int | None) -> Role | None:
        return None if user_id is None else self.given.get(user_id)


NONE_GIVEN = Roles()


@dataclass(frozen=True, slots=True)
class RoleSet(Event):
    """A user got a role, another one, or lost it: `role` is then None. `before` is what the user had."""

    kind = "role_set"
    sparse: ClassVar[Mapping[str, Any]] = {
        "sees_numbers": False,
        "saw_numbers": False,
        "by": None,
    }
    choices: ClassVar[Choices] = {
        ("role",): (None, Who.CLERK, Who.MODERATOR),
        ("before",): (None, Who.CLERK, Who.MODERATOR),
        **BY,
    }

    target_id: int
    role: str | None
    before: str | None
    sees_numbers: bool = False
    saw_numbers: bool = False
    by: str | None = None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id,)


def _set(roles: Roles, event: RoleSet, _entry: LedgerEntry) -> Roles:
    given = {user_id: role for user_id, role in roles.given.items() if user_id != event.target_id}
    if event.role is not None:
        given[event.target_id] = Role(Who(event.role), event.sees_numbers)
    return Roles(given)


KINDS: tuple[type[Event], ...] = (RoleSet,)
FOLDS: dict[type[Event], Callable[[Roles, Any, LedgerEntry], Roles]] = {RoleSet: _set}
