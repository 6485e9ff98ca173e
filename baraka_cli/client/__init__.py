"""Client of the contract, shared by the console and the simulator: connections, HTTP, replies."""
