"""Benchmarks: the cost of a delivery and of a bid, beside other servers. `make bench` runs them."""
