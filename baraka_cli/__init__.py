"""Command line of Baraka: the server, the console, the simulator and the verbs of operators."""
