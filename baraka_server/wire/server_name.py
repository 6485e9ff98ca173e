"""Name of the server in its answers (`Server`), without the versions of its libraries.

aiohttp 3.14 names itself and Python with their versions in every answer that names nobody: also in that to a
websocket, and in those of its parser, which pass no application. Versions tell a stranger what to try.
"""

from __future__ import annotations

from aiohttp import web_response

NAME = "Baraka"


def name_without_versions() -> None:
    """Have every answer of this process say `NAME` alone."""
    vars(web_response)["SERVER_SOFTWARE"] = NAME
