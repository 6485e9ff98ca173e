"""`baraka contract`: the contract of the server as a document, for those who write clients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.contract_documents.formats import Format
from baraka_cli.terminal import fail, say


def contract(
    format_: Annotated[
        Format,
        typer.Option(
            "--format",
            help="markdown: the guide for people. asyncapi: every event, with its replies. json-schema: every payload. "
            "typescript: types for the official client.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="The folder to write it to; without it, it is printed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the contract of this version: what clients send, and what they are told.

    It is made from the declarations that the server itself reads with. No server and no database is needed.
    """
    from baraka_cli.contract_documents.documents import DOCUMENTS
    from baraka_cli.whole_file import write_whole

    document = DOCUMENTS[format_]
    content = document.text().encode()
    if output is None:
        sys.stdout.buffer.write(content)
        return
    file = output / document.name
    try:
        output.mkdir(parents=True, exist_ok=True)
        write_whole(file, content, replace=True)
    except OSError as error:
        fail(f"{file} could not be written: {error.strerror}")
    say(f"Written: {file}")
