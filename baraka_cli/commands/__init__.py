"""One file per command. A module imports the server inside its functions: help must be quick."""
