"""Benchmarks: what a delivery and a bid cost, beside what else there is. `make bench` runs them."""
