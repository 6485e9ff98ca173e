"""Charts of a run: which there are, and which figures of each second their lines show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from baraka_cli.simulator.report import figures
from baraka_cli.simulator.report.charts import Chart, Line
from baraka_cli.simulator.report.figures import count, millis
from baraka_cli.simulator.result import Second


def charts(timeline: Sequence[Second]) -> list[Chart]:
    """Charts of a run over time; one of errors only where there were any."""
    seconds = [second.at for second in timeline]

    def line(name: str, tone: int, values: Iterable[float | None]) -> Line:
        return Line(name, tone, list(values))

    return [
        Chart(
            "Delivery latency",
            "ms, from the moment a bid was due to a viewer's receipt",
            seconds,
            [
                line("p50", 1, (one.delivery.p50 for one in timeline)),
                line("p95", 2, (one.delivery.p95 for one in timeline)),
                line("p99", 3, (one.delivery.p99 for one in timeline)),
            ],
            millis,
            worst=True,
            may_be_logarithmic=True,
        ),
        Chart(
            "Bids",
            "a second",
            seconds,
            [
                line("asked", 1, (one.asked for one in timeline)),
                line("accepted", 2, (one.accepted for one in timeline)),
                line("refused", 3, (one.refused for one in timeline)),
            ],
            count,
        ),
        Chart(
            "Messages",
            "received by the crowd a second",
            seconds,
            [line("messages", 1, (one.messages for one in timeline))],
            count,
        ),
        Chart(
            "Viewers",
            "in the room of the sale",
            seconds,
            [
                line("people who watch", 1, (one.viewers for one in timeline)),
                line("sockets", 3, (one.in_room for one in timeline)),
            ],
            count,
        ),
        Chart(
            "CPU",
            "of one core",
            seconds,
            [
                line("server", 1, (one.server_cpu for one in timeline)),
                line("simulator", 3, (one.own_cpu for one in timeline)),
            ],
            figures.percent,
        ),
        Chart(
            "Memory of the server",
            "resident",
            seconds,
            [line("memory", 1, (one.server_rss_bytes for one in timeline))],
            figures.size,
            worst=True,
        ),
        *(
            [
                Chart(
                    "Errors",
                    "connections lost or refused and answers missing, a second",
                    seconds,
                    [line("errors", 3, (one.errors for one in timeline))],
                    count,
                    worst=True,
                )
            ]
            if any(one.errors for one in timeline)
            else []
        ),
    ]
