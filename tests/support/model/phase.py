"""The sale as a whole, on paper: its start and end, the stream, and what is said in it (D5 to D7, D47)."""

from __future__ import annotations

from tests.support.model.notes import Entry, Refused, Said
from tests.support.model.order import CLERK, OWNER, Rule, may, not_over
from tests.support.model.sale import Sale


def start(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK, "not_owner")
    not_over(sale)
    sale.live = True
    return sale.write("started", said.who, {"event": "auctionStarted"})


def cancel(sale: Sale, said: Said) -> Entry:
    may(sale, said, OWNER, "not_owner")
    if sale.canceled or not sale.live:
        raise Refused("already_canceled" if sale.canceled else "not_live")
    _opens_maxima(sale)
    sale.canceled = True
    text = "The auction has been canceled."
    return _over(sale, said, "canceled", "auctionCanceled", text)


def end(sale: Sale, said: Said) -> Entry:
    may(sale, said, OWNER, "not_owner")
    if sale.ended or not sale.live:
        raise Refused("already_ended" if sale.ended else "not_live")
    _opens_maxima(sale)
    sale.ended = True
    return _over(sale, said, "ended", "auctionFinished", "The auction has been ended.")


def _opens_maxima(sale: Sale) -> None:
    """What was sealed is told in the history, round by round, in front of the end (D43)."""
    for _ in sale.rounds_sealed:
        sale.write("maxima_opened", None)
    sale.rounds_sealed, sale.secrets = [], set()


def _over(sale: Sale, said: Said, kind: str, event: str, text: str) -> Entry:
    sale.live = False
    sale.rests()
    if sale.open:
        sale.open.state, sale.open.changed = "passed", sale.seq + 1
    return sale.write(kind, said.who, {"event": event, "message": text})


def leave_the_stream(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK, "not_owner")
    return sale.write("broadcaster_left", said.who, {"event": "broadCasterLeft"})


def comment(sale: Sale, said: Said) -> Entry:
    if not sale.live:
        raise Refused("not_live")
    if said.who not in sale.exist:
        raise Refused("user_not_found")
    if said.who in sale.blocked:
        raise Refused("blocked")
    if sale.role(said.who) is None:
        _silence(sale, said.who)
    sale.post(said.who, said.payload["comment"])
    return sale.ledger[-1]


def _silence(sale: Sale, user: int) -> None:
    if user in sale.muted:
        until = sale.muted[user]
        if until is None or sale.now < until:
            raise Refused("muted")
    if sale.slow and user in sale.wrote:
        wait = sale.wrote[user] + 1000 * sale.slow - sale.now
        if wait > 0:
            raise Refused("slow_mode", retryAfterMs=wait)


RULES: dict[str, Rule] = {
    "startLiveAuction": start,
    "cancelAuction": cancel,
    "endAuction": end,
    "broadCasterLeave": leave_the_stream,
    "comment": comment,
}
