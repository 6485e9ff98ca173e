"""`baraka lots`: the run list of an auction on a running server (D35)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from baraka_cli.commands.server_flags import URL, Token, Url, User, ask_server
from baraka_cli.terminal import (
    AsJson,
    LotsEncoding,
    fail,
    print_json,
    print_table,
    say,
    shown,
    stdout,
    wrong_usage,
)

if TYPE_CHECKING:
    from baraka_cli.client.http import HttpApi
    from baraka_cli.client.replies import Reply
    from baraka_server.contract.client_events import ClientEvent
    from baraka_server.contract.lots import RunListLot, RunListReport

app = typer.Typer(help="Prepare the run list of an auction.", no_args_is_help=True)

AuctionId = Annotated[int, typer.Argument(metavar="AUCTION", help="The auction.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the lot.")]
Before = Annotated[
    int | None, typer.Option(min=1, help="The number of the lot that it is put before.")
]
Product = Annotated[str | None, typer.Option(help="Name of the product.")]
Minimum = Annotated[int | None, typer.Option(min=0, help="The least that a first bid may be.")]
Start = Annotated[int | None, typer.Option(min=0, help="The price that is shown at the start.")]
Market = Annotated[int | None, typer.Option(min=0, help="What it is worth.")]
NewNumber = Annotated[
    int | None, typer.Option("--number", min=1, help="Its number; without it, the next one.")
]
Description = Annotated[str | None, typer.Option(help="What is said of it; '' takes it away.")]
Weight = Annotated[str | None, typer.Option(help="Its weight; '' takes it away.")]
Image = Annotated[str | None, typer.Option(help="Address of a picture; '' takes it away.")]
Increment = Annotated[
    str | None,
    typer.Option(help="Its own steps: 10, or 0:10 1000:50 (from:step); '' takes them away."),
]
Reserve = Annotated[
    int | None, typer.Option(min=0, help="The least to sell it for; 0 takes it away.")
]
COLUMNS = ("number", "product", "description", "minimum", "start", "market", "weight")
MORE = ("increment", "reserve", "image", "state")
"""The columns of an export, all but the last of which an import reads."""


@app.callback()
def lots() -> None:
    """Prepare the run list of an auction."""


@app.command("list")
def list_(
    auction: AuctionId,
    as_json: AsJson = False,
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """List the lots in their order, with reserves for those who work in the auction."""
    from baraka_cli.lots_file import written_steps

    report = ask_server(url, user, token, lambda api: _report(api, auction))
    if as_json:
        print_json([lot.seen(whole=True) for lot in report.lots])
    elif report.lots:
        print_table(
            (
                "Lot",
                "Product",
                "State",
                shown().column("Minimum"),
                shown().column("Start"),
                "Market",
                "Steps",
                "Reserve",
                "Winning",
            ),
            [
                (
                    lot.number,
                    f"{lot.product} ({lot.weight})" if lot.weight else lot.product,
                    lot.state.value,
                    lot.minimum_price,
                    lot.start_price,
                    lot.market_price,
                    written_steps(lot.increments) if lot.increments else None,
                    lot.reserve,
                    lot.winning_id,
                )
                for lot in report.lots
            ],
        )
    else:
        say("There are no lots yet. Add some with: baraka lots import")


@app.command("import")
def import_(
    auction: AuctionId,
    file: Annotated[Path, typer.Argument(help="CSV with product,minimum,start,market and more.")],
    lots_encoding: LotsEncoding = None,
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """Add the lots of a CSV file at the end of the run list.

    The columns product, minimum, start and market have to be there; description, weight, number,
    increment, reserve and image may be. A file is checked whole before anything is sent. One that was
    imported already, or in part, can be imported again: nothing of it is added twice.
    """
    from baraka_cli import importing
    from baraka_cli.importing import new_lot, twice
    from baraka_cli.lots_file import BadLots, read_lots

    try:
        new = [new_lot(lot) for lot in read_lots(file, lots_encoding)]
        content = file.read_bytes()
    except BadLots as error:
        fail(f"The run list has mistakes:\n{error}")
    if numbers := twice(new):
        fail(f"More than one lot has the number {', '.join(map(str, numbers))}.")

    async def send(api: HttpApi) -> list[int]:
        numbers: list[int] = []
        slices = list(importing.slices(new))
        async for reply in importing.send(api.command, auction, content, slices):
            answer = _done(reply, f"{_lots(len(numbers), 'was', 'were')} added")
            numbers += answer["lotNumbers"]
            _warn(answer)
        return numbers

    numbers = ask_server(url, user, token, send)
    say(f"{_lots(len(numbers), 'is', 'are')} in the run list: {_told(numbers)}.")


def _lots(count: int, one: str, many: str) -> str:
    return f"1 lot {one}" if count == 1 else f"{count} lots {many}"


def _told(numbers: list[int]) -> str:
    """The numbers in order, runs of them by their ends."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


@app.command("export")
def export(
    auction: AuctionId,
    plain: Annotated[
        bool, typer.Option("--plain", help="For programs, without the marks that Excel needs.")
    ] = False,
    separator: Annotated[
        Literal["comma", "semicolon"],
        typer.Option(help="Between the cells; Excel knows only its region's own."),
    ] = "comma",
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """Print the run list as CSV, which `baraka lots import` reads."""
    from baraka_cli.csv_writing import CsvForm, csv_bytes

    report = ask_server(url, user, token, lambda api: _report(api, auction))
    form = CsvForm(plain=plain, separator=";" if separator == "semicolon" else ",")
    content = csv_bytes([(*COLUMNS, *MORE), *map(_cells, report.lots)], form)
    stdout.file.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _cells(lot: RunListLot) -> tuple[str | int, ...]:
    from baraka_cli.lots_file import written_steps

    return (
        *(lot.number, lot.product, lot.description or "", lot.minimum_price, lot.start_price),
        *(lot.market_price, lot.weight or "", written_steps(lot.increments)),
        *("" if lot.reserve is None else lot.reserve, lot.image_url or "", lot.state.value),
    )


@app.command("add")
def add(
    auction: AuctionId,
    product: Annotated[str, typer.Argument(help="Name of the product.")],
    minimum: Annotated[int, typer.Option(min=0, help="The least that a first bid may be.")] = 0,
    start: Start = None,
    market: Market = None,
    number: NewNumber = None,
    description: Description = None,
    weight: Weight = None,
    increment: Increment = None,
    reserve: Reserve = None,
    image: Image = None,
    before: Before = None,
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """Add a lot to the run list."""
    from baraka_server.contract.lots import AddLots

    given = _given(None, number, description, weight, increment, reserve, image)
    start = minimum if start is None else start
    prices = {"minBidPrice": minimum, "bidPrice": start}
    prices["actualPrice"] = start if market is None else market

    async def send(api: HttpApi) -> dict[str, Any]:
        place = await _id_of(api, auction, before)
        new = {"product": product} | prices | given
        event = _made(AddLots, {"auctionId": auction, "lots": [new], "before": place})
        return await _does(api, event)

    answer = ask_server(url, user, token, send)
    _warn(answer)
    say(f"Lot {answer['lotNumbers'][0]} is in the run list.")


@app.command("edit")
def edit(
    auction: AuctionId,
    lot: Number,
    product: Product = None,
    minimum: Minimum = None,
    start: Start = None,
    market: Market = None,
    number: NewNumber = None,
    description: Description = None,
    weight: Weight = None,
    increment: Increment = None,
    reserve: Reserve = None,
    image: Image = None,
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """Change a lot of the run list; what is not named stays."""
    from baraka_server.contract.lots import EditLot

    given = _given(product, number, description, weight, increment, reserve, image)
    prices = {"minBidPrice": minimum, "bidPrice": start, "actualPrice": market}
    given |= {name: price for name, price in prices.items() if price is not None}
    if not given:
        wrong_usage("Say what to change: baraka lots edit --help")

    async def send(api: HttpApi) -> dict[str, Any]:
        there = _numbered(await _report(api, auction), lot)
        said = {"auctionId": auction, "lotId": there.lot_id, "version": there.version} | given
        return await _does(api, _made(EditLot, said))

    answer = ask_server(url, user, token, send)
    _warn(answer)
    say("It was so already." if answer.get("changed") is False else f"Lot {lot} was changed.")


@app.command("move")
def move(
    auction: AuctionId,
    lot: Number,
    before: Before = None,
    url: Url = URL,
    user: User = None,
    token: Token = None,
) -> None:
    """Put a lot before another one, or without --before at the end."""
    from baraka_server.contract.lots import MoveLot

    async def send(api: HttpApi) -> dict[str, Any]:
        report = await _report(api, auction)
        place = None if before is None else _numbered(report, before).lot_id
        lot_id = _numbered(report, lot).lot_id
        return await _does(api, MoveLot(auction_id=auction, lot_id=lot_id, before=place))

    answer = ask_server(url, user, token, send)
    say("It was there already." if answer.get("changed") is False else f"Lot {lot} was moved.")


async def _report(api: HttpApi, auction: int) -> RunListReport:
    report = await api.lots(auction)
    if report is None:
        fail("This server has no run lists: it is not Baraka, or an older one.")
    return report


async def _id_of(api: HttpApi, auction: int, number: int | None) -> int | None:
    if number is None:
        return None
    return _numbered(await _report(api, auction), number).lot_id


def _numbered(report: RunListReport, number: int) -> RunListLot:
    found = next((lot for lot in report.lots if lot.number == number), None)
    if found is None:
        fail(f"There is no lot {number} in this auction.")
    return found


async def _does(api: HttpApi, event: ClientEvent) -> dict[str, Any]:
    return _done(await api.command(event))


def _done(reply: Reply, done: str = "") -> dict[str, Any]:
    """The answer to a command; a refusal ends the program."""
    if not reply.ok:
        numbers = reply.data.get("numbers")
        more = f": {', '.join(map(str, numbers))}" if numbers and len(numbers) > 1 else ""
        fail(f"{reply.message}{more}." + (f" {done}." if done else ""))
    return dict(reply.data)


def _made(kind: type[ClientEvent], payload: dict[str, Any]) -> ClientEvent:
    """The command with this payload; what is wrong in it is wrong usage."""
    from baraka_server.contract.refusals import Refusal
    from baraka_server.contract.vocabulary import parse

    made = parse(kind.wire_name, [payload])
    if isinstance(made, Refusal):
        wrong_usage(made.message)
    return made


def _given(
    product: str | None,
    number: int | None,
    description: str | None,
    weight: str | None,
    increment: str | None,
    reserve: int | None,
    image: str | None,
) -> dict[str, Any]:
    """The fields of a lot that flags name; an empty one takes the field away."""
    from baraka_cli.lots_file import read_steps

    fields = {
        "product": product,
        "lotNumber": number,
        "description": description,
        "weight": weight,
        "imageUrl": image,
        "reserve": reserve,
    }
    said: dict[str, Any] = {
        name: value or None for name, value in fields.items() if value is not None
    }
    if increment is not None:
        try:
            steps = read_steps(increment) if increment else None
        except ValueError as error:
            wrong_usage(f"--increment: '{increment}' {error}")
        said["increments"] = steps and [{"from": since, "step": step} for since, step in steps]
    return said


def _warn(answer: dict[str, Any]) -> None:
    if "warning" in answer:
        say(f"{answer['warning']}.")
