"""`baraka top`: the numbers of servers, live in a terminal."""
