"""Commands, one file for each. They import the server inside functions: help must be quick."""
