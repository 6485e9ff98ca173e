"""Status of a database: its revision beside those of this program, and what is to be done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """The revision that a database has, None without any, and the newest that the program knows."""

    current: str | None
    head: str
    known: bool
    """Whether this program knows the current revision. If not, a newer one made it."""
    first_release: bool = False
    """Whether the tables still have the names of the first release (D53)."""
    made_by: str | None = None
    """The version of a newer program that only added to the tables, so that this one may serve."""

    @property
    def up_to_date(self) -> bool:
        return self.current == self.head

    @property
    def remedy(self) -> str | None:
        """A text that says what to do; None where this program may serve."""
        if self.up_to_date or self.made_by is not None:
            return None
        if not self.known:
            return f"{self._newer}. Update baraka."
        if self.first_release:
            return (
                f"The database is of Baraka's first release (revision {self.current}), whose tables "
                "had other names. Make a backup, stop every Baraka server, and run: "
                "baraka db upgrade"
            )
        if self.current is None:
            return "The database is not set up for Baraka yet. Run: baraka db upgrade"
        return (
            f"The database is at revision {self.current}, this version of Baraka needs "
            f"{self.head}. Run: baraka db upgrade"
        )

    @property
    def beside_newer(self) -> str | None:
        """A text that says beside what this program serves; None where the tables are its own."""
        if self.made_by is None:
            return None
        return (
            f"The database is at revision {self.current} of Baraka {self.made_by}, which this version "
            f"does not know (its newest is {self.head}). It only adds to the tables: this version "
            "may serve beside it until it is updated too"
        )

    @property
    def not_ours_to_change(self) -> str:
        """The text for whoever asks this program to change the tables of a newer one."""
        if self.made_by is None:
            return f"{self._newer}. Update baraka."
        return (
            f"{self.beside_newer}. Nothing was changed: only Baraka {self.made_by}, or a newer one, "
            "changes this database."
        )

    @property
    def _newer(self) -> str:
        return (
            f"The database is at revision {self.current}, which this version of Baraka does "
            f"not know (its newest is {self.head}): a newer one made it"
        )
