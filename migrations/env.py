"""Runs revisions on the connection that `baraka db` hands over (baraka_server/store/migrate.py)."""

from alembic import context

attributes = context.config.attributes
if "connection" not in attributes:
    raise RuntimeError("the revisions are run by: baraka db upgrade")

context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    on_version_apply=attributes["on_version_apply"],
    # MySQL commits with every DDL statement, so the version must follow revision by revision.
    # On SQLite the connection is in a transaction already: all revisions succeed, or none.
    transaction_per_migration=True,
    report=attributes["report"],
)
with context.begin_transaction():
    context.run_migrations()
