"""The clock, warnings and pauses, on paper (D44, D45)."""

from __future__ import annotations

from tests.support.model.block import passes
from tests.support.model.hammer import sell
from tests.support.model.notes import Clock, Entry, Facts, Refused, Said, SoAlready
from tests.support.model.order import CLERK, Rule, may, on_air, this_round
from tests.support.model.sale import Sale

GOING = {1: "Going once", 2: "Going twice", 3: "Last call"}
LAST_WINDOW_MS_MIN = 10_000
INTERRUPTED = "The clock was stopped: the server was interrupted."


def start(sale: Sale, said: Said) -> Entry:
    _about_lot(sale, said)
    if sale.paused:
        raise Refused("bidding_paused")
    if sale.clock and not sale.clock.is_out(sale.now):
        raise Refused("clock_running", clock=sale.of_clock())
    seconds = said.payload["seconds"]
    extend, window = (said.payload.get(name, 10) for name in ("extendSeconds", "windowSeconds"))
    auto = said.get("award") == "auto"
    ends = sale.now + 1000 * seconds
    sale.clock = Clock(ends, None, 1000 * extend, 1000 * window, auto)
    left = "1 second" if seconds == 1 else f"{seconds} seconds"
    return _said(sale, said, "clock_started", clock_now(sale), f"Bidding closes in {left}")


def pause(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    clock = sale.clock
    if clock and clock.ends is None and not sale.clock_waits:
        raise SoAlready
    _about_lot(sale, said)
    if clock is None or clock.is_out(sale.now):
        raise Refused("no_clock")
    if clock.ends is not None:
        clock.stands(sale.now)
    sale.clock_waits = False
    return sale.write("clock_paused", said.who, clock_now(sale))


def resume(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    clock = sale.clock
    if clock and clock.ends is not None and not clock.is_out(sale.now):
        raise SoAlready
    _about_lot(sale, said)
    if sale.paused:
        raise Refused("bidding_paused")
    if clock is None or clock.ends is not None:
        raise Refused("no_clock")
    if said.get("seconds") is not None:
        clock.left = 1000 * said.payload["seconds"]
    clock.leaves(clock.extend, sale.now)
    clock.goes(sale.now)
    return sale.write("clock_resumed", said.who, clock_now(sale))


def stop(sale: Sale, said: Said) -> Entry:
    _about_lot(sale, said)
    if sale.clock is None:
        raise Refused("no_clock")
    if sale.clock.is_out(sale.now):
        raise Refused("bidding_closed", clock=sale.of_clock())
    sale.clock, sale.clock_waits = None, False
    return sale.write("clock_stopped", said.who, clock_now(sale))


def warn(sale: Sale, said: Said) -> Entry:
    _about_lot(sale, said)
    stage = said.payload["stage"]
    return _said(sale, said, "fair_warning", {"event": "fairWarning", "stage": stage}, GOING[stage])


def pause_bidding(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    if sale.paused:
        raise SoAlready
    _about_lot(sale, said)
    clock = sale.clock
    sale.paused = True
    sale.clock_waits = clock is not None and clock.ends is not None and not clock.is_out(sale.now)
    if clock and sale.clock_waits:
        clock.stands(sale.now)
    told = {"event": "biddingPaused", "clock": sale.of_clock()}
    return _said(sale, said, "bidding_paused", told, "Bidding is paused")


def resume_bidding(sale: Sale, said: Said) -> Entry:
    may(sale, said, CLERK)
    on_air(sale)
    if not sale.paused:
        raise SoAlready
    _about_lot(sale, said)
    sale.paused = False
    if sale.clock and sale.clock_waits:
        sale.clock.leaves(sale.clock.extend, sale.now)
        sale.clock.goes(sale.now)
    sale.clock_waits = False
    told = {"event": "biddingResumed", "clock": sale.of_clock()}
    return _said(sale, said, "bidding_resumed", told, "Bidding goes on")


def _about_lot(sale: Sale, said: Said) -> None:
    may(sale, said, CLERK)
    on_air(sale)
    this_round(sale, said, about_lot=True)
    if sale.block is None:
        raise Refused("no_lot")


def _said(sale: Sale, said: Said, kind: str, told: Facts, text: str) -> Entry:
    entry = sale.write(kind, said.who, told)
    sale.says(said.get("say") or text)
    return entry


def clock_now(sale: Sale) -> Facts:
    stopped = dict.fromkeys(("remainingMs", "extendSeconds", "windowSeconds", "award"))
    return {"event": "auctionClock", "running": False, **stopped, **(sale.of_clock() or {})}


def runs_out(sale: Sale) -> None:
    """The award of a clock that ran out, if it is one that awards: to the bid that stands, or to nobody."""
    clock = sale.clock
    if clock is None or not clock.auto or not clock.is_out(sale.now):
        return
    assert sale.block
    if sale.high and sale.high.amount >= sale.reserve:
        sell(sale, None, sale.high, sale.block.product, None)
    else:
        passes(sale, None)


def stands_still(sale: Sale, since: int) -> None:
    """All nodes stood still until now: a clock whose last window this was is stopped as interrupted."""
    clock = sale.clock
    if clock is None or clock.ends is None or since >= clock.ends:
        return
    if sale.now < clock.ends - max(clock.window, LAST_WINDOW_MS_MIN):
        return
    clock.left, clock.ends, clock.reason = clock.ends - since, None, "interrupted"
    sale.write("clock_paused", None, clock_now(sale))
    sale.says(INTERRUPTED)


RULES: dict[str, Rule] = {
    "startClock": start,
    "pauseClock": pause,
    "resumeClock": resume,
    "stopClock": stop,
    "fairWarning": warn,
    "pauseBidding": pause_bidding,
    "resumeBidding": resume_bidding,
}
