"""Parsing of client events: typed, or refused once by a sentence that names the field (D16)."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse

VALID: dict[str, dict[str, Any]] = {
    "startLiveAuction": {"auctionId": 42, "requestId": "s-1"},
    "joinAuction": {
        "auctionId": 42,
        "lastSeq": 7,
        "ledger": "0f3a9c21b7de",
        "announced": True,
    },
    "leaveAuction": {"auctionId": 42},
    "broadCasterLeave": {"auctionId": 42, "requestId": "o-1"},
    "comment": {"auctionId": 42, "comment": "Great item!", "requestId": "c-1"},
    "placeBid": {"auctionId": 42, "amount": 1500, "requestId": "b-1", "round": 1},
    "cancelAuction": {"auctionId": 42, "requestId": "x-1"},
    "endAuction": {"auctionId": 42, "requestId": "e-1"},
    "awardingAuction": {
        "auctionId": 42,
        "product": "Gold Ring – 18K",
        "weight": "5.2g",
        "bidId": 7,
        "runnerUp": True,
        "belowReserve": True,
        "requestId": "a-1",
        "round": 1,
    },
    "changeCuurentProduct": {
        "auctionId": 42,
        "product": "Silver Necklace – 925",
        "minBidPrice": 800,
        "bidPrice": 1000,
        "actualPrice": 1400,
        "requestId": "l-1",
        "round": 0,
    },
}

OPTIONAL = {
    "lastSeq",
    "ledger",
    "announced",
    "requestId",
    "round",
    "bidId",
    "runnerUp",
    "belowReserve",
    "weight",
}

# field on the wire: (its name in our code, the kind of its value)
FIELDS = {
    "auctionId": ("auction_id", "id"),
    "lastSeq": ("last_seq", "counter"),
    "ledger": ("ledger", "request id"),
    "announced": ("announced", "flag"),
    "comment": ("comment", "text"),
    "requestId": ("request_id", "request id"),
    "amount": ("amount", "amount"),
    "round": ("round", "counter"),
    "bidId": ("bid_id", "counter"),
    "runnerUp": ("runner_up", "flag"),
    "belowReserve": ("below_reserve", "flag"),
    "product": ("product", "text"),
    "weight": ("weight", "text or blank"),
    "minBidPrice": ("minimum_price", "price"),
    "bidPrice": ("start_price", "price"),
    "actualPrice": ("market_price", "price"),
}

RING = "💍"  # one character of the column's 191, two of JavaScript's length

A_NUMBER = {
    "id": "must be a whole number from 1 to 2147483647",
    "amount": "must be a whole number from 1 to 2147483647",
    "price": "must be a whole number from 0 to 2147483647",
    "counter": "must be a whole number from 0 to 9007199254740991",
}
NO_NUMBERS = [
    "1500",
    "",
    True,
    False,
    [],
    [1500],
    {},
    {"valueOf": 1500},
    1500.5,
    0.1,
    math.nan,
    math.inf,
    -math.inf,
    1e300,
    -1,
    -1.0,
    10**400,
    -(10**400),
]
TOO_SMALL_OR_LARGE = {
    "id": [0, 0.0, -0.0, 2147483648, 2147483648.0],
    "amount": [0, 0.0, -0.0, 2147483648, 2147483648.0],
    "price": [2147483648, 2147483648.0],
    "counter": [9007199254740992, 9007199254740992.0],
}
NUMBERS = {
    "id": [(1, 1), (1500.0, 1500), (2147483647, 2147483647), (2147483647.0, 2147483647)],
    "amount": [(1, 1), (1500.0, 1500), (2147483647, 2147483647), (2147483647.0, 2147483647)],
    "price": [(0, 0), (0.0, 0), (-0.0, 0), (1500.0, 1500), (2147483647, 2147483647)],
    "counter": [(0, 0), (3.0, 3), (2147483648, 2147483648), (9007199254740991, 9007199254740991)],
}

NO_FLAGS = ["true", "false", "", 0, 1, 1.0, [], [True], {}]

NO_STRINGS = [True, False, 0, 1500, 1.5, math.nan, [], ["text"], {}, {"text": "text"}]
HALVES = ["\ud83d", "a\udc8d", "\udc8d\ud83d"]  # halves of a ring, not put together
BLANKS = ["", " ", "\t\r\n", "\u00a0", "\u3000"]
UNSEEN = ["\u200b", " \u200f\u2066", "\ufeff", "\x00\x07", "\u2800\ufe0f", "\u3164", "\U000e0041"]
TEXTS_AS_THEY_CAME = [
    "a",
    "\u06dd",
    " a ",
    "Gold Ring – 18K",
    "خاتم ذهب",
    RING,
    "👩‍👩‍👧‍👦",
    "a\x00b",
    "\"quotes\" and 'quotes' and `quotes`",
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE users;--",
    "{braces} {0} %s %(name)s",
    "back\\slash\nand line",
]
WIDTH = {"text": 191, "text or blank": 191, "request id": 64}


def refused_values() -> Iterator[tuple[str, Any, str]]:
    for kind, reason in A_NUMBER.items():
        for value in [*NO_NUMBERS, *TOO_SMALL_OR_LARGE[kind]]:
            yield kind, value, reason
    for kind, width in WIDTH.items():
        for value in NO_STRINGS:
            yield kind, value, "must be a string"
        for value in HALVES:
            yield kind, value, "must be valid Unicode text"
        for text in ["a" * (width + 1), RING * (width + 1), "x" * 9999]:
            yield kind, text, f"must have at most {width} characters, not {len(text)}"
        if kind != "text or blank":
            for value in [*BLANKS, *UNSEEN]:
                yield kind, value, f"must not be blank (1 to {width} characters)"
    yield from (("flag", value, "must be true or false") for value in NO_FLAGS)


def accepted_values() -> Iterator[tuple[str, Any, Any]]:
    for kind, pairs in NUMBERS.items():
        for value, meant in pairs:
            yield kind, value, meant
    for kind, width in WIDTH.items():
        for value in [*TEXTS_AS_THEY_CAME, "a" * width, RING * width]:
            yield kind, value, value
    for value in [*BLANKS, *UNSEEN]:
        yield "text or blank", value, value
    yield from (("flag", value, value) for value in (True, False))


def each_field(
    values: Callable[[], Iterator[tuple[str, Any, Any]]],
) -> list[tuple[str, str, Any, Any]]:
    """Every value that fits or misfits a kind, in every field of that kind of every event."""
    return [
        (name, field, value, outcome)
        for name, payload in VALID.items()
        for field in payload
        for kind, value, outcome in values()
        if kind == FIELDS[field][1]
    ]


def id_of(value: Any) -> str:
    return ascii(value)[:40]


def refusal_of(name: str, *arguments: Any) -> Refusal:
    refusal = parse(name, arguments)
    assert isinstance(refusal, Refusal)
    assert refusal.event == name
    return refusal


@pytest.mark.parametrize("name", VALID)
def test_a_well_formed_payload_is_understood(name: str) -> None:
    event = parse(name, [VALID[name]])
    assert isinstance(event, ClientEvent)
    assert event.wire_name == name
    assert event.model_dump() == {FIELDS[field][0]: value for field, value in VALID[name].items()}


@pytest.mark.parametrize(
    ("name", "field", "value", "reason"), each_field(refused_values), ids=id_of
)
def test_a_wrong_value_is_refused_by_a_sentence_that_names_the_field(
    name: str, field: str, value: Any, reason: str
) -> None:
    """D12, D15, D16."""
    refusal = refusal_of(name, {**VALID[name], field: value})
    assert refusal.code is Code.MALFORMED
    assert refusal.message == f"Invalid payload: {field} {reason}"


@pytest.mark.parametrize(
    ("name", "field", "value", "meant"), each_field(accepted_values), ids=id_of
)
def test_a_right_value_is_taken_as_it_came(name: str, field: str, value: Any, meant: Any) -> None:
    """D12, D15: 1500.0 is 1500, and text is never trimmed, escaped or cut."""
    event = parse(name, [{**VALID[name], field: value}])
    assert isinstance(event, ClientEvent), event
    taken = getattr(event, FIELDS[field][0])
    assert taken == meant
    assert type(taken) is type(meant)


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, payload in VALID.items() for field in payload]
)
def test_a_missing_or_null_field_is_refused_unless_it_is_optional(name: str, field: str) -> None:
    """D16, D23."""
    without = {key: value for key, value in VALID[name].items() if key != field}
    with_null = VALID[name] | {field: None}
    if field in OPTIONAL:
        for payload in (without, with_null):
            event = parse(name, [payload])
            assert isinstance(event, ClientEvent), event
            assert getattr(event, FIELDS[field][0]) is None
    else:
        kind = FIELDS[field][1]
        assert refusal_of(name, without).message == f"Invalid payload: {field} is required"
        reason = A_NUMBER.get(kind, "must be a string")
        assert refusal_of(name, with_null).message == f"Invalid payload: {field} {reason}"


@pytest.mark.parametrize("name", VALID)
def test_several_wrong_fields_make_one_refusal(name: str) -> None:
    refusal = refusal_of(name, dict.fromkeys(VALID[name]))
    reason = "auctionId must be a whole number from 1 to 2147483647"
    assert refusal.message == f"Invalid payload: {reason}"


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (None,),
        ([],),
        ([{"auctionId": 42}],),
        ("",),
        ("auctionId",),
        ('{"auctionId": 42}',),
        (b'{"auctionId": 42}',),
        (42,),
        (0,),
        (1.5,),
        (True,),
        (42, {"auctionId": 42}),
        (None, {"auctionId": 42}),
    ],
    ids=id_of,
)
def test_a_payload_that_is_no_object_is_refused(name: str, arguments: tuple[Any, ...]) -> None:
    """D16."""
    refusal = refusal_of(name, *arguments)
    assert refusal.code is Code.MALFORMED
    assert refusal.message == "Invalid payload: the payload must be an object"


@pytest.mark.parametrize("name", VALID)
def test_arguments_behind_the_payload_are_ignored(name: str) -> None:
    assert parse(name, [VALID[name], {"auctionId": 1}, "more"]) == parse(name, [VALID[name]])


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize(
    "extra",
    [
        {"userId": 1},
        {"user_id": 1, "owner": True, "isLive": True},
        {"wire_name": "endAuction", "who": "anybody", "model_config": {}},
        {"__class__": "x", "__proto__": {}, "": None},
        # our own names for the fields are no wire names
        {"auction_id": 1, "last_seq": "x", "request_id": 1, "minimum_price": 1},
        {"start_price": "x", "market_price": []},
        {"deep": [[[[[[[[{}]]]]]]]]},
    ],
    ids=id_of,
)
def test_unknown_fields_are_ignored(name: str, extra: dict[str, Any]) -> None:
    """D16."""
    expected = parse(name, [VALID[name]])
    assert parse(name, [extra | VALID[name]]) == expected
    assert parse(name, [VALID[name] | extra]) == expected


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name, payload in VALID.items()
        for field in payload
        if FIELDS[field][0] != field and field not in OPTIONAL
    ],
)
def test_our_own_name_for_a_field_does_not_stand_in_for_the_documented_one(
    name: str, field: str
) -> None:
    payload = dict(VALID[name])
    payload[FIELDS[field][0]] = payload.pop(field)
    assert refusal_of(name, payload).message == f"Invalid payload: {field} is required"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("newBid", "newBid"),
        ("raiseHand", "raiseHand"),
        ("", ""),
        ("{reason}", "{reason}"),
        ("x" * 100_000, "x" * 64),
        ("half \ud83d", "half ?"),
    ],
    ids=id_of,
)
def test_an_unknown_event_is_refused_without_repeating_more_than_a_little(
    name: str, told: str
) -> None:
    refusal = parse(name, [{"auctionId": 42}])
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.UNKNOWN_EVENT
    assert refusal.event == told
    assert refusal.message == f"Unknown event: {told}"
    assert refusal.is_silent  # D30: phones show every error to people


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("changeCurrentProduct", "changeCuurentProduct"),
        ("PlaceBid", "placeBid"),
        ("placebid", "placeBid"),
        ("place_bid", "placeBid"),
        ("placeBids", "placeBid"),
        ("startAuction", "startLiveAuction"),
        ("awardAuction", "awardingAuction"),
        ("JOIN_AUCTION", "joinAuction"),
        ("comments", "comment"),
    ],
)
def test_what_is_nearly_a_documented_event_is_told_which_one_was_meant(
    name: str, meant: str
) -> None:
    """D30."""
    refusal = parse(name, [{"auctionId": 42}])
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.UNKNOWN_EVENT
    assert refusal.message == f"Unknown event: {name}. Did you mean {meant}?"
    assert not refusal.is_silent


# --- anything at all ---------------------------------------------------------

ANY_TEXT = st.text(st.characters())  # unlike text() alone, with halves of surrogate pairs
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
FIELD_NAMES = st.sampled_from(sorted(FIELDS))


def check_answer(answer: ClientEvent | Refusal) -> None:
    """It is an event, or a refusal whose sentence can be sent as UTF-8."""
    if isinstance(answer, Refusal):
        assert answer.message
        (answer.message + answer.event).encode()
    else:
        answer.model_dump_json().encode()


@given(st.sampled_from(sorted(VALID)) | ANY_TEXT, st.lists(ANY_JSON, max_size=3))
@example("joinAuction", [{"auctionId": 10**400}])
def test_no_arguments_of_any_event_make_an_exception(name: str, arguments: list[Any]) -> None:
    check_answer(parse(name, arguments))


@given(st.sampled_from(sorted(VALID)), st.dictionaries(FIELD_NAMES, ANY_JSON))
def test_no_values_of_the_known_fields_make_an_exception(
    name: str, payload: dict[str, Any]
) -> None:
    check_answer(parse(name, [VALID[name] | payload]))


@given(st.data())
def test_one_wrong_field_is_the_one_that_is_named(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(VALID)))
    field = data.draw(st.sampled_from(sorted(VALID[name])))
    answer = parse(name, [VALID[name] | {field: data.draw(ANY_JSON)}])
    check_answer(answer)
    if isinstance(answer, Refusal):
        assert answer.message.startswith(f"Invalid payload: {field} ")
