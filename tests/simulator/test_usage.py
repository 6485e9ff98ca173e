"""Resource usage of processes on this machine."""

from __future__ import annotations

import os
import time

import pytest

from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.usage import NoSuchProcess


def test_processor_time_and_memory_of_a_process_are_measured():
    meter = Meter((os.getpid(),))
    before = time.process_time()
    while time.process_time() < before + 0.1:
        sum(range(1_000))
    second = meter.tick(viewers=0, in_room=0)
    (server,) = meter.servers.processes(0)
    assert server.pid == os.getpid()
    assert server.cpu_seconds == pytest.approx(time.process_time() - before, abs=0.05)
    assert server.rss_bytes_max >= server.rss_bytes_start > 10_000_000
    assert server.files_max >= server.files_start > 2
    assert second.own_cpu > 0
    assert second.server_files == server.files_max


def test_a_process_that_is_not_there_is_named():
    with pytest.raises(NoSuchProcess, match="there is no process 999999999 on this machine"):
        Meter((999_999_999,))
