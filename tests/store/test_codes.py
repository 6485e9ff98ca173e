"""One-time codes: limits over all servers, five tries, and the same work for every number (D50)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from baraka_server.store import codes
from baraka_server.store.codes import CodeLimits, NewCode, Origin
from baraka_server.store.sessions import SessionLimits
from baraka_server.store.sign_ins import Attempt, Denied, NotSignedIn, SignedIn, try_code
from baraka_server.store.tables import blocked_users, users
from tests.support.checks.schema import query
from tests.support.servers.stores import opened

NOW = datetime(2027, 1, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BILAL, DINA, FARAH = 2, 3, 4
HIS, THEIRS, NOBODYS = "+96555550002", "+96555550003", "+96555559999"
RIGHT, WRONG = "a" * 64, "b" * 64


def origin_of(number, address="192.0.2.1"):
    return Origin(f"{hash(number):064x}"[-64:], number[:-4], address)


async def ask(store, number, at=NOW, address="192.0.2.1", **limits):
    new = NewCode(number, f"{hash(number):064x}"[-64:], RIGHT)
    return await codes.ask(store, new, origin_of(number, address), CodeLimits(**limits), at)


async def tries(store, number, code=RIGHT, at=NOW, address="192.0.2.1", name=None, **options):
    limits = CodeLimits(**options.pop("limits", {}))
    attempt = Attempt(
        number,
        (number,),
        origin_of(number, address),
        lambda row: row is not None and row.code_hash == code,
        name,
        **options,
    )
    return await try_code(store, attempt, limits, SessionLimits(), at)


@pytest.fixture
async def people(store):
    """Bilal has a number, and Dina and Farah have the same one."""
    async with store.writing() as connection:
        for user_id, number in {BILAL: HIS, DINA: THEIRS, FARAH: THEIRS}.items():
            row = update(users).where(users.c.id == user_id).values(number=number)
            await connection.execute(row)
    return store


async def test_the_next_code_for_a_number_is_after_a_minute_and_five_are_for_an_hour(store):
    assert await ask(store, HIS) is None
    assert await ask(store, HIS, NOW + timedelta(seconds=20)) == timedelta(seconds=40)
    for minutes in range(1, 5):
        assert await ask(store, HIS, NOW + minutes * MINUTE) is None
    assert await ask(store, HIS, NOW + 10 * MINUTE) == 50 * MINUTE
    assert await ask(store, NOBODYS, NOW + 10 * MINUTE) is None
    # A window that slides: the first one is an hour old, and the second is not.
    assert await ask(store, HIS, NOW + HOUR) is None
    assert await ask(store, HIS, NOW + HOUR + timedelta(seconds=59)) == timedelta(seconds=1)
    # Not an hour of the clock: that of the first five is over, and they count.
    for minutes in range(50, 55):
        assert await ask(store, THEIRS, NOW + minutes * MINUTE) is None
    assert await ask(store, THEIRS, NOW + 65 * MINUTE) == 45 * MINUTE


@pytest.mark.parametrize(
    ("limit", "numbers", "addresses"),
    [
        ("per_prefix_per_hour_max", "same range", "many"),
        ("per_address_per_hour_max", "all over", "one"),
        ("per_hour_max", "all over", "many"),
    ],
)
async def test_a_flood_ends_at_each_limit_on_all_servers(sale_database, limit, numbers, addresses):
    def number(count):
        return f"+9655555{count:04}" if numbers == "same range" else f"+965{count:04}5555"

    async with opened(sale_database) as one, opened(sale_database) as other:
        waits = []
        for count in range(5):
            at = NOW + count * MINUTE
            address = f"192.0.2.{count if addresses == 'many' else 1}"
            node = (one, other)[count % 2]
            waits.append(await ask(node, number(count), at, address, **{limit: 3}))
        assert waits == [None, None, None, 57 * MINUTE, 56 * MINUTE]


async def test_servers_that_ask_at_once_send_no_more_than_is_allowed(sale_database):
    async with opened(sale_database) as one, opened(sale_database) as other:
        waits = await asyncio.gather(
            *(
                ask(node, f"+965{count:04}5555", per_hour_max=3)
                for count in range(5)
                for node in (one, other)
            )
        )
    assert waits.count(None) == 3


async def test_there_are_five_tries_also_on_two_servers_at_once(people, sale_database):
    assert await ask(people, HIS) is None
    async with opened(sale_database) as other:
        found = await asyncio.gather(
            *(tries(node, HIS, WRONG) for _ in range(6) for node in (people, other))
        )
        assert [one.denied for one in found].count(Denied.WRONG) == 5
        assert [one.denied for one in found].count(Denied.TOO_MANY_TRIES) == 7
        over = await tries(other, HIS, RIGHT)
    assert over == NotSignedIn(Denied.TOO_MANY_TRIES, MINUTE)
    assert await ask(people, HIS, NOW + MINUTE) is None
    assert isinstance(await tries(people, HIS, at=NOW + MINUTE), SignedIn)


async def test_a_code_that_is_used_twice_at_once_begins_one_session(people, sale_database):
    await ask(people, HIS)
    async with opened(sale_database) as other:
        found = await asyncio.gather(*(tries(node, HIS) for node in (people, other, people)))
    assert sorted(type(one).__name__ for one in found) == ["NotSignedIn", "NotSignedIn", "SignedIn"]
    assert await query(sale_database, "SELECT COUNT(*) FROM baraka_sessions") == [(1,)]
    assert (await tries(people, HIS)).denied is Denied.WRONG


async def test_a_code_is_good_for_five_minutes_and_a_newer_one_takes_its_place(people):
    await ask(people, HIS)
    late = await tries(people, HIS, at=NOW + 5 * MINUTE)
    assert late.denied is Denied.WRONG
    new = NewCode(HIS, "c" * 64, WRONG)
    await codes.ask(people, new, origin_of(HIS), CodeLimits(), NOW + 6 * MINUTE)
    assert (await tries(people, HIS, at=NOW + 6 * MINUTE)).denied is Denied.WRONG
    assert isinstance(await tries(people, HIS, WRONG, at=NOW + 6 * MINUTE), SignedIn)


async def test_an_address_that_guesses_for_many_numbers_has_to_wait(people):
    limits = {"wrong_per_address_per_hour_max": 2}
    for number in (THEIRS, NOBODYS):
        assert (await tries(people, number, WRONG, limits=limits)).denied is Denied.WRONG
    await ask(people, HIS)
    late = NOW + MINUTE
    assert await tries(people, HIS, at=late, limits=limits) == NotSignedIn(
        Denied.TOO_MANY_OF_ADDRESS, 59 * MINUTE
    )
    assert isinstance(await tries(people, HIS, at=late, address="x", limits=limits), SignedIn)


async def test_two_users_of_one_number_cannot_sign_in(people):
    await ask(people, THEIRS)
    found = await tries(people, THEIRS)
    assert found == NotSignedIn(Denied.DOUBLED, users=(DINA, FARAH))


async def test_a_new_number_makes_a_user_only_where_that_is_wanted(people, sale_database):
    await ask(people, NOBODYS)
    assert (await tries(people, NOBODYS, name="Noor")).denied is Denied.WRONG
    assert (await tries(people, NOBODYS, sign_up=True)).denied is Denied.NAME_NEEDED
    found = await tries(people, NOBODYS, sign_up=True, name="Noor")
    assert isinstance(found, SignedIn)
    assert found.is_new
    assert (found.user.name, found.user.number) == ("Noor", NOBODYS)
    same = f"SELECT COUNT(*) FROM users WHERE number = '{NOBODYS}'"
    assert await query(sale_database, same) == [(1,)]


async def test_a_blocked_user_does_not_sign_in_and_the_code_is_used_up(people):
    async with people.writing() as connection:
        await connection.execute(insert(blocked_users).values(user_id=BILAL, at=NOW))
    await ask(people, HIS)
    await codes.write_into_user(people, HIS, RIGHT, BILAL, "123456")
    assert (await tries(people, HIS, in_users=True)).denied is Denied.BLOCKED
    assert (await tries(people, HIS)).denied is Denied.WRONG
    assert await otp_of(people, BILAL) is None


async def test_every_number_takes_the_same_statements(people, engine, monkeypatch):
    """A user's, nobody's and that of two users, one that was asked for before, and one that was not."""
    done = []
    execute = engine.sync_engine.dialect.do_execute

    def do_execute(cursor, statement, parameters, context=None):
        done.append(statement)
        execute(cursor, statement, parameters, context)

    await ask(people, "+96555551111")  # the first of all makes the row that is locked
    monkeypatch.setattr(engine.sync_engine.dialect, "do_execute", do_execute)

    async def statements(work):
        done.clear()
        await work
        return list(done)

    asked = [await statements(ask(people, number)) for number in (HIS, NOBODYS, THEIRS)]
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) > 5
    again = NOW + 2 * MINUTE
    assert await statements(ask(people, HIS, again)) == asked[0]
    wrong = [
        await statements(tries(people, number, WRONG, at=again))
        for number in (HIS, NOBODYS, THEIRS, "+96555552222")
    ]
    assert wrong[0] == wrong[1] == wrong[2] == wrong[3]
    assert len(wrong[0]) > 3


async def test_what_is_over_is_forgotten_and_the_existing_systems_copy_with_it(people, monkeypatch):
    monkeypatch.setattr(codes, "ROWS_PER_STEP", 2)
    for number in (HIS, NOBODYS, THEIRS):
        await ask(people, number)
    await codes.write_into_user(people, HIS, RIGHT, BILAL, "123456")
    assert await otp_of(people, BILAL) == "123456"
    while await codes.forget_codes(people, CodeLimits(), NOW + 4 * MINUTE):
        pass
    assert await otp_of(people, BILAL) == "123456"
    assert await ask(people, NOBODYS, NOW + 4 * MINUTE) is None
    while await codes.forget_codes(people, CodeLimits(), NOW + 6 * MINUTE):
        pass
    assert await otp_of(people, BILAL) is None
    assert isinstance(
        await tries(people, NOBODYS, at=NOW + 6 * MINUTE, sign_up=True, name="Noor"), SignedIn
    )
    # Counts stay for the hour that they are for.
    while await codes.forget_codes(people, CodeLimits(), NOW + 59 * MINUTE):
        pass
    assert await ask(people, HIS, NOW + 59 * MINUTE, per_number_per_hour_max=1) == MINUTE
    while await codes.forget_codes(people, CodeLimits(), NOW + 3 * HOUR):
        pass
    async with people.reading() as connection:
        assert not (await connection.execute(select(codes.code_requests.c.id))).all()


async def test_a_code_that_is_asked_for_while_older_ones_are_forgotten_stays(people, monkeypatch):
    await ask(people, HIS)
    patiently, late = codes.patiently, NOW + 6 * MINUTE

    async def behind_another_code(store, work):
        monkeypatch.setattr(codes, "patiently", patiently)
        assert await ask(store, HIS, late) is None
        return await patiently(store, work)

    monkeypatch.setattr(codes, "patiently", behind_another_code)
    await codes.forget_codes(people, CodeLimits(), late)
    assert isinstance(await tries(people, HIS, at=late), SignedIn)


async def test_a_code_of_an_existing_system_is_taken_back_when_it_was_used(people):
    await ask(people, HIS)
    assert await codes.write_into_user(people, HIS, RIGHT, BILAL, "123456")
    assert isinstance(await tries(people, HIS, in_users=True), SignedIn)
    assert await otp_of(people, BILAL) is None
    # An attempt to deliver it that comes after that writes it nowhere.
    assert not await codes.write_into_user(people, HIS, RIGHT, BILAL, "123456")
    await ask(people, HIS, NOW + 2 * MINUTE)
    assert not await codes.write_into_user(people, HIS, WRONG, BILAL, "123456")
    assert await otp_of(people, BILAL) is None


async def test_a_code_is_taken_back_though_the_one_after_it_was_never_delivered(people):
    await ask(people, HIS)
    await codes.write_into_user(people, HIS, RIGHT, BILAL, "123456")
    assert await ask(people, HIS, NOW + 2 * MINUTE) is None
    await codes.forget_codes(people, CodeLimits(), NOW + 8 * MINUTE)
    assert await otp_of(people, BILAL) is None


async def otp_of(store, user_id):
    async with store.reading() as connection:
        found = select(users.c.otpCode).where(users.c.id == user_id)
        return (await connection.execute(found)).scalar()
