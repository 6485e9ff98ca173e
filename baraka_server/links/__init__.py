"""Direct links between the nodes of one database: how they are opened, proved and kept apart from strangers."""
