"""Table of the documents: for each format the name of its file, and how it is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from baraka_cli.contract_documents.asyncapi import asyncapi
from baraka_cli.contract_documents.formats import Format
from baraka_cli.contract_documents.markdown import markdown
from baraka_cli.contract_documents.schema import contract_schema
from baraka_cli.contract_documents.typescript import typescript


class Document(NamedTuple):
    """The usual name of a file, and its text."""

    name: str
    text: Callable[[], str]


DOCUMENTS: dict[Format, Document] = {
    Format.MARKDOWN: Document("guide.md", markdown),
    Format.ASYNCAPI: Document("asyncapi.json", lambda: as_json(asyncapi())),
    Format.JSON_SCHEMA: Document("baraka.schema.json", lambda: as_json(contract_schema())),
    Format.TYPESCRIPT: Document("baraka.d.ts", typescript),
}


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
