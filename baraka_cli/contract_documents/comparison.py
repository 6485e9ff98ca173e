"""Comparison of two contracts by their schemas: the changes that break a client of the older one.

What a client sends may be taken more freely than before, never less; what it is told may say less than was
promised to nobody. So a field that is added breaks no client, nor does a new event, code or route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from baraka_cli.contract_documents.schema import REF
from baraka_server.contract.client_events import Who

Schema = dict[str, Any]

COMBINED = ("oneOf", "if", "then", "not")
KINDS = ("null", "boolean", "integer", "string", "array", "object")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """The changes from `old` to `new` that break a client, each in one line that names it."""
    comparison = _Comparison(old["$defs"], new["$defs"])
    return [
        *_of_client_events(comparison, old["clientToServer"], new["clientToServer"]),
        *_of_server_events(comparison, old["serverToClient"], new["serverToClient"]),
        *_of_routes(comparison, old["http"], new["http"]),
        *_of_refusals(old["refusals"], new["refusals"]),
    ]


def _of_client_events(comparison: _Comparison, old: Schema, new: Schema) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"client event {name}: is gone"
            continue
        now = new[name]
        yield from _of_rights(f"client event {name}", was, now)
        yield from comparison.of_sent(f"client event {name}", was["payload"], now["payload"])
        accepted = was["acknowledgement"][0], now["acknowledgement"][0]
        refused = was["acknowledgement"][1], now["acknowledgement"][1]
        yield from comparison.of_told(f"acknowledgement of {name}", *accepted)
        yield from comparison.of_told(f"refusal of {name}", *refused)


def _of_server_events(comparison: _Comparison, old: Schema, new: Schema) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"server event {name}: is gone"
            continue
        now = new[name]
        if was["scope"] != now["scope"]:
            yield f"server event {name}: is told to {now['scope']}, not to {was['scope']}"
        yield from comparison.of_told(f"server event {name}", was["payload"], now["payload"])


def _of_routes(comparison: _Comparison, old: Schema, new: Schema) -> Iterator[str]:
    for name, was in old.items():
        if name not in new:
            yield f"{name}: is gone"
            continue
        now = new[name]
        yield from _of_rights(name, was, now)
        if was.get("list") != now.get("list"):
            yield f"{name}: answers {'a list' if now.get('list') else 'no list any more'}"
        for lost in sorted(set(was.get("query", ())) - set(now.get("query", ()))):
            yield f"{name}: no longer takes {lost}"
        if "payload" in was:
            yield from comparison.of_sent(name, was["payload"], now.get("payload", ""))
        yield from comparison.of_told(f"answer of {name}", was["answer"], now["answer"])
        yield from comparison.of_told(f"refusal of {name}", was["refusal"], now["refusal"])


def _of_rights(name: str, old: Schema, new: Schema) -> Iterator[str]:
    order = [str(who) for who in Who]  # each may do more than the one before
    if order.index(new["who"]) > order.index(old["who"]):
        yield f"{name}: is for {new['who']} now, and was for {old['who']}"


def _of_refusals(old: Schema, new: Schema) -> Iterator[str]:
    for code, was in old.items():
        if code not in new:
            yield f"code {code}: is gone"
            continue
        if was["text"] != new[code]["text"]:
            yield f"code {code}: its text was {was['text']!r} and is {new[code]['text']!r}"
        now_by_event = new[code].get("answering", {})
        was_by_event = was.get("answering", {})
        for event in sorted(was_by_event.keys() | now_by_event.keys()):
            before = was_by_event.get(event, was["text"])
            text = now_by_event.get(event, new[code]["text"])
            if before != text and (before != was["text"] or text != new[code]["text"]):
                yield f"code {code} of {event}: its text was {before!r} and is {text!r}"


class _Place(NamedTuple):
    """A field that is compared: how it is named, and whether clients send or are told it."""

    name: str
    is_sent: bool

    def field(self, name: str) -> _Place:
        return _Place(
            f"{self.name}, {name}" if "," not in self.name else f"{self.name}.{name}", self.is_sent
        )


class _Comparison:
    """Compares definitions of two contracts by their names; each pair once on the way down."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._open: set[tuple[str, str]] = set()

    def of_sent(self, name: str, was: str, now: str) -> Iterator[str]:
        """The changes of a payload that clients send: whatever was taken must be taken."""
        yield from self._named(_Place(name, is_sent=True), was, now)

    def of_told(self, name: str, was: str, now: str) -> Iterator[str]:
        """The changes of a payload that clients are told: it must be what they expect."""
        yield from self._named(_Place(name, is_sent=False), was, now)

    def _named(self, place: _Place, was: str, now: str) -> Iterator[str]:
        if now not in self._new:
            yield f"{place.name}: has no payload any more"
        elif (was, now) not in self._open:
            self._open.add((was, now))
            yield from self._compare(place, self._old[was], self._new[now])
            self._open.discard((was, now))

    def _compare(self, place: _Place, old: Schema, new: Schema) -> Iterator[str]:
        before, after = _by_kind(old, self._old), _by_kind(new, self._new)
        expected, there = (before, after) if place.is_sent else (after, before)
        for kind in sorted(expected.keys() - there.keys()):
            yield (
                f"{place.name}: no longer takes {kind}"
                if place.is_sent
                else (f"{place.name}: may now be {kind}")
            )
        for kind in sorted(before.keys() & after.keys()):
            yield from self._of_one_kind(place, kind, before[kind], after[kind])

    def _of_one_kind(self, place: _Place, kind: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from _of_values(place, old, new)
        if place.is_sent:
            yield from _of_bounds(place, old, new)
        if kind == "array":
            inner = place._replace(name=f"{place.name}[]")
            yield from self._follow(inner, old.get("items", {}), new.get("items", {}))
        if kind == "object":
            yield from self._of_fields(place, old, new)

    def _of_fields(self, place: _Place, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        must, must_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            if name not in after:
                yield f"{place.field(name).name}: is gone"
            else:
                yield from self._follow(place.field(name), before[name], after[name])
        if place.is_sent:
            for name in sorted(must_now - must):
                yield f"{place.field(name).name}: is required now"
            if any(old.get(word) != new.get(word) for word in (*COMBINED, "anyOf") if word in new):
                yield f"{place.name}: which fields go together has changed"
        else:
            for name in sorted(must - must_now):
                if name in after:
                    yield f"{place.field(name).name}: may be left out now"

    def _follow(self, place: _Place, old: Schema, new: Schema) -> Iterator[str]:
        was, now = _name_of(old), _name_of(new)
        if was and now:
            yield from self._named(place, was, now)
        else:
            yield from self._compare(place, old, new)


def _name_of(schema: Schema) -> str:
    return str(schema.get("$ref", "")).removeprefix(REF)


def _by_kind(schema: Schema, defs: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by the kinds of JSON value; an open list of values is plain text."""
    if name := _name_of(schema):
        return _by_kind(defs[name], defs)
    if "properties" not in schema and (alternatives := schema.get("anyOf")):
        found: dict[str, Schema] = {}
        for one in alternatives:
            for kind, inner in _by_kind(one, defs).items():
                found[kind] = {} if kind in found and kind == "string" else inner
        return found
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is not None:
        by_kind: dict[str, Schema] = {}
        for value in values:
            by_kind.setdefault(_kind_of(value), {"enum": []})["enum"].append(value)
        return by_kind
    if "type" in schema:
        return {str(schema["type"]): schema}
    return {kind: {} for kind in KINDS}


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "boolean", int: "integer"}.get(type(value), "string")


def _of_values(place: _Place, old: Schema, new: Schema) -> Iterator[str]:
    """Changes of the listed values; None lists none, and means all."""
    before, after = old.get("enum"), new.get("enum")
    if place.is_sent and after is not None:
        for value in [one for one in before or ["all others"] if one not in after]:
            yield f"{place.name}: no longer takes {value}"
    if not place.is_sent and before is not None:
        for value in [one for one in after or ["anything else"] if one not in before]:
            yield f"{place.name}: may now be {value}"


def _of_bounds(place: _Place, old: Schema, new: Schema) -> Iterator[str]:
    """Bounds of what clients send that are narrower than they were."""
    for word in ("minimum", "minItems", "minLength"):
        if word in new and new[word] > old.get(word, float("-inf")):
            yield f"{place.name}: {word} is {new[word]}, and was {old.get(word, 'none')}"
    for word in ("maximum", "maxItems", "maxLength"):
        if word in new and new[word] < old.get(word, float("inf")):
            yield f"{place.name}: {word} is {new[word]}, and was {old.get(word, 'none')}"
    for word in ("pattern", "format"):
        if word in new and new[word] != old.get(word):
            yield f"{place.name}: {word} is {new[word]}, and was {old.get(word, 'none')}"
