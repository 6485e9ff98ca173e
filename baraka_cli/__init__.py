"""The command line: what people who run auctions type."""
