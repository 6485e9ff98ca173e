"""The examples of the contract are what a real server tells, and every field that is declared is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from baraka_cli.contract_documents.examples import examples
from baraka_cli.contract_documents.schema import REF, contract_schema
from tests.support.checks.declared import errors_of, form
from tests.support.servers.recorded_evening import RecordedEvening, evening_at

CONTRACT = contract_schema()
DEFS = CONTRACT["$defs"]

NOT_SEEN = {"AuctionClock.reason", "ClockShown.reason"}
"""The declared fields that no payload of the evening has: no clock was interrupted."""


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is told does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


def fields_in(definition: str, payload: Any) -> Iterator[str]:
    """The declared fields that a payload has, as `Definition.field`."""
    if not isinstance(payload, dict):
        return
    for name, schema in DEFS[definition].get("properties", {}).items():
        if name in payload:
            yield named(definition, name)
            for inner in definitions_in(schema):
                rows = payload[name] if isinstance(payload[name], list) else [payload[name]]
                for row in rows:
                    yield from fields_in(inner, row)


def named(definition: str, field: str) -> str:
    """What every acceptance has is one field for all of them."""
    common = definition.endswith("Accepted") and field in DEFS["Accepted"]["properties"]
    return f"{'Accepted' if common else definition}.{field}"


def definitions_in(schema: Any) -> list[str]:
    parts = schema.get("anyOf", [schema])
    parts = [one.get("items", one) for one in parts]
    return [one["$ref"].removeprefix(REF) for one in parts if "$ref" in one]


def payloads(evening: RecordedEvening) -> Iterator[tuple[str, Any]]:
    """Every payload of the evening, with the definition that it is of."""
    for event, payload in evening.all_told:
        yield CONTRACT["serverToClient"][event]["payload"], payload
    for event, answer in evening.acknowledged:
        accepted, refused = CONTRACT["clientToServer"][event]["acknowledgement"]
        yield (accepted if answer["ok"] else refused), answer
    for route, answer in evening.answered:
        rows = answer if CONTRACT["http"][route]["list"] else [answer]
        for row in rows:
            yield CONTRACT["http"][route]["answer"], row


def declared() -> set[str]:
    told = {one["payload"] for one in CONTRACT["serverToClient"].values()}
    told |= {name for one in CONTRACT["clientToServer"].values() for name in one["acknowledgement"]}
    told |= {one["answer"] for one in CONTRACT["http"].values()}
    waiting, reached = list(told), set(told)
    while waiting:
        for schema in DEFS[waiting.pop()].get("properties", {}).values():
            new = set(definitions_in(schema)) - reached
            reached |= new
            waiting += new
    return {named(name, field) for name in reached for field in DEFS[name].get("properties", {})}


async def test_the_examples_are_what_a_real_server_tells(sale_database, tmp_path):
    async with evening_at(sale_database, tmp_path) as evening:
        await evening.is_played()

    played, kept = evening.examples(), examples()
    assert {kind: set(found) for kind, found in played.items()} == {
        kind: set(found) for kind, found in kept.items()
    }
    differ = [
        f"{kind} {name}"
        for kind, found in played.items()
        for name, payload in found.items()
        if form(payload) != form(kept[kind][name])
    ]
    assert differ == [], "Try: .venv/bin/python tools/contract_examples.py"
    assert set(kept["clientToServer"]) == set(CONTRACT["clientToServer"])
    assert set(kept["serverToClient"]) == set(CONTRACT["serverToClient"])

    wrong = [
        f"{definition}: {one}"
        for definition, payload in payloads(evening)
        for one in errors_of(definition, payload)
    ]
    assert wrong == []
    seen = {
        field
        for definition, payload in payloads(evening)
        for field in fields_in(definition, payload)
    }
    assert declared() - seen == NOT_SEEN
