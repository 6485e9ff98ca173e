"""Reports of a simulated sale: live screen, tables, HTML page, comparison."""
