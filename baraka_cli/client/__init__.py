"""The client of the contract that the console and the simulator share: connections, HTTP, replies."""
