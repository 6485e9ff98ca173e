"""HTML of the guide for clients, which the server shows at /docs: made from its Markdown, with no script in it."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

LEVELS = {"h2", "h3"}
COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)

PAGE = """\
<!DOCTYPE html>
<!-- Made by tools/contract_docs.py of docs/contract/guide.md. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Baraka: guide for clients</title>
<link rel="stylesheet" href="docs/guide.css">
</head>
<body>
<nav aria-label="Contents">
{contents}
</nav>
<main>
{guide}
</main>
</body>
</html>
"""


def guide_page(markdown: str) -> str:
    """The page. What looks like HTML in the Markdown is shown as text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(COMMENT.sub("", markdown))
    headings = _anchored(tokens)
    links = [f'<a class="{tag}" href="#{id_}">{escape(text)}</a>' for tag, id_, text in headings]
    guide = parser.renderer.render(tokens, parser.options, {})
    return PAGE.format(contents="\n".join(links), guide=guide.strip())


def _anchored(tokens: list[Token]) -> list[tuple[str, str, str]]:
    """Give every heading the anchor that links to it name, as GitHub makes them."""
    found = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(part.content for part in content.children or ())
            id_ = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
            token.attrSet("id", id_)
            if token.tag in LEVELS:
                found.append((token.tag, id_, text))
    return found
