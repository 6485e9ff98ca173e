"""News between the servers of one database: messages, who is alive, and the lines that carry them."""
