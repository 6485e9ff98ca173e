"""Check results about a database of the existing system, for `doctor` and after an upgrade (D52)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from baraka_cli.doctor_checks import CheckResult, State, look, mend, ok
from baraka_cli.doctor_database import of_tables
from baraka_cli.plural import plural
from baraka_server.store import odd_values

if TYPE_CHECKING:
    from baraka_server.store.adoption import Adoption
    from baraka_server.store.oddity import Oddity


def of_adoption(adoption: Adoption) -> Iterator[CheckResult]:
    for oddity in adoption.oddities:
        judge = mend if oddity.stops_sales else look
        check = "schema" if oddity.rows is None else "rows"
        result = judge(check, _what(oddity), "; ".join(oddity.mending))
        yield replace(result, about=_about(oddity))
    if adoption.bounded:
        yield look(
            "rows",
            f"of {', '.join(adoption.bounded)} only the newest {odd_values.ROWS_LOOKED_AT_MAX:,} rows were "
            "looked at",
            "what an older row has is said in the server's log when it is read",
        )
    elif not adoption.oddities:
        yield ok("rows", "all have what the documented schema asks for")


def after_upgrade(adoption: Adoption) -> list[str]:
    """Lines for whoever has just adopted a database; none where nothing is odd."""
    results = [
        one
        for one in (*of_tables(adoption.odd_tables), *of_adoption(adoption))
        if one.state is not State.OK
    ]
    if not results:
        return []
    results.sort(key=lambda one: list(State).index(one.state))
    stopping = sum(one.state is State.MEND for one in results)
    lines = [
        f"{len(results)} things about the tables and rows of this database are not as documented.",
        f"WARNING: {stopping} of them would stop a sale. Mend these first."
        if stopping
        else "None of them stops a sale.",
    ]
    for one in results:
        lines += [f"  {one.state}  {one.what}", f"        → {one.do}"]
    return [*lines, "Nothing of this was changed. baraka doctor lists it again."]


def _what(oddity: Oddity) -> str:
    if oddity.rows is None:
        return oddity.told
    shown = ", ".join(map(str, oddity.ids))
    more = ", …" if len(oddity.ids) < oddity.rows else ""
    rows = plural(oddity.rows, "row")
    return f"{oddity.place} {oddity.what} in {rows} (id {shown}{more}): {oddity.effect}"


def _about(oddity: Oddity) -> dict[str, object]:
    return {
        "table": oddity.table,
        "column": oddity.column,
        "rows": oddity.rows,
        "ids": list(oddity.ids),
        "statements": list(oddity.mending),
    }
