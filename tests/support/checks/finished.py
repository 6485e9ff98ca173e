"""A pytest hook that says whether the tests came to their end."""

from __future__ import annotations

import pytest


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave a mark in pytest's cache: `.ci/run` tries failed tests again only where all were tried."""
    is_worker = hasattr(session.config, "workerinput")  # of xdist
    cache = getattr(session.config, "cache", None)
    if cache and not is_worker and exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        cache.set("baraka/finished", int(exitstatus))
