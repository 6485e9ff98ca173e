"""The operator console: where a host runs a live sale. A client of the contract, nothing more."""
