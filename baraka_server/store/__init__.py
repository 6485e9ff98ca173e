"""The database: tables, the ledger, and the only SQL of the house."""
