"""The sale: panels, keys, and what happens when one is pressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Button, Input

from baraka_cli.console import summary
from baraka_cli.console.actions import (
    ACTIONS,
    QUICK_MESSAGES,
    Action,
    Reason,
    Situation,
    label,
)
from baraka_cli.console.book import Bid, Book, Phase, phase_of
from baraka_cli.console.dialogs import (
    AwardDecision,
    AwardDialog,
    CancelDialog,
    HelpDialog,
    LogDialog,
    LotDialog,
    SureDialog,
)
from baraka_cli.console.link import Answer, Line, Link
from baraka_cli.console.office import Office, TurnedAway, Unreachable
from baraka_cli.console.panels import (
    Bar,
    Bids,
    Block,
    Chat,
    Entry,
    Log,
    Lots,
    Outcome,
    now,
)
from baraka_cli.console.runlist import OPEN, Fate, ListedLot, RunList
from baraka_cli.console.screens import SummaryScreen
from baraka_cli.console.words import counted, explained
from baraka_cli.csvfiles import FOR_PEOPLE, CsvForm
from baraka_server.contract import server_events as told
from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PostComment,
    StartAuction,
)
from baraka_server.contract.text import printable

DRAWS_PER_SECOND = 10
LOG_ENTRIES_MAX = 500
NOT_STARTED = "Auction has not started yet."


@dataclass(frozen=True, slots=True)
class Setup:
    """How the console was called."""

    url: str
    token: str
    auction_id: int | None = None
    lots: tuple[ListedLot, ...] = ()
    step: int | None = None
    """How much more than the last bid to ask for; None takes what is usual for the price."""
    folder: Path = Path()
    """Where summaries are saved."""
    form: CsvForm = FOR_PEOPLE
    """How they are written."""


@runtime_checkable
class TurnsAway(Protocol):
    """An application that can show that the token was refused."""

    def turned_away(self, why: str) -> None: ...


class StageScreen(Screen[None]):
    """The sale."""

    AUTO_FOCUS = ""  # keys are commands; `c` goes to the line
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(action.key, action.name, action.label, show=False) for action in ACTIONS),
        *(Binding(str(n), f"quick({n})", "Quick message", show=False) for n in range(1, 7)),
        Binding("escape", "leave_line", "Back to the keys", show=False),
    ]

    def __init__(self, setup: Setup, auction_id: int) -> None:
        super().__init__()
        self.setup = setup
        self.book = Book(auction_id)
        self.run_list = RunList.opened(list(setup.lots), setup.url, auction_id)
        self.entries: list[Entry] = []
        self.office = Office(setup.url, setup.token)
        self.link = Link(
            setup.url,
            setup.token,
            auction_id,
            hear=self._hear,
            changed=self._line_changed,
            last_heard=lambda: (self.book.seq, self.book.ledger),
        )
        self._drawn: tuple[object, ...] = ()
        self._weights: dict[str, str] = {}
        self._move: Entry | None = None
        """The last thing that was asked for the sale; nothing else is while it is pending."""
        self._on_block: tuple[int | None, str] | None = None
        self._line = Line.CONNECTING
        self._reasons: dict[str, str | None] = {}
        self._recalled = False
        self._told_plain = False
        self._told_refusal: Answer | None = None

    def compose(self) -> ComposeResult:
        yield Bar(id="bar")
        with Horizontal(id="floor"):
            yield Block(id="block")
            yield Bids(id="bids")
            yield Lots(id="lots")
            yield Chat(id="chat")
        yield Log(self.entries, id="log")
        yield Input(
            placeholder="c: write to the room · 1 to 6: quick messages", id="say", compact=True
        )
        with Horizontal(id="actions"):
            for action in ACTIONS:
                yield Button(
                    label(action, possible=True),
                    id=f"do-{action.name}",
                    tooltip=action.help,
                    compact=True,
                )

    async def on_mount(self) -> None:
        bids, chat, lots = self.query_one(Bids), self.query_one(Chat), self.query_one(Lots)
        bids.book = chat.book = self.book
        lots.run_list = self.run_list
        for button in self.query("#actions Button").results(Button):
            button.can_focus = False
        self.set_interval(1 / DRAWS_PER_SECOND, self._draw)
        self.run_worker(self.link.open(), group="link")
        self.run_worker(self._look_up(), group="office")

    async def _look_up(self) -> None:
        """What the server tells of a sale that has not begun, and of lots that were awarded."""
        with suppress(Unreachable, TurnedAway):
            record = await self.office.auction(self.book.auction_id)
            if record is not None and self.book.phase is Phase.UNKNOWN:
                self.book.title = printable(record["title"])
                self.book.phase = phase_of(record)
                self.book.version += 1
                self._close_list()

    async def _recall(self) -> None:
        """What happened before the console listened, where the server tells it."""
        with suppress(Unreachable, TurnedAway):
            history = await self.office.history(self.book.auction_id)
            if history is None:
                return
            try:
                self.book.recall(history)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                self.note(
                    f"The history could not be read ({type(error).__name__})", Outcome.REFUSED
                )

    async def on_unmount(self) -> None:
        await self.link.close()

    # --- what arrives

    def _hear(self, event: str, data: Mapping[str, Any]) -> None:
        if event == told.Error.wire_name:
            return  # whoever asked is told by the answer
        hammered = len(self.book.hammers)
        try:
            self.book.hear(event, data)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            self.note(f"{event} could not be read ({type(error).__name__})", Outcome.REFUSED)
            return
        for hammer in self.book.hammers[hammered:]:
            sold = f"sold to {hammer.winner} for {hammer.amount:,}" if hammer.winner else "passed"
            self.note(f"{hammer.product or 'The lot'}: {sold}", Outcome.DONE)
            self._keep(
                partial(self.run_list.hammered, hammer.product, hammer.winner, hammer.amount)
            )
        self._follow_block(event)
        self._close_list()
        if event == told.AuctionState.wire_name and not self._recalled:
            self._recalled = True
            self.run_worker(self._recall(), group="office")
        if event == told.BroadcasterLeft.wire_name:
            self.note("The room was told that the stream is off", Outcome.NOTE)
        if self.book.gap:
            self.book.gap = False
            self.link.join_again()

    def _follow_block(self, event: str) -> None:
        """Keep the run list in step with the block."""
        lot, listed = self.book.lot, self.run_list.on_block
        if (
            event == told.AuctionState.wire_name
            and listed is not None
            and (lot is None or lot.product != listed.product)
        ):
            # It left the block while no console listened.
            self._keep(partial(self.run_list.hammered, listed.product, None, None))
            self.run_worker(self._reconcile(listed.product))
        on_block = (self.book.round, lot.product) if lot else None
        if on_block != self._on_block:
            self._on_block = on_block
            if lot is not None:
                self._keep(partial(self.run_list.put_up, lot.product))

    def _close_list(self) -> None:
        """What is on the block when the auction is over has passed."""
        listed = self.run_list.on_block
        if listed is not None and self.book.phase in {Phase.ENDED, Phase.CANCELED}:
            self._keep(partial(self.run_list.hammered, listed.product, None, None))
            self.run_worker(self._reconcile(listed.product))

    async def _reconcile(self, product: str) -> None:
        """Whether a lot that is thought to have passed was sold, as the server has it."""
        won: list[Mapping[str, Any]] = []
        with suppress(Unreachable, TurnedAway):
            winnings = await self.office.winnings(self.book.auction_id) or []
            won = [one for one in winnings if printable(one["product"]) == product]
        if len(won) > self.run_list.sold(product):
            last = max(won, key=lambda one: int(one["id"]))
            name = printable(last["user"]["name"])
            self._keep(partial(self.run_list.was_sold, product, name, last["price"]))
            self.note(f"{product}: was sold to {name} for {last['price']:,}", Outcome.NOTE)

    def _keep(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            self.note(f"The run list could not be kept: {error.strerror}", Outcome.REFUSED)

    def _line_changed(self) -> None:
        link = self.link
        if link.line is not self._line:
            before, self._line = self._line, link.line
            if link.line is Line.ONLINE:
                self.note("Online", Outcome.DONE)
            elif link.line is Line.LOST:
                what = "The line is lost" if before is Line.ONLINE else f"No line to {link.url}"
                self.note(f"{what}: {link.why}", Outcome.REFUSED)
            elif link.line is Line.TURNED_AWAY and isinstance(self.app, TurnsAway):
                self.app.turned_away(link.why)
        if link.missed is not None:
            if link.missed:
                self.note(f"Caught up with what was missed: {counted(link.missed)}", Outcome.NOTE)
            link.missed = None
        if link.refusal is not self._told_refusal:
            self._told_refusal = link.refusal
            if link.refusal is not None:
                self._not_let_in(link.refusal)
        if link.acknowledges is False and not self._told_plain:
            self._told_plain = True
            self.note(
                "This server does not acknowledge and sends no state: what happened before is "
                "unknown, and an award goes to whoever leads when it arrives",
                Outcome.NOTE,
            )
        if link.acknowledges is False and link.joined and self.book.phase is Phase.UNKNOWN:
            self.book.phase = Phase.LIVE  # only a live auction is joined (guide)
            self.book.version += 1

    def _not_let_in(self, refusal: Answer) -> None:
        if refusal.message == NOT_STARTED:
            if self.book.phase is Phase.UNKNOWN:
                self.book.phase = Phase.WAITING
                self.book.version += 1
            return
        self.note(f"Enter the room: {explained(refusal)}", Outcome.REFUSED)

    def note(self, text: str, outcome: Outcome) -> Entry:
        entry = Entry(now(), printable(text), outcome)
        self.entries.append(entry)
        del self.entries[:-LOG_ENTRIES_MAX]
        return entry

    # --- what is shown

    def _draw(self) -> None:
        """Draw what changed since the last time; a storm of bids is one change."""
        moment = now()
        state = (
            self.book.version,
            self.link.line,
            self.link.why,
            self.link.acknowledges,
            round(self.link.latency_ms or -1),
            tuple((entry.text, entry.outcome) for entry in self.entries[-20:]),
            int(moment.timestamp()),
            self.size,
        )
        if state == self._drawn:
            return
        self._drawn = state
        self.query_one(Bar).show(self.book, self.link)
        self.query_one(Block).show(self.book, self.setup.step, moment)
        for panel in (Bids, Chat, Lots, Log):
            self.query_one(panel).refresh()
        situation = self._situation()
        for action in ACTIONS:
            reason = action.why_not(situation)
            button = self.query_one(f"#do-{action.name}", Button)
            if self._reasons.get(action.name, "") != reason:
                self._reasons[action.name] = reason
                button.label = label(action, possible=reason is None)
                button.set_class(reason is not None, "impossible")
                button.tooltip = Text(reason or action.help)

    def _situation(self) -> Situation:
        return Situation(self.book, self.link.line, has_next=self.run_list.next is not None)

    # --- what the host does

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = (event.button.id or "").removeprefix("do-")
        self.run_worker(self.run_action(name))

    def check_possible(self, name: str) -> bool:
        """Whether the action is possible now; if not, the log says why."""
        action = next(action for action in ACTIONS if action.name == name)
        reason = self.why_not(action)
        if reason is not None:
            self.note(f"{action.label}: {reason}", Outcome.REFUSED)
        return reason is None

    def why_not(self, action: Action) -> Reason:
        """Why the action is not possible now."""
        reason = action.why_not(self._situation())
        if reason is None and action.moves and self._move and self._move.pending:
            return f"Waiting for the server: {self._move.text}"
        return reason

    def _ask(
        self,
        what: str,
        event: ClientEvent,
        then: Callable[[Answer], Awaitable[None] | None] = lambda _: None,
    ) -> None:
        """Ask the server, with a line in the log that is pending until the answer is there."""
        entry = self.note(f"{what}…", Outcome.PENDING)
        if event.owner_only:
            self._move = entry

        async def settle() -> None:
            answer = await self.link.ask(event)
            entry.outcome = Outcome.DONE if answer.ok else Outcome.REFUSED
            entry.text = printable(what if answer.ok else f"{what}: {explained(answer)}")
            more = then(answer)
            if more is not None:
                await more

        self.run_worker(settle())

    def _question(self, dialog: Screen[Any], then: Callable[[Any], None]) -> None:
        self.app.push_screen(dialog, lambda answer: then(answer) if answer is not None else None)

    def action_start(self) -> None:
        if self.check_possible("start"):
            self._ask("Start", StartAuction(auction_id=self.book.auction_id))

    def action_next_lot(self) -> None:
        lot = self.run_list.next
        if self.check_possible("next_lot") and lot is not None:
            self._put_up(lot)

    def action_put_up(self) -> None:
        if self.check_possible("put_up"):
            self._question(LotDialog(self.run_list.next or self._as_listed()), self._put_up)

    def _as_listed(self) -> ListedLot | None:
        lot = self.book.lot
        if lot is None:
            return None
        return ListedLot(lot.product, lot.minimum, lot.start, lot.market, self._known_weight())

    def _put_up(self, lot: ListedLot) -> None:
        """Put `lot` up; what it takes off the block is asked about first."""
        there, high = self.book.lot, self.book.high
        if there is None or there.product == printable(lot.product):
            self._change_lot(lot)
            return
        if high is None:
            question = f"{there.product} has no bids and passes. Put up {lot.product}?"
        else:
            question = (
                f"{high.bidder} leads with {high.amount:,}. Put up {lot.product} and sell "
                f"{there.product} to nobody?"
            )

        def sure(_: object) -> None:
            if not self.check_possible("put_up"):
                return
            if self.book.lot != there or self.book.high != high:
                self.note("The sale went on while you were asked. Look again.", Outcome.REFUSED)
                self._put_up(lot)
            elif high is None and self.link.acknowledges:
                # By an award to nobody, which a bid that is on its way stops.
                self._pass(then=lambda answer: self._change_lot(lot) if answer.ok else None)
            else:
                self._change_lot(lot)

        self._question(SureDialog(question, "Put up"), sure)

    def _change_lot(self, lot: ListedLot) -> None:
        self._weights[printable(lot.product)] = lot.weight
        self._ask(
            f"Put up {lot.product}",
            ChangeLot(
                auction_id=self.book.auction_id,
                product=lot.product,
                minimum_price=lot.minimum,
                start_price=lot.start,
                market_price=lot.market,
            ),
        )

    def action_award(self) -> None:
        if self.check_possible("award"):
            checked = self.link.acknowledges is True
            dialog = AwardDialog(
                self.book, self._known_weight(), checked=checked, gone=self._gone_from_block
            )
            self._question(dialog, self._award)

    def _gone_from_block(self, product: str) -> None:
        self.note(f"Award: {product} left the block while you were asked", Outcome.REFUSED)

    def _award(self, decision: AwardDecision) -> None:
        if not self.check_possible("award"):
            return
        bid, before = decision.bid, len(self.book.hammers)
        self._weights[decision.product] = decision.weight

        def settled(answer: Answer) -> None:
            if answer.code == "other_bid_leads":
                self._missed_bid(bid)
            for hammer in self.book.hammers[before:] if answer.ok else ():
                if (hammer.winner_id, hammer.amount) != (bid.user_id, bid.amount):
                    self.app.bell()
                    self.note(
                        f"AWARDED TO ANOTHER: {hammer.winner} for {hammer.amount or 0:,}, who "
                        "bid before the award arrived",
                        Outcome.REFUSED,
                    )

        self._ask(
            f"Award {decision.product} to {bid.bidder} for {bid.amount:,}",
            AwardLot(
                auction_id=self.book.auction_id,
                product=decision.product,
                weight=decision.weight,
                bid_id=bid.id,
            ),
            settled,
        )

    def _missed_bid(self, confirmed: Bid | None) -> None:
        """The server refused since another bid leads by now; nobody was awarded."""
        self.app.bell()
        high = self.book.high
        leads = f": {high.amount:,} by {high.bidder}" if high and high != confirmed else ""
        self.note(f"MISSED BID: one came in before the hammer{leads}", Outcome.REFUSED)

    def action_pass_lot(self) -> None:
        if not self.check_possible("pass_lot"):
            return
        if self.book.high is not None and self.run_list.next is not None:
            self._put_up(self.run_list.next)
        elif self.book.high is not None:
            self.note(
                "Pass: a lot with bids passes when another one is put up (u) or the sale ends (e)",
                Outcome.REFUSED,
            )
        elif self.link.acknowledges:
            self._pass()
        else:
            question = (
                "This server cannot be told to award nobody: a bid that is on its way would win. "
                "Pass the lot?"
            )
            self._question(SureDialog(question, "Pass"), lambda _: self._pass())

    def _pass(self, then: Callable[[Answer], None] = lambda _: None) -> None:
        product = self.book.lot.product if self.book.lot else ""
        if not product or self.book.high is not None:
            self.note("Pass: a bid came in. Look again.", Outcome.REFUSED)
            return

        def settled(answer: Answer) -> None:
            if answer.code == "other_bid_leads":
                self._missed_bid(None)
            then(answer)

        self._ask(
            f"Pass {product}",
            AwardLot(
                auction_id=self.book.auction_id,
                product=product,
                weight=self._known_weight(),
                bid_id=0,
            ),
            settled,
        )

    def action_end(self) -> None:
        if self.check_possible("end"):
            waiting = " The lot on the block is not awarded!" if self.book.high else ""
            self._question(SureDialog(f"End the auction?{waiting}", "End"), lambda _: self._end())

    def _end(self) -> None:
        async def settled(answer: Answer) -> None:
            if answer.ok:
                await self.action_summary()

        self._ask("End", EndAuction(auction_id=self.book.auction_id), settled)

    def action_cancel(self) -> None:
        if self.check_possible("cancel"):
            self._question(
                CancelDialog(self.book.title),
                lambda _: self._ask("Cancel", CancelAuction(auction_id=self.book.auction_id)),
            )

    def action_broadcaster(self) -> None:
        if self.check_possible("broadcaster"):
            self._ask("Off air", BroadcasterLeave(auction_id=self.book.auction_id))

    def action_comment(self) -> None:
        if self.check_possible("comment"):
            self.query_one("#say", Input).focus()

    def action_quick(self, number: int) -> None:
        if self.check_possible("comment"):
            self._say(QUICK_MESSAGES[number - 1])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._say(event.value)
        event.input.clear()
        self.set_focus(None)

    def _say(self, text: str) -> None:
        try:
            comment = PostComment(auction_id=self.book.auction_id, comment=text)
        except ValueError as error:
            problem = error.errors()[0]["msg"] if hasattr(error, "errors") else error
            self.note(f"Chat: {problem}", Outcome.REFUSED)
            return
        self._ask(f"Say “{text}”", comment)

    def action_leave_line(self) -> None:
        self.set_focus(None)

    async def action_summary(self) -> None:
        winnings = None
        with suppress(Unreachable, TurnedAway):
            winnings = await self.office.winnings(self.book.auction_id)
        found = summary.summarise(self.book.hammers, winnings, self._weights)
        listed = sum(lot.fate is Fate.PASSED for lot in self.run_list.lots)
        passed = max(listed, found.passed + self.book.passed_before)
        open_lots = sum(lot.fate in OPEN for lot in self.run_list.lots)
        await self.app.push_screen(
            SummaryScreen(
                found,
                self.book,
                self.setup.folder,
                self.setup.form,
                passed=passed,
                open_lots=open_lots,
            )
        )

    def action_log(self) -> None:
        self.app.push_screen(LogDialog(self.entries))

    def action_theme(self) -> None:
        dark = self.app.current_theme.dark
        self.app.theme = "textual-light" if dark else "textual-dark"

    def action_help(self) -> None:
        self.app.push_screen(HelpDialog())

    def action_quit(self) -> None:
        self.app.exit()

    def _known_weight(self) -> str:
        on_block = self.run_list.on_block
        product = self.book.lot.product if self.book.lot else ""
        if product in self._weights:
            return self._weights[product]
        return on_block.weight if on_block and on_block.product == product else ""
