"""The database: tables, ledger, queries, migrations. All SQL is in this package."""
