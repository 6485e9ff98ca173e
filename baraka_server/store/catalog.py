"""Queries around a sale: auctions, users, categories and winnings, read and created.

Users' numbers are whole here: the caller masks them for others (D17).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.client_events import Who
from baraka_server.contract.fields import Text, TextOrBlank, whole_milliseconds
from baraka_server.contract.lots import RunListReport
from baraka_server.contract.records import Auction, AuctionType, User, UserType
from baraka_server.contract.reports import WinningWithUser
from baraka_server.domain.roles import Role
from baraka_server.domain.sale_rules import GUIDES_RULES, HouseRulesSet, SaleRules
from baraka_server.domain.staff import may
from baraka_server.domain.winnings import WinningChanged
from baraka_server.store.errors import NotThere, Unfit
from baraka_server.store.labels import Label, labels_of_winnings
from baraka_server.store.ledger import read_last, read_roles, read_state
from baraka_server.store.lots import read_lots
from baraka_server.store.paddles import paddles_in
from baraka_server.store.pages import Page, Span, read_page
from baraka_server.store.rows import (
    USER_COLUMNS,
    is_id,
    read_auction,
    read_users,
    records,
    records_with_users,
    with_user,
)
from baraka_server.store.slices import in_slices
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, blocked_users, categories, events, users, winnings

FROM_THE_BEGINNING = Span()

CATEGORIES_NAMED_MAX = 20
"""How many categories an error names."""

DEFAULT_CATEGORY = "General"
EXPIRES_AFTER = timedelta(days=30)
"""`expiryDate` of an auction that was given none, from its start."""


async def create_auction(
    store: Store,
    *,
    owner_id: int,
    title: str,
    description: str = "",
    image_url: str = "",
    category: str | None = None,
    starts: datetime | None = None,
    expires: datetime | None = None,
) -> Auction:
    """A new auction, not live, with nothing on the block.

    `category` is the name or the id of an existing one; without it the first, which is made when
    there is none. Raises `Unfit` (texts) or `NotThere` (owner, category); nothing is written then.
    """
    now = _now()
    if expires is not None and expires < (starts or now):
        raise Unfit("the auction would expire before it starts")
    row: dict[str, Any] = {
        "title": _text("title", title),
        "description": _text_or_blank("description", description),
        "image_url": _text_or_blank("image_url", image_url),
        "type": AuctionType.Live,
        "actualPrice": 0,
        "minBidPrice": 0,
        "bidPrice": 0,
        "startDate": starts,
        "expiryDate": expires or (starts or now) + EXPIRES_AFTER,
        "user_id": owner_id,
        "createdAt": now,
        "updatedAt": now,
    }
    async with store.writing() as connection:
        if not is_id(owner_id) or not await read_users(connection, [owner_id]):
            raise NotThere(f"There is no user {owner_id} who could own the auction.")
        row["category_id"] = await _category_id(connection, category, now)
        query = select(auctions).where(auctions.c.id == await _insert(connection, auctions, row))
        rows = (await connection.execute(query)).mappings().all()
        return records(connection, Auction, auctions, rows)[0]


async def auction_by_id(store: Store, auction_id: int) -> Auction:
    """The auction, or `NotThere`."""
    async with store.reading() as connection:
        return await existing_auction(connection, auction_id)


async def existing_auction(connection: AsyncConnection, auction_id: int) -> Auction:
    """The auction as a transaction sees it, or `NotThere`."""
    record = None
    if is_id(auction_id):
        record = await read_auction(connection, auction_id, lock=False)
    if record is None:
        raise NotThere(f"There is no auction {auction_id}.")
    return record


async def role_in(store: Store, auction: Auction, user_id: int) -> Role | None:
    """What a user is in an auction, its owner too (D46); None for most, and where nobody knows (D55)."""
    if auction.user_id == user_id:
        return Role(Who.OWNER, sees_numbers=True)
    async with store.reading() as connection:
        roles, certain = await read_roles(connection, auction.id)
    return roles.of(user_id) if certain else None


async def staff_of(store: Store, auction: Auction) -> list[tuple[User | int, Role]]:
    """Who works in an auction, its owner first; one who was deleted is only an id."""
    async with store.reading() as connection:
        roles, _ = await read_roles(connection, auction.id)
        given = dict(roles.given)
        owner = {} if auction.user_id is None else {auction.user_id: Role(Who.OWNER, True)}
        given = owner | given | owner
        people = await read_users(connection, given)
    return [(people.get(user_id, user_id), role) for user_id, role in given.items()]


async def rules_of(store: Store, auction: Auction) -> tuple[SaleRules, User | int | None]:
    """The rules that the owner of an auction chose, and the floor user; one who was deleted is only an id."""
    async with store.reading() as connection:
        entry = await read_last(connection, auction.id, HouseRulesSet)
        set_ = entry.event if entry else None
        rules = set_.rules if isinstance(set_, HouseRulesSet) else GUIDES_RULES
        floor = rules.floor_user_id
        people = await read_users(connection, [] if floor is None else [floor])
    return rules, None if floor is None else people.get(floor, floor)


@dataclass(frozen=True, slots=True)
class Bidder:
    """A bidder of an auction; `name` is None for a user who was deleted, `paddle` for one without."""

    paddle: int | None
    user_id: int
    name: str | None
    registered: bool
    limit: int | None


async def bidders_of(store: Store, auction: Auction) -> list[Bidder]:
    """Who has bid in an auction or was registered for it, by paddles."""
    async with store.reading() as connection:
        state = await read_state(connection, auction.id)
        given = {who: number for number, who in enumerate(state.paddles.bidders, 1) if who}
        registered = state.bidders.registered
        people = await read_users(connection, given | registered)
    return [
        Bidder(
            given.get(user_id),
            user_id,
            people[user_id].name if user_id in people else None,
            user_id in registered,
            registered[user_id].limit if user_id in registered else None,
        )
        for user_id in given | registered
    ]


async def list_auctions(
    store: Store,
    *,
    owner_id: int | None = None,
    live_only: bool = False,
    span: Span = FROM_THE_BEGINNING,
) -> Page[Auction]:
    """A page of auctions, newest first: everybody's or one owner's, all or the live ones."""
    query = select(auctions)
    if owner_id is not None:
        query = query.where(auctions.c.user_id == _findable(owner_id))
    if live_only:
        query = query.where(auctions.c.isLive)
    async with store.reading() as connection:
        page = await read_page(connection, query, auctions.c.id, span, newest_first=True)
        found = await in_slices(partial(records, connection, Auction, auctions), page.rows)
        return Page(found, page.resume)


async def create_user(
    store: Store, *, name: str, number: str, kind: UserType = UserType.Normal
) -> User:
    """A new user. Raises `Unfit` when a text does not fit its column."""
    now = _now()
    row = {
        "name": _text("name", name),
        "number": _text("number", number),
        "type": kind,
        "createdAt": now,
        "updatedAt": now,
    }
    async with store.writing() as connection:
        user_id = await _insert(connection, users, row)
        return (await read_users(connection, [user_id]))[user_id]


async def users_by_id(store: Store, ids: Iterable[int]) -> dict[int, User]:
    """The users among `ids` that exist."""
    async with store.reading() as connection:
        return await read_users(connection, filter(is_id, ids))


async def user_by_id(store: Store, user_id: int) -> User:
    """The user, or `NotThere`."""
    found = await users_by_id(store, [user_id])
    if not found:
        raise NotThere(f"There is no user {user_id}.")
    return found[user_id]


async def list_users(
    store: Store,
    *,
    search: str | None = None,
    blocked: bool = False,
    span: Span = FROM_THE_BEGINNING,
) -> Page[User]:
    """A page of users in the order of their ids; `search` is in the name or the number.

    `blocked`: those alone who are blocked everywhere.
    """
    query = select(*USER_COLUMNS)
    if blocked:
        query = query.where(users.c.id.in_(select(blocked_users.c.user_id)))
    if search:
        query = query.where(_contains(users.c.name, search) | _contains(users.c.number, search))
    async with store.reading() as connection:
        page = await read_page(connection, query, users.c.id, span, newest_first=False)
        found = await in_slices(partial(records, connection, User, users), page.rows)
        return Page(found, page.resume)


async def list_winnings(
    store: Store,
    *,
    auction_id: int | None = None,
    user_id: int | None = None,
    span: Span = FROM_THE_BEGINNING,
) -> Page[WinningWithUser]:
    """A page of winnings with their winners, newest first: all, an auction's or a user's."""
    query = with_user(winnings)
    if auction_id is not None:
        query = query.where(winnings.c.auction_id == _findable(auction_id))
    if user_id is not None:
        query = query.where(winnings.c.user_id == _findable(user_id))
    async with store.reading() as connection:
        page = await read_page(connection, query, winnings.c.id, span, newest_first=True)
        return Page(await _winnings(connection, page.rows), page.resume)


async def all_winnings(connection: AsyncConnection, auction_id: int) -> list[WinningWithUser]:
    """The winnings of an auction with their winners, oldest first."""
    query = with_user(winnings).where(winnings.c.auction_id == auction_id).order_by(winnings.c.id)
    return await _winnings(connection, (await connection.execute(query)).mappings().all())


async def _winnings(connection: AsyncConnection, rows: Sequence[Any]) -> list[WinningWithUser]:
    found = await in_slices(
        partial(records_with_users, connection, WinningWithUser, winnings), rows
    )
    bidders = [(won.auction_id, won.user_id) for won in found if won.auction_id is not None]
    given = await paddles_in(connection, bidders)
    labels = await labels_of_winnings(connection, (auction_id for auction_id, _ in bidders))
    return [_numbered(won, given, labels.get(won.id)) for won in found]


async def winning_by_id(store: Store, winning_id: int) -> WinningWithUser:
    """The winning with its winner. Raises `NotThere` for none, or one of no auction."""
    query = with_user(winnings).where(winnings.c.id == _findable(winning_id))
    async with store.reading() as connection:
        rows = (await connection.execute(query)).mappings().all()
        found = await _winnings(connection, rows)
    if not found:
        raise NotThere(f"There is no winning {winning_id}: see baraka winnings list.")
    if found[0].auction_id is None:
        raise NotThere(f"Winning {winning_id} belongs to no auction any more.")
    return found[0]


async def went_to_nobody(store: Store, winning_id: int) -> bool:
    """Whether this winning is gone since it was given to nobody."""
    said = events.c.data.like(f'%"winning_id":{winning_id}%')
    query = select(events.c.data).where(events.c.kind == WinningChanged.kind, said)
    async with store.reading() as connection:
        found = (await connection.execute(query)).scalars().all()
    changes = [WinningChanged.from_data(json.loads(data)) for data in found]
    return any(one.winning_id == winning_id and one.to_nobody for one in changes)


def _numbered(
    won: WinningWithUser, given: Mapping[tuple[int, int], int], label: Label | None
) -> WinningWithUser:
    if label is not None:
        return won.model_copy(update={"paddle": label.paddle, "label": label.text})
    paddle = given.get((won.auction_id or 0, won.user_id))
    return won if paddle is None else won.model_copy(update={"paddle": paddle})


async def run_list(store: Store, auction_id: int, user_id: int | None) -> RunListReport:
    """The run list of an auction as this user may see it; with None as its staff does (D35)."""
    async with store.reading() as connection:
        state = await read_state(connection, auction_id)
        whole = user_id is None or may(state, user_id, Who.CLERK)
        found = await read_lots(connection, auction_id, whole=whole)
    return RunListReport.model_construct(
        lots_version=state.run_list.version, lots=found, whole=whole
    )


async def _category_id(connection: AsyncConnection, wanted: str | None, now: datetime) -> int:
    query = select(categories.c.id).order_by(categories.c.id).limit(1)
    if wanted is not None:
        named = [categories.c.name == wanted]
        if wanted.isascii() and wanted.isdecimal():
            named.append(categories.c.id == _findable(int(wanted)))
        query = query.where(or_(*named))
    found: int | None = (await connection.execute(query)).scalar()
    if found is not None:
        return found
    if wanted is not None:
        first = select(categories.c.name).order_by(categories.c.id).limit(CATEGORIES_NAMED_MAX + 1)
        names = [name or "" for name in (await connection.execute(first)).scalars()]
        more = " and more" if len(names) > CATEGORIES_NAMED_MAX else ""
        shown = ", ".join(names[:CATEGORIES_NAMED_MAX])
        there = f"There are: {shown}{more}." if names else "There are none yet."
        raise NotThere(f"There is no category '{wanted}'. {there}")
    row = {"name": DEFAULT_CATEGORY, "pic_url": "", "createdAt": now, "updatedAt": now}
    return await _insert(connection, categories, row)


async def _insert(connection: AsyncConnection, table: Any, row: Mapping[str, Any]) -> int:
    key: Any = (await connection.execute(insert(table).values(row))).inserted_primary_key
    return int(key[0])


def _contains(column: Any, search: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.icontains(search, autoescape=True)
    return found


def _findable(number: int) -> int:
    return number if is_id(number) else 0  # which finds nothing


def _now() -> datetime:
    return whole_milliseconds(datetime.now(UTC))


_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_TEXT_OR_BLANK: TypeAdapter[str] = TypeAdapter(TextOrBlank)


def _text(field: str, value: str, kind: TypeAdapter[str] = _TEXT) -> str:
    """`value` when the column holds it (D15), else `Unfit`."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise Unfit(f"{field} {error.errors()[0]['msg']}") from None


def _text_or_blank(field: str, value: str) -> str:
    return _text(field, value, _TEXT_OR_BLANK)
