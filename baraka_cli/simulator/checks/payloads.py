"""Checks payloads: the documented fields and types, and nobody's secrets (D17)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.records import Records
from baraka_cli.simulator.checks.secrets import secrets_in
from baraka_cli.simulator.checks.undocumented import undocumented
from baraka_cli.simulator.result import Promise
from baraka_server.contract.records import BidWithUser, CommentWithUser
from baraka_server.contract.vocabulary import SERVER_EVENTS

ADDED_FIELDS: dict[str, Any] = {
    "auctionId": 0,
    "seq": 0,
    "round": 0,
    "serverTime": "2026-01-01T00:00:00.000Z",
}
"""Stand-ins for what a server that knows the guide alone does not send."""

LISTS: dict[str, type[BaseModel]] = {
    "auctionBids": BidWithUser,
    "comments": CommentWithUser,
    "auctionComments": CommentWithUser,
}
"""Lists of rows that payloads carry again and again."""


class Payloads:
    """`numbers_are_whole` for private deployments (D17).

    `numbered` below: whether the server numbers its announcements (D22).
    """

    def __init__(self, findings: Findings, records: Records, *, numbers_are_whole: bool) -> None:
        self._findings = findings
        self._records = records
        self._numbers_are_whole = numbers_are_whole
        self._rows: dict[tuple[type, Any], Mapping[str, Any]] = {}
        """Rows that were found right, by kind and id."""

    def look(self, frame: Frame, *, numbered: bool) -> None:
        kind = SERVER_EVENTS.get(frame.name)
        if kind is not None:
            self.look_at(frame.name, kind, frame.data, frame.text, numbered=numbered)
            return
        what = f"'{frame.name}' is not a documented event"
        self._findings.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, frame.text)
        self._look_for_secrets(frame.name, frame.data, frame.text)

    def look_at(
        self,
        who: str,
        kind: type[BaseModel],
        said: Mapping[str, Any],
        text: object,
        *,
        numbered: bool,
    ) -> None:
        """`who` names it to a person; `text` is as it arrived."""
        self._look_at_fields(who, kind, said, text, numbered=numbered)
        self._look_for_secrets(who, said, text)

    def _look_at_fields(
        self,
        who: str,
        kind: type[BaseModel],
        said: Mapping[str, Any],
        text: object,
        *,
        numbered: bool,
    ) -> None:
        data = dict(said)
        for name, record in LISTS.items():
            if isinstance(data.get(name), list):
                self._look_at_rows(who, name, data[name], record)
                data[name] = []
        whole = data if numbered else ADDED_FIELDS | data
        try:
            _adapter(kind).validate_json(_json(whole), strict=True)
        except (ValidationError, ValueError) as error:
            problem = _problem(error)
        else:
            problem = _wrong_user(data) or next(undocumented(kind, data), "")
        self._findings.expect(
            Promise.PAYLOADS_ARE_DOCUMENTED, not problem, f"{who}: {problem}", text
        )

    def _look_at_rows(
        self, who: str, name: str, listed: list[Any], record: type[BaseModel]
    ) -> None:
        """Rows were looked at when they were new; a row that has changed is looked at again."""
        for row in listed:
            key = (record, row.get("id") if isinstance(row, dict) else None)
            if self._rows.get(key) == row:
                continue
            try:
                _adapter(record).validate_json(_json(row), strict=True)
            except (ValidationError, ValueError) as error:
                what = f"{who}, a row of {name}: {_problem(error)}"
                self._findings.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, _json(row))
                return
            more = next(undocumented(record, row), "")
            if more:
                what = f"{who}, a row of {name}: {more}"
                self._findings.broken(Promise.PAYLOADS_ARE_DOCUMENTED, what, _json(row))
            self._rows[key] = row
            promise = (
                Promise.LISTS_ARE_THE_FOLD if who in SERVER_EVENTS else Promise.ANNOUNCED_IS_KEPT
            )
            self._records.see(promise, f"{who}, a row of {name}", row, _json(row))

    def _look_for_secrets(self, who: str, data: Mapping[str, Any], text: object) -> None:
        told = next(secrets_in(data, numbers_are_whole=self._numbers_are_whole), None)
        self._findings.expect(Promise.SECRETS_STAY, told is None, f"{who}: {told}", text)


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    return adapter


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def _wrong_user(data: Mapping[str, Any]) -> str:
    """Error about the user beside a new row; empty when it is the row's own."""
    for name in ("newBid", "newComment"):
        row = data.get(name)
        if isinstance(row, dict) and row["user"]["id"] != row["user_id"]:
            return f"{name}.user: user {row['user']['id']} stands beside user_id {row['user_id']}"
    return ""
