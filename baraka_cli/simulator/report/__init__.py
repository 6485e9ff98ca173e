"""What is told of a simulated sale: screen, tables, page, comparison."""
