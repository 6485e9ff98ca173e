"""`SaleScreen`: the screen of a live sale, with its panels and keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from baraka_cli.client.access import WARNINGS, Access
from baraka_cli.client.connection import Connection, ConnectionState
from baraka_cli.client.http import HttpApi, NoSuchAuction
from baraka_cli.client.replies import Reply
from baraka_cli.console.access_dialogs import TURNED_AWAY, WatchDialog
from baraka_cli.console.action_bar import ActionBar
from baraka_cli.console.actions import ACTIONS, KEYS_ONLY, MODERATOR, Situation
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.clerk import Clerk
from baraka_cli.console.help_and_log import HelpDialog, LogDialog
from baraka_cli.console.lists import Bids, Chat, LogLines, Lots, NextLot
from baraka_cli.console.log import EntryMark, Log
from baraka_cli.console.lot_commands import LotCommands
from baraka_cli.console.narrate import counted, explained
from baraka_cli.console.panels import Bar, Block
from baraka_cli.console.quick_messages import KEYS, QuickMessages, built_in
from baraka_cli.console.ready_action import ReadyAction
from baraka_cli.console.records import Phase
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.sale_commands import SaleCommands
from baraka_cli.console.sounds import ABOUT, Sound, Sounds
from baraka_cli.console.summary_screen import SummaryScreen
from baraka_cli.console.summary_sources import closed
from baraka_cli.console.taking_back import HOLD_SECONDS
from baraka_cli.console.taking_over import Takeover
from baraka_cli.console.timing import TIMING_BINDINGS, Timing
from baraka_cli.csv_writing import FOR_PEOPLE, CsvForm
from baraka_cli.run_list import ListedLot, RunList, kept_file
from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.contract.server_events import Error, NewBid

DRAWS_PER_SECOND = 10
LOOK_SECONDS = 2
HOSTS = frozenset({"owner", "clerk"})
"""The roles that run a sale (D46)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Options of the command line."""

    url: str
    token: str
    auction_id: int | None = None
    lots: tuple[ListedLot, ...] = ()
    step: int | None = None
    """Step from the last bid to the asking price; None takes what is usual for the price."""
    folder: Path = Path()
    """Folder in which summaries are saved."""
    form: CsvForm = FOR_PEOPLE
    """Form in which they are written."""
    messages: QuickMessages = field(default_factory=built_in)
    silent: frozenset[Sound] = frozenset()
    """Sounds that are turned off."""
    hold_seconds: float = HOLD_SECONDS
    """How long an award may be taken back before it is sent."""
    mint: Callable[[], str] | None = None
    """Makes another token, where the console was given the server's secret."""


@runtime_checkable
class SaleApp(Protocol):
    """The application around a sale: asks for another token, and for another auction."""

    def another_token(self, title: str) -> None: ...

    def not_there(self, auction_id: int) -> None: ...


class SaleScreen(Timing):
    """The sale."""

    AUTO_FOCUS = ""  # keys are commands; `c` goes to the line
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(action.key, action.name, action.label, show=False)
            for action in (*ACTIONS, *KEYS_ONLY)
        ),
        *(Binding(key, f"quick('{key}')", "Quick message", show=False) for key in KEYS),
        *(Binding(f"f{key}", f"say_quick('{key}')", "Quick message", show=False) for key in KEYS),
        Binding("g", "language", "Language of quick messages", show=False),
        Binding("ctrl+y", "confirm", "What a key has made ready", show=False),
        Binding("escape", "drop", "Back to the keys", show=False),
        Binding("f", "lots", "The run list", show=False),
        Binding("k", "token", "Another token", show=False),
        *TIMING_BINDINGS,
    ]

    def __init__(self, setup: Setup, auction_id: int, access: Access) -> None:
        super().__init__()
        self.setup = setup
        self.access = access
        self.hold_seconds = setup.hold_seconds
        self.book = SaleBook(auction_id)
        self.run_list = RunList.opened(list(setup.lots), setup.url, auction_id)
        self.log_book = Log()
        self.messages = replace(setup.messages)
        self.sounds = Sounds(self.ring, self.set_timer, setup.silent)
        self.api = HttpApi(setup.url, access)
        self.clerk = Clerk(self.book, self.run_list, self.log_book, self.api, self._later)
        self.connection = Connection(
            setup.url,
            access,
            auction_id,
            hear=self._hear,
            changed=self._connection_changed,
            last_heard=lambda: (self.book.seq, self.book.ledger),
        )
        self.sale = SaleCommands(
            self.book,
            self.connection,
            self.log_book,
            self.clerk,
            later=self._later,
            ring=self.ring,
        )
        self.lots = LotCommands(self.book, self.sale, self.clerk.lots, self.log_book)
        self.takeover = Takeover(
            self.book,
            self.run_list,
            self.log_book,
            self.api,
            self.clerk.lots,
            kept_file(setup.url, auction_id).with_suffix(".takeover.json"),
        )
        self._drawn: tuple[object, ...] = ()
        self._state = ConnectionState.CONNECTING
        self._told_plain = False
        self._told_refusal: Reply | None = None
        self._told_watching = False

    def compose(self) -> ComposeResult:
        yield Bar(id="bar")
        with Container(id="floor"):
            yield Block(id="block")
            yield Bids(id="bids")
            with Vertical(id="run-list"):
                yield Lots(id="lots")
                yield NextLot(id="next-lot")
            yield Chat(id="chat")
            yield LogLines(self.log_book.entries, id="log")
        yield ReadyAction(id="ready")
        yield ChatInput(id="chat-input")
        yield ActionBar(id="actions")

    def on_mount(self) -> None:
        bids, chat, lots = self.query_one(Bids), self.query_one(Chat), self.query_one(Lots)
        bids.book = chat.book = self.book
        lots.run_list = self.query_one(NextLot).run_list = self.run_list
        chat.user_id = self.access.user_id
        self.query_one(ChatInput).speaks(self.messages.language)
        self.set_interval(1 / DRAWS_PER_SECOND, self._draw)
        self._later(self.connection.open())
        self._later(self._look_up())
        self.set_interval(LOOK_SECONDS, self._look_at_lots)

    async def on_unmount(self) -> None:
        await self.connection.close()

    def ring(self) -> None:
        self.app.bell()

    def next_ask(self) -> int | None:
        return self.book.next_ask(self.setup.step)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work)

    # --- what arrives

    def _hear(self, event: str, data: Mapping[str, Any]) -> None:
        if event == Error.wire_name:
            return  # whoever asked is told by the answer
        leader = self.book.high
        self.clerk.hear(event, data)
        if event == NewBid.wire_name:
            self.sounds.led(leader, self.book.high)
        self._say_whose_it_is()
        if self.book.gap:
            self.book.gap = False
            self.connection.join_again()

    async def _look_up(self) -> None:
        try:
            await self.clerk.look_up()
        except NoSuchAuction:
            self._not_there()
        self._say_whose_it_is()

    def _look_at_lots(self) -> None:
        """Before the auction is live the room tells nothing of its run list."""
        online = self.connection.state is ConnectionState.ONLINE
        if self.clerk.lots.are_there and online and self.book.phase is Phase.WAITING:
            self.clerk.lots.read()

    def _not_there(self) -> None:
        if isinstance(self.app, SaleApp):
            self.app.not_there(self.book.auction_id)

    def _connection_changed(self) -> None:
        connection, state = self.connection, self.connection.state
        if state is not self._state:
            before, self._state = self._state, state
            if state is ConnectionState.ONLINE:
                self.note("Online", EntryMark.DONE)
                if not self.book.title:  # the server was not there when it was looked up
                    self._later(self._look_up())
            elif state is ConnectionState.LOST and before is not ConnectionState.TURNED_AWAY:
                was_up = before is ConnectionState.ONLINE
                if was_up:
                    self.sounds.play(Sound.LOST)
                what = "The connection is lost" if was_up else f"No connection to {connection.url}"
                self.note(f"{what}: {connection.why}", EntryMark.REFUSED)
            elif state is ConnectionState.TURNED_AWAY and isinstance(self.app, SaleApp):
                self.app.another_token(f"{TURNED_AWAY}: {connection.why}")
        if connection.missed is not None:
            if connection.missed:
                missed = counted(connection.missed)
                self.note(f"Caught up with what was missed: {missed}", EntryMark.NOTE)
            connection.missed = None
        if connection.refusal is not self._told_refusal:
            self._told_refusal = connection.refusal
            if connection.refusal is not None:
                self._not_let_in(connection.refusal)
        if connection.acknowledges is False and not self._told_plain:
            self._told_plain = True
            self.note(
                "This server does not acknowledge and sends no state: what happened before is "
                "unknown, and an award goes to whoever leads when it arrives",
                EntryMark.NOTE,
            )
        if (
            connection.acknowledges is False
            and connection.joined
            and self.book.phase is Phase.UNKNOWN
        ):
            self.book.phase = Phase.LIVE  # only a live auction is joined (guide)
            self.book.version += 1
        self._say_whose_it_is()

    def _not_let_in(self, refusal: Reply) -> None:
        if refusal.message == TEXTS[Code.NOT_LIVE]:
            if self.book.phase is Phase.UNKNOWN:
                self.book.phase = Phase.WAITING
                self.book.version += 1
        elif refusal.message == TEXTS[Code.AUCTION_NOT_FOUND]:
            self._not_there()
        else:
            self.note(f"Enter the room: {explained(refusal)}", EntryMark.REFUSED)

    @property
    def watching(self) -> bool:
        """Whether the auction is somebody else's, as far as anybody tells."""
        if self.book.role is not None:
            return self.book.role not in HOSTS
        owner, user = self.book.owner_id, self.access.user_id
        return owner is not None and user is not None and owner != user

    def _say_whose_it_is(self) -> None:
        # A live auction is joined first: the answer says whether we work in it.
        knows = self.connection.joined or self.book.phase is not Phase.LIVE
        only_watches = knows and self.watching and self.book.role != MODERATOR
        if only_watches and self.book.owner_id is not None and not self._told_watching:
            self._told_watching = True
            title = self.book.title or f"Auction {self.book.auction_id}"
            self.app.push_screen(WatchDialog(title, self.book.owner_id, self.access.user_id))

    # --- what is shown

    def _draw(self) -> None:
        """Draw what changed since the last time; a storm of bids is one change."""
        moment = datetime.now(UTC)
        self._watch_token()
        heartbeat = self.connection.heartbeat
        state = (
            self.book.version,
            self.connection.state,
            self.connection.why,
            self.connection.acknowledges,
            self.watching,
            round(heartbeat.latency_ms or -1),
            heartbeat.silent_seconds,
            tuple((entry.text, entry.mark) for entry in self.log_book.entries[-20:]),
            int(moment.timestamp()),
            self.book.bidding.told(),
            self.query_one(Block).size,
        )
        if state == self._drawn:
            return
        self._drawn = state
        left = self.access.left(moment)
        ends = left if left is not None and left <= WARNINGS[-1] else None
        self.query_one(Bar).show(self.book, self.connection, watching=self.watching, ends=ends)
        tally = self.clerk.tally
        on_block = self.run_list.on_block
        description = on_block.description if on_block else ""
        self.query_one(Block).show(self.book, tally, description, self.setup.step, moment)
        is_narrow = self.has_class("-narrow")
        self.query_one(Lots).border_title = f"Lots: {tally.told(moment)}" if is_narrow else "Lots"
        self.query_one(Bids).opens = self.query_one(Chat).opens = self.why_no_moderation() is None
        for panel in (Bids, Chat, Lots, NextLot, LogLines):
            self.query_one(panel).refresh()
        self.query_one(ActionBar).show(self.situation())

    def _watch_token(self) -> None:
        """Warn of the token's end, or make another one before it."""
        left = self.access.warning()
        if left is None:
            return
        if self.access.renew():
            self.note("The access token was about to expire: another one was made", EntryMark.NOTE)
            return
        minutes = max(0, round(left.total_seconds() / 60))
        self.app.bell()
        self.note(
            f"The access token ends in {minutes} min: this connection stays, but a lost one "
            "cannot be opened again, nor can the summary be read. Press k to give another",
            EntryMark.REFUSED,
        )

    def situation(self) -> Situation:
        return Situation(
            self.book,
            self.connection.state,
            has_next=self.run_list.next is not None,
            watching=self.watching,
        )

    # --- everything else

    async def action_summary(self) -> None:
        summary, lots = await closed(
            self.book, self.run_list, self.api, self.clerk.weights, self.access
        )
        await self.app.push_screen(
            SummaryScreen(summary, self.book, self.setup.folder, self.setup.form, lots)
        )

    def action_token(self) -> None:
        if isinstance(self.app, SaleApp):
            self.app.another_token("Another access token")

    def action_log(self) -> None:
        self.app.push_screen(LogDialog(self.log_book.entries))

    def action_theme(self) -> None:
        dark = self.app.current_theme.dark
        self.app.theme = "textual-light" if dark else "textual-dark"

    def action_help(self) -> None:
        self.app.push_screen(HelpDialog(self.messages))

    def switch_sound(self, sound: Sound) -> None:
        word = "on" if self.sounds.switch(sound) else "off"
        self.note(f"Sound {word}: {ABOUT[sound]}", EntryMark.DONE)

    def action_quit(self) -> None:
        self.app.exit()
