"""Settlement as sheets, one for each buyer: a page to print, or text to send (D39).

A sheet is read by its buyer: it names no other bidder, and no reason that was noted for the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from baraka_cli.shown import PLAIN, Shown
from baraka_server.contract.settlement import Buyer, Change, SaleChange, SaleLot, SaleSummary
from baraka_server.contract.text import printable

Key = tuple[int | None, int | None]
"""A bidder: the user and the paddle."""

STYLE = """
body { font: 11pt/1.4 system-ui, sans-serif; color: #111; margin: 0 auto; max-width: 46rem; padding: 1rem; }
section { break-after: page; padding: 1rem 0 2rem; border-bottom: 1px dashed #767676; }
section:last-child { break-after: auto; border: 0; }
h1 { font-size: 1rem; font-weight: 400; margin: 0; }
h2 { font-size: 1.6rem; margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { padding: .3rem .6rem .3rem 0; text-align: start; vertical-align: top; border-bottom: 1px solid #bbb; }
tr { break-inside: avoid; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot th { text-align: right; border: 0; }
tfoot .amount { border: 0; font-weight: 700; }
footer { color: #555; font-size: .8rem; }
@media print { body { max-width: none; padding: 0; } section { border: 0; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one buyer has bought, and what became of it since the sheet before."""

    buyer: Buyer
    lots: Sequence[SaleLot]
    changes: Sequence[str] = ()


def sheets_of(summary: SaleSummary, paddle: int | None = None) -> list[Sheet]:
    """The sheets by paddle; of changes since a head only those that are other ones by now."""
    buyers = {_key(one): one for one in summary.buyers}
    lots: dict[Key, list[SaleLot]] = {key: [] for key in buyers}
    for lot in summary.sold:
        lots[lot.winnerId, lot.paddle].append(lot)
    changes = _changes(summary)
    if summary.since is not None:
        buyers = {key: buyers.get(key) or _without_lots(key, changes[key]) for key in changes}
    return [
        Sheet(buyer, lots.get(key, ()), [_told(one, key) for one in changes.get(key, ())])
        for key, buyer in sorted(buyers.items(), key=_by_paddle)
        if paddle is None or buyer.paddle == paddle
    ]


def _key(buyer: Buyer) -> Key:
    return buyer.userId, buyer.paddle


def _by_paddle(item: tuple[Key, Buyer]) -> tuple[bool, int, int]:
    buyer = item[1]
    return buyer.paddle is None, buyer.paddle or 0, buyer.userId


def _changes(summary: SaleSummary) -> dict[Key, list[SaleChange]]:
    """The changes by the bidders whose sheets they change."""
    if summary.since is None:
        return {}
    owners = {lot.winningId: (lot.winnerId, lot.paddle) for lot in summary.sold}
    found: dict[Key, list[SaleChange]] = {}
    for change in summary.changes:
        concerned: dict[Key, None] = dict.fromkeys([_now(change), _before(change)])
        if change.change in {Change.PAID, Change.NOT_PAID} and change.winningId in owners:
            concerned = {owners[change.winningId]: None}
        for key in concerned:
            if key[0] is not None:
                found.setdefault(key, []).append(change)
    return found


def _now(change: SaleChange) -> Key:
    return change.winnerId, change.paddle


def _before(change: SaleChange) -> Key:
    return change.winnerBeforeId, change.paddleBefore


def _without_lots(key: Key, changes: Sequence[SaleChange]) -> Buyer:
    """A bidder who has nothing any more."""
    named = [one.winner if _now(one) == key else one.winnerBefore for one in changes]
    return Buyer(
        userId=key[0] or 0,
        paddle=key[1],
        name=named[-1] or "",
        number="",
        lots=0,
        total=0,
        paid=0,
        due=0,
    )


def _told(change: SaleChange, key: Key) -> str:
    """What a change is to that bidder."""
    before = amount(change.priceBefore or 0)
    match change.change:
        case Change.PAID | Change.NOT_PAID:
            what = change.change.value
        case Change.CORRECTED:
            what = f"price {amount(change.price or 0)}, before that {before}"
        case _ if _now(change) == key:
            what = f"yours for {amount(change.price or 0)}"
        case _:
            what = f"not yours any more, before that {before}"
    return f"{_lot(change.lot, change.product)}: {what}"


def amount(number: int) -> str:
    """An amount that nobody reads for another one: a thin space between thousands (D54)."""
    return f"{number:,}".replace(",", "\u202f")


def _lot(number: int | None, product: str) -> str:
    called = f"\u2068{printable(product)}\u2069"
    return called if number is None else f"Lot {number}, {called}"


def _as_of(summary: SaleSummary, shown: Shown) -> str:
    at = ""
    if summary.at:
        at = f"{shown.local(summary.at):%Y-%m-%d %H:%M} {shown.zone_name}, "
    state = "" if summary.over else " The sale is not over."
    return f"Auction {summary.auctionId}, as of {at}head {summary.head}.{state}"


def _replaces(summary: SaleSummary) -> str:
    return f"Instead of the sheet of head {summary.since}. Since then:"


# --- a page


def page(summary: SaleSummary, paddle: int | None = None, shown: Shown = PLAIN) -> bytes:
    """The sheets as one web page that needs nothing else; each begins on a new side of paper."""
    title = escape(printable(summary.title))
    sheets = "\n".join(_section(summary, sheet, shown) for sheet in sheets_of(summary, paddle))
    none = f"<p>No sheets. {escape(_as_of(summary, shown))}</p>"
    text = f"""<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
{sheets or none}
</body>
</html>
"""
    return text.encode()


def _section(summary: SaleSummary, sheet: Sheet, shown: Shown) -> str:
    buyer = sheet.buyer
    paddle = "" if buyer.paddle is None else f"Paddle {buyer.paddle}: "
    number = f"<p><bdi>{escape(printable(buyer.number))}</bdi></p>" if buyer.number else ""
    news = "".join(f"<li>{escape(one)}</li>" for one in sheet.changes)
    since = f"<p>{escape(_replaces(summary))}</p><ul>{news}</ul>" if summary.since else ""
    return f"""<section>
<h1 dir="auto">{escape(printable(summary.title))}</h1>
<h2>{paddle}<bdi>{escape(printable(buyer.name))}</bdi></h2>
{number}{since}
<table>
<thead><tr><th>Lot</th><th>Product</th><th>Weight</th><th>Paid</th><th class="amount">{escape(shown.heading("Price"))}</th></tr></thead>
<tbody>
{"".join(map(_row, sheet.lots))}</tbody>
<tfoot>
{_sum("Total", buyer.total, shown)}{_sum("Paid", buyer.paid, shown)}{_sum("Due", buyer.due, shown)}</tfoot>
</table>
<footer>{escape(_as_of(summary, shown))}</footer>
</section>"""


def _row(lot: SaleLot) -> str:
    number = "" if lot.lot is None else str(lot.lot)
    product, weight = escape(printable(lot.product)), escape(printable(lot.weight or ""))
    return (
        f"<tr><td>{number}</td><td><bdi>{product}</bdi></td><td><bdi>{weight}</bdi></td>"
        f'<td>{"yes" if lot.paid else "no"}</td><td class="amount">{amount(lot.price or 0)}</td></tr>\n'
    )


def _sum(name: str, of: int, shown: Shown) -> str:
    return (
        f'<tr><th colspan="4">{name}</th><td class="amount">{shown.amount(amount(of))}</td></tr>\n'
    )


# --- text


def text(summary: SaleSummary, paddle: int | None = None, shown: Shown = PLAIN) -> bytes:
    """The sheets as plain text, for messages: a line of dashes between two."""
    sheets = [_block(summary, sheet, shown) for sheet in sheets_of(summary, paddle)]
    return f"\n{'-' * 40}\n\n".join(sheets or [f"No sheets. {_as_of(summary, shown)}\n"]).encode()


def _block(summary: SaleSummary, sheet: Sheet, shown: Shown) -> str:
    buyer = sheet.buyer
    who = [
        "" if buyer.paddle is None else f"Paddle {buyer.paddle}",
        f"\u2068{printable(buyer.name)}\u2069",
        printable(buyer.number),
    ]
    since = [_replaces(summary), *(f"- {one}" for one in sheet.changes)] if summary.since else []
    lots = [
        f"{_lot(lot.lot, _weighed(lot))}: {amount(lot.price or 0)}{', paid' if lot.paid else ''}"
        for lot in sheet.lots
    ]
    total, paid, due = (shown.amount(amount(n)) for n in (buyer.total, buyer.paid, buyer.due))
    totals = f"Total {total}, paid {paid}, due {due}"
    title = f"\u2068{printable(summary.title)}\u2069"
    lines = [title, ", ".join(filter(None, who)), *since, *lots, totals, _as_of(summary, shown)]
    return "\n".join(lines) + "\n"


def _weighed(lot: SaleLot) -> str:
    return f"{lot.product} ({lot.weight})" if lot.weight else lot.product
