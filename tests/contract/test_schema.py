"""The published schemas: valid, as strict as the parser, and all that the server has to say."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from baraka_cli.contract_documents.common_fields import MEANING
from baraka_cli.contract_documents.schema import contract_schema
from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.refusals import Refusal
from baraka_server.contract.vocabulary import CLIENT_EVENTS, SERVER_EVENTS, parse

CONTRACT = contract_schema()
DEFS = CONTRACT["$defs"]

LOT = {"product": "Ring", "minBidPrice": 1, "bidPrice": 2, "actualPrice": 3}
STEPS = [{"from": 0, "step": 10}, {"from": 1000, "step": 50}]
POOL: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        3,
        4,
        -1,
        1.0,
        1.5,
        "1",
        600,
        601,
        604_800,
        604_801,
        10_080,
        10_081,
    ),
    *(INT_MAX, INT_MAX + 1, 2**53 - 1, 2**53, "", " ", "x", "x" * 40, "x" * 41, "x" * 64, "x" * 65),
    *("x" * 191, "x" * 192, "x" * 2000, "x" * 2001, "auto", "open", "approval", "clerk", "owner"),
    *("https://example.com/a.png", "ftp://example.com", "http://a b", "passed", {}, []),
    *(STEPS, [{"from": 0}], [{"from": 0, "step": 0}], [LOT], [LOT] * 501, [LOT | {"product": ""}]),
    *([LOT | {"reserve": 5, "increments": 10, "imageUrl": "https://a.b"}], [LOT | {"was": "lost"}]),
]
VALID: dict[str, Any] = {
    "auctionId": 1,
    "amount": 100,
    "comment": "Mine",
    "lotId": 1,
    "lots": [LOT],
    "userId": 2,
    "role": "clerk",
    "approved": True,
    "increments": 10,
    "bidId": 1,
    "seconds": 5,
    "stage": 1,
    "commentId": 1,
    "round": 1,
    "version": 1,
    "before": None,
    "maxima": True,
    "paddle": 3,
    **LOT,
}
COMMON = {"auctionId", "requestId", "round"}
MAXIMUM_OR_BID = {"placeBid", "setMaximumBid"}
"""Two events for all, of what most have."""
EITHER = {"floorBid": ("paddle", "label")} | dict.fromkeys(
    ("muteUser", "unmuteUser", "blockUser", "unblockUser"), ("userId", "paddle")
)


def payload_for(name: str) -> dict[str, Any]:
    """One that is taken: what is required, and one of those of which one is."""
    required = DEFS[CONTRACT["clientToServer"][name]["payload"]].get("required", [])
    one = EITHER.get(name, ("maxima",) if name == "setHouseRules" else ())[:1]
    return {field: VALID[field] for field in (*required, *one)}


def taken(name: str, payload: Any) -> bool:
    return not isinstance(parse(name, [payload]), Refusal)


def test_every_definition_is_json_schema() -> None:
    for schema in DEFS.values():
        Draft202012Validator.check_schema(schema)


def test_every_field_says_what_it_is() -> None:
    fields = {
        f"{name}.{field}": "description" in schema
        for name, definition in DEFS.items()
        for field, schema in definition.get("properties", {}).items()
    }
    assert [field for field, said in fields.items() if not said] == []
    assert set(MEANING) <= {field.partition(".")[2] for field in fields}


def test_every_event_has_its_definitions() -> None:
    assert set(CONTRACT["clientToServer"]) == set(CLIENT_EVENTS)
    assert set(CONTRACT["serverToClient"]) == set(SERVER_EVENTS)
    for event in CONTRACT["clientToServer"].values():
        assert {event["payload"], *event["acknowledgement"]} <= DEFS.keys()
    for event in CONTRACT["serverToClient"].values():
        assert event["payload"] in DEFS


@pytest.mark.parametrize("name", CLIENT_EVENTS)
def test_a_schema_takes_what_the_parser_takes_and_nothing_else(name: str) -> None:
    definition = CONTRACT["clientToServer"][name]["payload"]
    validator = Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": DEFS})
    base = payload_for(name)
    assert taken(name, base)
    tried = [base, {}, base | {"userId": 7, "surplus": "x"}]
    tried += [{key: base[key] for key in base if key != left_out} for left_out in base]
    fields = set(DEFS[definition]["properties"])
    fields -= set() if name in MAXIMUM_OR_BID else COMMON
    tried += [base | {field: value} for field in fields for value in POOL]
    for one in EITHER.get(name, ()):
        rest = {key: base[key] for key in base if key not in EITHER[name]}
        tried += [rest | {one: 5}, rest | dict.fromkeys(EITHER[name], 5), rest | {one: None}]
    if name == "registerBidder":
        tried += [base | {"limit": 5, "approved": approved} for approved in (True, False)]
    differ = [one for one in tried if taken(name, one) != validator.is_valid(one)]
    assert differ == []


def test_the_schema_of_a_code_lets_a_newer_server_say_another() -> None:
    validator = Draft202012Validator({"$ref": "#/$defs/Refused", "$defs": DEFS})
    answer = {"ok": False, "code": "a_new_one", "message": "Not today"}
    assert validator.is_valid(answer)
    assert not validator.is_valid(answer | {"code": 7})
