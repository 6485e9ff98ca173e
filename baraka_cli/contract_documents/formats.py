"""Names of the formats of the contract's documents; nothing that makes one is imported here."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The formats in which the contract can be had."""

    MARKDOWN = "markdown"
    ASYNCAPI = "asyncapi"
    JSON_SCHEMA = "json-schema"
    TYPESCRIPT = "typescript"
