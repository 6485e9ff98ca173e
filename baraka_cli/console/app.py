"""The console itself: panels, keys, and what happens when one is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, DataTable, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from baraka_cli.console import summary
from baraka_cli.console.actions import ACTIONS, QUICK_MESSAGES, Situation
from baraka_cli.console.book import Book, Phase, phase_of
from baraka_cli.console.dialogs import (
    AwardDecision,
    AwardDialog,
    CancelDialog,
    HelpDialog,
    LotDialog,
    SureDialog,
)
from baraka_cli.console.link import Answer, Line, Link
from baraka_cli.console.office import Office
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
from baraka_cli.console.runlist import Fate, ListedLot, RunList
from baraka_cli.terminal import printable
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

DRAWS_PER_SECOND = 10
LOG_ENTRIES_MAX = 500


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


class Picked(Message):
    """The auction to run was chosen."""

    def __init__(self, auction_id: int) -> None:
        super().__init__()
        self.auction_id = auction_id


class Console(App[None]):
    TITLE = "Baraka"
    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        self.office = Office(setup.url, setup.token)

    async def on_mount(self) -> None:
        if self.setup.auction_id is not None:
            await self.push_screen(StageScreen(self.setup, self.setup.auction_id))
            return
        auctions = await self.office.auctions()
        if auctions:
            await self.push_screen(PickScreen(auctions))
        else:
            why = (
                "You own no auction. Create one: baraka auction create --title TITLE --owner ID"
                if auctions is not None
                else "The server lists no auctions. Name yours with --auction ID."
            )
            await self.push_screen(TroubleScreen("There is no auction to choose from", why))

    async def on_picked(self, message: Picked) -> None:
        await self.switch_screen(StageScreen(self.setup, message.auction_id))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        if isinstance(screen, StageScreen):
            for action in ACTIONS:
                run = partial(screen.run_action, action.name)
                yield SystemCommand(action.label, action.help, run)
            for number, message in enumerate(QUICK_MESSAGES, 1):
                say = partial(screen.run_action, f"quick({number})")
                yield SystemCommand(f"Say: {message}", "A quick message to the room.", say)


class PickScreen(Screen[None]):
    """The caller's auctions, to choose one from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape", "app.quit", "Quit")]

    def __init__(self, auctions: list[Mapping[str, Any]]) -> None:
        super().__init__()
        self._auctions = auctions

    def compose(self) -> ComposeResult:
        options = []
        for auction in self._auctions:
            line = Text(f"{auction['id']:>6}  ", no_wrap=True, overflow="ellipsis")
            line.append(f"{phase_of(auction).value:<12}", "bold" if auction["isLive"] else "")
            line.append(f"  {printable(auction['title'])}")
            options.append(Option(line, id=str(auction["id"])))
        with Vertical(id="pick"):
            yield Label("Which auction?  ↑ ↓ and Enter, q leaves")
            yield OptionList(*options)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.post_message(Picked(int(event.option.id or 0)))


class TroubleScreen(Screen[None]):
    """What keeps the console from working, and what to do about it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,enter", "app.quit", "Quit")]

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__()
        self._what, self._remedy = what, remedy

    def compose(self) -> ComposeResult:
        with Vertical(id="trouble"):
            yield Static(Text(f"✗ {self._what}\n", "bold"))
            yield Static(Text(f"{self._remedy}\n"))
            yield Label("q leaves")


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
            last_seq=lambda: self.book.seq,
        )
        self._drawn: tuple[object, ...] = ()
        self._weight = ""
        self._line = Line.CONNECTING
        self._told_plain = False

    def compose(self) -> ComposeResult:
        yield Bar(id="bar")
        with Horizontal(id="floor"):
            with Vertical(id="left"):
                yield Block(id="block")
                yield Lots(id="lots")
            with Vertical(id="right"):
                yield Bids(id="bids")
                yield Chat(id="chat")
        yield Log(self.entries, id="log")
        yield Input(placeholder="c: write to the room", id="say", compact=True)
        with Horizontal(id="actions"):
            for action in ACTIONS:
                key = "?" if action.key == "question_mark" else action.key
                yield Button(
                    Text(f"{key} {action.label}"),
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
        record = await self.office.auction(self.book.auction_id)
        if record is not None and self.book.phase is Phase.UNKNOWN:
            self.book.title, self.book.phase = printable(record["title"]), phase_of(record)
            self.book.version += 1

    async def on_unmount(self) -> None:
        await self.link.close()

    # --- what arrives

    def _hear(self, event: str, data: Mapping[str, Any]) -> None:
        if event == told.Error.wire_name:
            return  # whoever asked is told by the answer
        hammered = len(self.book.hammers)
        try:
            self.book.hear(event, data)
        except (KeyError, TypeError, ValueError) as error:
            self.note(f"{event} could not be read ({type(error).__name__})", Outcome.REFUSED)
            return
        if self.book.lot is not None:
            self.run_list.put_up(self.book.lot.product)
        for hammer in self.book.hammers[hammered:]:
            self.run_list.hammered(hammer.product, hammer.winner, hammer.amount)
            sold = f"sold to {hammer.winner} for {hammer.amount:,}" if hammer.winner else "passed"
            self.note(f"{hammer.product or 'The lot'}: {sold}", Outcome.DONE)
        if event == told.BroadcasterLeft.wire_name:
            self.note("The room was told that the stream is off", Outcome.NOTE)

    def _line_changed(self) -> None:
        if self.link.line is not self._line:
            self._line = self.link.line
            if self._line is Line.ONLINE:
                missed = f"; caught up with {self.link.missed} events" if self.link.missed else ""
                self.note(f"Online{missed}", Outcome.DONE)
            elif self._line is Line.LOST:
                self.note(f"The line is lost: {self.link.why}", Outcome.REFUSED)
            elif self._line is Line.TURNED_AWAY and self.is_mounted:
                remedy = "Get a new access token, or start with --user ID and the secret."
                self.app.push_screen(
                    TroubleScreen(f"The server turned us away: {self.link.why}", remedy)
                )
        elif self.link.missed:
            self.note(f"Caught up with {self.link.missed} missed events", Outcome.NOTE)
            self.link.missed = None
        if self.link.acknowledges is False and not self._told_plain:
            self._told_plain = True
            self.note(
                "This server does not acknowledge and sends no state: what happened before is "
                "unknown, and an award goes to whoever leads when it arrives",
                Outcome.NOTE,
            )

    def note(self, text: str, outcome: Outcome) -> Entry:
        entry = Entry(now(), text, outcome)
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
            button = self.query_one(f"#do-{action.name}", Button)
            reason = action.why_not(situation)
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
        reason = action.why_not(self._situation())
        if reason is not None:
            self.note(f"{action.label}: {reason}", Outcome.REFUSED)
        return reason is None

    async def ask(self, what: str, event: ClientEvent) -> Answer:
        """Ask the server, with a line in the log that is pending until the answer is there."""
        entry = self.note(f"{what}…", Outcome.PENDING)
        answer = await self.link.ask(event)
        entry.outcome = Outcome.DONE if answer.ok else Outcome.REFUSED
        entry.text = what if answer.ok else f"{what}: {explained(answer)}"
        self.book.version += 1
        return answer

    def _ask_soon(self, what: str, event: ClientEvent) -> None:
        self.run_worker(self.ask(what, event))

    def _question(self, dialog: Screen[Any], then: Callable[[Any], None]) -> None:
        self.app.push_screen(dialog, lambda answer: then(answer) if answer is not None else None)

    def action_start(self) -> None:
        if self.check_possible("start"):
            self._ask_soon("Start", StartAuction(auction_id=self.book.auction_id))

    def action_next_lot(self) -> None:
        lot = self.run_list.next
        if self.check_possible("next_lot") and lot is not None:
            self._put_up(lot)

    def action_put_up(self) -> None:
        if self.check_possible("put_up"):
            self._question(LotDialog(self.run_list.next), self._put_up)

    def _put_up(self, lot: ListedLot) -> None:
        self._weight = lot.weight
        self._ask_soon(
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
            self._question(AwardDialog(self.book, self._known_weight()), self._award)

    def _award(self, decision: AwardDecision) -> None:
        self.run_worker(self._awarding(decision))

    async def _awarding(self, decision: AwardDecision) -> None:
        bid = decision.bid
        answer = await self.ask(
            f"Award {decision.product} to {bid.bidder} for {bid.amount:,}",
            AwardLot(
                auction_id=self.book.auction_id,
                product=decision.product,
                weight=decision.weight,
                bid_id=bid.id,
            ),
        )
        if answer.code == "other_bid_leads":
            self.app.bell()
            high = self.book.high
            leads = f": {high.amount:,} by {high.bidder}" if high and high.id != bid.id else ""
            self.note(f"MISSED BID: a higher one came in before the hammer{leads}", Outcome.REFUSED)

    def action_pass_lot(self) -> None:
        if not self.check_possible("pass_lot"):
            return
        if self.book.high is None:
            product = self.book.lot.product if self.book.lot else ""
            self._ask_soon(
                f"Pass {product}",
                AwardLot(
                    auction_id=self.book.auction_id,
                    product=product,
                    weight=self._known_weight(),
                    bid_id=0,
                ),
            )
        elif self.run_list.next is not None:
            question = (
                f"{len(self.book.bids)} bids are set aside and nobody wins. Pass the lot and put up "
                f"{self.run_list.next.product}?"
            )
            self._question(SureDialog(question, "Pass"), lambda _: self.action_next_lot())
        else:
            self.note(
                "Pass: a lot with bids passes when another one is put up (u) or the sale ends (e)",
                Outcome.REFUSED,
            )

    def action_end(self) -> None:
        if self.check_possible("end"):
            waiting = " The lot on the block is not awarded!" if self.book.high else ""
            self._question(SureDialog(f"End the auction?{waiting}", "End"), lambda _: self._end())

    def _end(self) -> None:
        self.run_worker(self._ending())

    async def _ending(self) -> None:
        answer = await self.ask("End", EndAuction(auction_id=self.book.auction_id))
        if answer.ok:
            await self.action_summary()

    def action_cancel(self) -> None:
        if self.check_possible("cancel"):
            self._question(
                CancelDialog(self.book.title),
                lambda _: self._ask_soon("Cancel", CancelAuction(auction_id=self.book.auction_id)),
            )

    def action_broadcaster(self) -> None:
        if self.check_possible("broadcaster"):
            self._ask_soon("Stream off", BroadcasterLeave(auction_id=self.book.auction_id))

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
            self.note(f"Comment {problem}", Outcome.REFUSED)
            return
        self._ask_soon(f"Say “{text}”", comment)

    def action_leave_line(self) -> None:
        self.set_focus(None)

    async def action_summary(self) -> None:
        winnings = await self.office.winnings(self.book.auction_id)
        passed = sum(lot.fate is Fate.PASSED for lot in self.run_list.lots)
        found = summary.summarise(self.book.hammers, winnings)
        await self.app.push_screen(SummaryScreen(found, self.book, self.setup.folder, passed))

    def action_help(self) -> None:
        self.app.push_screen(HelpDialog())

    def action_quit(self) -> None:
        self.app.exit()

    def _known_weight(self) -> str:
        on_block = self.run_list.on_block
        return on_block.weight if on_block and on_block.weight else self._weight


class SummaryScreen(Screen[None]):
    """What was sold; `s` saves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,r", "app.pop_screen", "Back"),
        Binding("s", "save", "Save as CSV"),
    ]

    def __init__(self, found: summary.Summary, book: Book, folder: Path, passed: int) -> None:
        super().__init__()
        self._found, self._book, self._folder = found, book, folder
        self._passed = max(passed, found.passed)

    def compose(self) -> ComposeResult:
        found = self._found
        head = Text(f" {self._book.title}: ", "bold")
        head.append(f"{len(found.sold)} sold, {self._passed} passed, total {found.total:,}")
        yield Static(head)
        table: DataTable[Text] = DataTable(id="table", cursor_type="row")
        table.add_columns("Product", "Weight", "Price", "Winner", "Number")
        for lot in found.sold:
            cells = (lot.product, lot.weight, f"{lot.price:,}", lot.winner, lot.number or "–")
            table.add_row(*(Text(printable(cell)) for cell in cells))
        yield table
        best = ", ".join(
            f"{printable(name)} {amount:,} ({lots})" for name, lots, amount in found.best[:3]
        )
        yield Static(Text(f" Best bidders: {best or '–'}"))
        yield Static(id="saved")
        yield Label(" s saves as CSV, Esc goes back")

    def action_save(self) -> None:
        try:
            path = summary.save(self._found, self._book.auction_id, self._folder)
        except OSError as error:
            said = f" ✗ Not saved: {error.strerror or error}"
        else:
            said = f" ✓ Saved as {path}"
            if not self._found.numbers_known:
                said += " (without telephone numbers: the server does not tell them)"
        self.query_one("#saved", Static).update(Text(said))


def explained(answer: Answer) -> str:
    """A refusal in words; some texts of the guide say little without their code."""
    more = {
        "other_bid_leads": "another bid leads by now",
        "no_lot": "there is nothing on the block",
        "not_owner": "you do not own this auction",
        "not_live": "the auction is not live",
        "already_canceled": "the auction is canceled",
        "already_ended": "the auction has ended",
    }.get(answer.code)
    return f"{answer.message} ({more})" if more else answer.message
