"""The queries around a sale, on both databases."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from baraka_server.contract.fields import INT_MAX, TEXT_CHARS_MAX
from baraka_server.contract.records import AuctionType, UserType
from baraka_server.store import catalog
from baraka_server.store.errors import NotThere, Unfit
from baraka_server.store.pages import Page, Span
from baraka_server.store.store import Store
from baraka_server.store.tables import categories, users
from tests.support.servers.sales import (
    award,
    bid,
    change_lot,
    prepare_sale,
    run_sale,
    take,
)

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
FROM_THE_BEGINNING = Span()
NO_ROWS: Page[Any] = Page([])
NOBODY = [0, -1, 4711, INT_MAX, INT_MAX + 1, 2**80]


async def owner(store: Store) -> int:
    return (await catalog.create_user(store, name="Amina", number="1")).id


async def category_names(store: Store) -> list[str]:
    async with store.reading() as connection:
        query = select(categories.c.name).order_by(categories.c.id)
        return list((await connection.execute(query)).scalars())


# --- auctions -----------------------------------------------------------------


async def test_a_new_auction_is_not_live_and_has_nothing_on_the_block(books: Store) -> None:
    owner_id = await owner(books)
    made = await catalog.create_auction(
        books, owner_id=owner_id, title="Evening sale", description="Rugs", starts=NOON
    )
    assert await catalog.auction_by_id(books, made.id) == made
    assert (made.title, made.description, made.user_id) == ("Evening sale", "Rugs", owner_id)
    assert made.type is AuctionType.Live
    assert (made.isLive, made.isCanceled, made.isEnded, made.isExpired) == (False,) * 4
    assert made.current_product is None
    assert (made.actualPrice, made.minBidPrice, made.bidPrice, made.quantity) == (0, 0, 0, 1)
    assert made.startDate == NOON
    assert made.expiryDate == NOON + timedelta(days=30)


async def test_times_are_kept_in_utc_to_the_millisecond(books: Store) -> None:
    here = datetime.fromisoformat("2027-01-31T18:00:00.123+05:00")
    made = await catalog.create_auction(
        books, owner_id=await owner(books), title="Sale", starts=here, expires=here
    )
    assert made.startDate == made.expiryDate == here
    assert made.startDate.utcoffset() == timedelta(0)


async def test_an_auction_does_not_expire_before_it_starts(books: Store) -> None:
    starts = datetime(2027, 1, 31, tzinfo=UTC)
    with pytest.raises(Unfit, match="expire before it starts"):
        await catalog.create_auction(
            books,
            owner_id=await owner(books),
            title="Sale",
            starts=starts,
            expires=starts - timedelta(seconds=1),
        )
    assert await catalog.list_auctions(books) == NO_ROWS


async def test_text_is_kept_as_it_came(books: Store) -> None:
    title = "[bold]10% _off_ 'اردو' \"😀\" \\ <b>"
    made = await catalog.create_auction(books, owner_id=await owner(books), title=title)
    assert (await catalog.auction_by_id(books, made.id)).title == title


@pytest.mark.parametrize("user_id", NOBODY)
async def test_an_auction_needs_an_owner_who_exists(books: Store, user_id: int) -> None:
    with pytest.raises(NotThere, match=f"no user {user_id}"):
        await catalog.create_auction(books, owner_id=user_id, title="Sale")
    assert await catalog.list_auctions(books) == NO_ROWS
    assert await category_names(books) == []


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("title", "x" * (TEXT_CHARS_MAX + 1), "title must have at most 191 characters, not 192"),
        ("title", " \n", "title must not be blank (1 to 191 characters)"),
        ("title", "\ud83d", "title must be valid Unicode text"),
        ("description", "x" * 200, "description must have at most 191 characters, not 200"),
        ("image_url", "x" * 200, "image_url must have at most 191 characters, not 200"),
    ],
)
async def test_a_text_that_its_column_does_not_hold_is_named(
    books: Store, field: str, text: str, problem: str
) -> None:
    texts: dict[str, Any] = {"title": "Sale", field: text}
    with pytest.raises(Unfit, match=f"^{re.escape(problem)}$"):
        await catalog.create_auction(books, owner_id=await owner(books), **texts)
    assert await catalog.list_auctions(books) == NO_ROWS


async def test_the_widest_text_fits(books: Store) -> None:
    widest = "😀" * TEXT_CHARS_MAX
    made = await catalog.create_auction(books, owner_id=await owner(books), title=widest)
    assert made.title == widest


async def test_without_a_category_one_is_made_once(books: Store) -> None:
    owner_id = await owner(books)
    first = await catalog.create_auction(books, owner_id=owner_id, title="One")
    second = await catalog.create_auction(books, owner_id=owner_id, title="Two")
    assert await category_names(books) == [catalog.DEFAULT_CATEGORY]
    assert first.category_id == second.category_id


async def test_a_category_is_taken_by_name_or_id(books: Store) -> None:
    owner_id = await owner(books)
    times = {"createdAt": NOON, "updatedAt": NOON}
    async with books.writing() as connection:
        rows = [{"id": 7, "name": "Art"}, {"id": 9, "name": "Rugs"}]
        await connection.execute(
            insert(categories).values([{**row, "pic_url": "", **times} for row in rows])
        )
    for wanted, category_id in ((None, 7), ("Rugs", 9), ("9", 9), ("Art", 7)):
        made = await catalog.create_auction(books, owner_id=owner_id, title="Sale", category=wanted)
        assert made.category_id == category_id
    with pytest.raises(NotThere, match=r"no category 'Cars'. There are: Art, Rugs\.$"):
        await catalog.create_auction(books, owner_id=owner_id, title="Sale", category="Cars")
    async with books.writing() as connection:
        rows = [{"id": key, "name": f"C{key}", "pic_url": "", **times} for key in range(10, 29)]
        await connection.execute(insert(categories).values(rows))
    with pytest.raises(NotThere, match=r"Art, Rugs, .*C27 and more\.$"):
        await catalog.create_auction(books, owner_id=owner_id, title="Sale", category="Cars")


async def test_auctions_are_listed_newest_first_by_owner_and_by_being_live(books: Store) -> None:
    live = (await run_sale(books)).auction
    other = await catalog.create_auction(books, owner_id=await owner(books), title="Other")

    async def ids(**which: Any) -> list[int]:
        return [record.id for record in await catalog.list_auctions(books, **which)]

    assert await ids() == [other.id, live.id]
    assert await ids(span=Span(1)) == [other.id]
    assert await ids(live_only=True) == [live.id]
    assert await ids(owner_id=live.user_id) == [live.id]
    assert await ids(owner_id=other.user_id, live_only=True) == []


@pytest.mark.parametrize("auction_id", NOBODY)
async def test_an_unknown_auction_is_not_there(books: Store, auction_id: int) -> None:
    with pytest.raises(NotThere, match=f"no auction {auction_id}"):
        await catalog.auction_by_id(books, auction_id)
    assert await catalog.list_auctions(books, owner_id=auction_id) == NO_ROWS
    assert await catalog.list_winnings(books, auction_id=auction_id) == NO_ROWS
    assert await catalog.list_winnings(books, user_id=auction_id) == NO_ROWS


# --- users --------------------------------------------------------------------


async def test_a_new_user_has_a_whole_number_and_no_code(books: Store) -> None:
    made = await catalog.create_user(
        books, name="Bilal", number="+923001112202", kind=UserType.Expert
    )
    assert await catalog.user_by_id(books, made.id) == made
    assert (made.name, made.number, made.type) == ("Bilal", "+923001112202", UserType.Expert)
    assert made.otpCode is None


async def test_one_time_codes_are_not_even_read(books: Store) -> None:
    made = await catalog.create_user(books, name="Bilal", number="1")
    async with books.writing() as connection:
        await connection.execute(update(users).values(otpCode="123456"))
    assert (await catalog.user_by_id(books, made.id)).otpCode is None
    assert [user.otpCode for user in await catalog.list_users(books)] == [None]


@pytest.mark.parametrize("field", ["name", "number"])
@pytest.mark.parametrize("text", ["", "x" * 192])
async def test_a_user_with_an_unfit_text_is_not_made(books: Store, field: str, text: str) -> None:
    texts = {"name": "Bilal", "number": "1", field: text}
    with pytest.raises(Unfit, match=f"^{field} must"):
        await catalog.create_user(books, **texts)
    assert await catalog.list_users(books) == NO_ROWS


@pytest.mark.parametrize("user_id", NOBODY)
async def test_an_unknown_user_is_not_there(books: Store, user_id: int) -> None:
    with pytest.raises(NotThere, match=f"no user {user_id}"):
        await catalog.user_by_id(books, user_id)


async def test_users_are_found_by_a_part_of_name_or_number(books: Store) -> None:
    for name, number in (("Amina", "11"), ("100% Bilal", "22"), ("bilal_2", "1133")):
        await catalog.create_user(books, name=name, number=number)

    async def names(search: str | None, span: Span = FROM_THE_BEGINNING) -> list[str]:
        return [user.name for user in await catalog.list_users(books, search=search, span=span)]

    assert await names(None) == ["Amina", "100% Bilal", "bilal_2"]
    assert await names(None, Span(2)) == ["Amina", "100% Bilal"]
    assert await names("BILAL") == ["100% Bilal", "bilal_2"]
    assert await names("11") == ["Amina", "bilal_2"]
    assert await names("%") == ["100% Bilal"]
    assert await names("_") == ["bilal_2"]
    assert await names("'; DROP TABLE users; --") == []


# --- winnings -----------------------------------------------------------------


async def test_winnings_come_with_the_winner_and_the_whole_number(books: Store) -> None:
    sale = await run_sale(books)
    (won,) = await catalog.list_winnings(books)
    assert (won.product, won.price, won.weight, won.sold) == ("Gold Ring", 1_200, "5.2g", False)
    assert won.user == sale.dina
    assert won.user.number == "+923001112203"


async def test_winnings_are_listed_newest_first_by_auction_and_by_user(books: Store) -> None:
    sale = await run_sale(books)
    await take(books, sale.auction.id, [award(sale, "Silver Necklace")])
    other = await prepare_sale(books)

    async def products(**which: Any) -> list[str]:
        return [won.product for won in await catalog.list_winnings(books, **which)]

    assert await products() == ["Silver Necklace", "Gold Ring"]
    assert await products(span=Span(1)) == ["Silver Necklace"]
    assert await products(auction_id=sale.auction.id) == ["Silver Necklace", "Gold Ring"]
    assert await products(auction_id=other.auction.id) == []
    assert await products(user_id=sale.bilal.id) == ["Silver Necklace"]
    assert await products(user_id=sale.dina.id, auction_id=sale.auction.id) == ["Gold Ring"]


# --- pages --------------------------------------------------------------------


async def ids_by_pages(list_page: Any, limit: int, *, ascending: bool = False) -> list[list[int]]:
    """All ids of a list, page by page, each beginning where the one before it says."""
    pages: list[list[int]] = []
    resume: int | None = None
    while True:
        bound = {"after": resume} if ascending else {"before": resume}
        page = await list_page(span=Span(limit, **bound))
        pages.append([row.id for row in page])
        if page.resume is None:
            return pages
        resume = page.resume


async def test_every_list_is_whole_in_pages_and_says_which_one_is_the_last(books: Store) -> None:
    sale = await run_sale(books)
    for product in ("Silver Necklace", "Vase", "Rug"):
        await take(books, sale.auction.id, [change_lot(sale, product, 1)])
        await take(books, sale.auction.id, [bid(sale, sale.dina, 5_000)])
        await take(books, sale.auction.id, [award(sale, product)])
        await catalog.create_auction(books, owner_id=sale.amina.id, title=product)
    won = partial(catalog.list_winnings, books, auction_id=sale.auction.id)
    owned = partial(catalog.list_auctions, books, owner_id=sale.amina.id)
    for newest_first in (won, owned):
        (whole,) = await ids_by_pages(newest_first, 100)
        assert len(whole) == 4
        assert await ids_by_pages(newest_first, 4) == [whole]
        assert await ids_by_pages(newest_first, 3) == [whole[:3], whole[3:]]
        assert await ids_by_pages(newest_first, 1) == [[row] for row in whole]
        newer = await newest_first(span=Span(after=whole[2]))
        assert [row.id for row in newer] == whole[:2]
    people = partial(catalog.list_users, books)
    (everybody,) = await ids_by_pages(people, 100, ascending=True)
    assert everybody == sorted([sale.amina.id, sale.bilal.id, sale.dina.id])
    assert await ids_by_pages(people, 2, ascending=True) == [everybody[:2], everybody[2:]]
