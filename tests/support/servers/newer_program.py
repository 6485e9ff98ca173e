"""A newer version of the whole program: a copy with a revision, kinds of entries and fields of its own (D55).

It has a rule (`setPremium`), an entry that is none (`setSpotlight`), a field and a column of every bid, and
a field of every beat.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.checks.schema import HEAD
from tests.support.servers.baraka import Baraka, environment

ROOT = Path(__file__).parents[3]
VERSION = "9.1.0"
REVISION = "baraka_9001"

MADE = f'''
"""A column, and a table"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{REVISION}", "{HEAD}"
branch_labels = depends_on = None
loses, serves_since = ("baraka_premiums",), "{HEAD}"


def upgrade() -> None:
    op.add_column("baraka_events", sa.Column("channel", sa.String(16)))
    op.create_table("baraka_premiums", sa.Column("auction_id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("baraka_premiums")
    op.drop_column("baraka_events", "channel")
'''

ADDED = {
    "baraka_server/domain/increments.py": """

@dataclass(frozen=True, slots=True)
class PremiumSet(Event):
    kind = "premium_set"

    percent: int


@dataclass(frozen=True, slots=True)
class SpotlightSet(Event):
    kind = "spotlight_set"
    rule = False

    on: int


KINDS = (*KINDS, PremiumSet, SpotlightSet)
""",
    "baraka_server/contract/prices.py": """

class SetPremium(StaffCommand):
    wire_name = "setPremium"

    percent: int


class SetSpotlight(StaffCommand):
    wire_name = "setSpotlight"

    on: int


COMMANDS = (*COMMANDS, SetPremium, SetSpotlight)
""",
    "baraka_server/domain/rules/prices.py": """

from baraka_server.contract.prices import SetPremium, SetSpotlight
from baraka_server.domain.increments import PremiumSet, SpotlightSet

DECISIONS |= {
    SetPremium: lambda _state, _command, event, _rules: PremiumSet(event.percent),
    SetSpotlight: lambda _state, _command, event, _rules: SpotlightSet(event.on),
}
OBJECTIONS |= dict.fromkeys((PremiumSet, SpotlightSet), lambda _state, _entry, _event: None)
WORDS |= dict.fromkeys((PremiumSet, SpotlightSet), lambda _event, _name_of: "did it")
""",
    "baraka_server/store/tables.py": """
events.append_column(Column("channel", String(16)))
""",
    "baraka_server/store/revisions.py": f"""

def _program() -> str:
    return "{VERSION}"
""",
}
REPLACED = {
    "baraka_server/domain/bid_entries.py": {
        "    label: FreeText | None = None\n": (
            '    label: FreeText | None = None\n    channel: str = "app"\n'
        ),
        "return self.clock_ms is None and not beside": "return False",
    },
    "baraka_server/store/ledger.py": {
        '"data": encoded(entry.event),': '"data": encoded(entry.event), "channel": "app",'
    },
    "baraka_server/relay/messages.py": {
        '"c": dict(message.counts),': '"c": dict(message.counts), "load": [0.5],'
    },
}


class NewerProgram:
    """The program in a folder of its own. Its servers are `server(…)`, with the settings of `Baraka`."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "newer"
        # Its bytecode is kept: it is started several times.
        self._environment = {"PYTHONPATH": str(self._root), "PYTHONDONTWRITEBYTECODE": ""}
        for package in ("baraka_server", "baraka_cli", "migrations"):
            shutil.copytree(ROOT / package, self._root / package)
        (self._root / "migrations" / "versions" / "9001_newer.py").write_text(MADE)
        for name, text in ADDED.items():
            file = self._root / name
            file.write_text(file.read_text() + text)
        for name, changes in REPLACED.items():
            text = (self._root / name).read_text()
            for before, after in changes.items():
                assert before in text, (name, before)
                text = text.replace(before, after)
            (self._root / name).write_text(text)

    def server(self, database_url: str, folder: Path, **settings: Any) -> Baraka:
        program = (sys.executable, "-m", "baraka_cli")
        return Baraka(database_url, folder, program=program, PYTHONPATH=str(self._root), **settings)

    async def run(self, *words: str) -> Any:
        """What a command says: JSON, or nothing."""
        done = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "baraka_cli", *words),
            cwd=self._root,
            env=environment(**self._environment),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await done.communicate()
        assert done.returncode == 0, output
        return json.loads(output) if output else None
