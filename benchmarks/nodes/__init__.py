"""Benchmark of many cores and several servers: the ratios of docs/scaling.md."""
