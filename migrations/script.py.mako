"""${message}

A revision stands for itself: it defines its tables here, since those of the program move on. On
MySQL every DDL statement commits: make one step, and only if it was not made before. On SQLite
foreign keys are enforced: to rebuild a table that others refer to would delete their rows.

Older servers go on beside it (D55): it only adds tables, and columns that are NULL or have a default.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# The tables whose rows `downgrade` loses.
loses: tuple[str, ...] = ()
# The oldest revision whose programs may serve beside this one: that of the revision before it, as long as
# this one only adds.
serves_since = "baraka_0010"


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
