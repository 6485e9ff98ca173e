"""Reads the numbers of an earlier run."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from baraka_cli.simulator.report import figures
from baraka_cli.simulator.result import FORMAT, Result

RESULT_BYTES_MAX = 100_000_000
"""An hour's run is about 2 MB."""


class NotAResult(ValueError):
    """A file that holds no run; the text says what is wrong with it."""


def read_result(path: Path) -> Result:
    """The run that `--json` wrote into `path`. Raises `NotAResult`."""
    try:
        with path.open("rb") as file:
            data = file.read(RESULT_BYTES_MAX + 1)
    except FileNotFoundError:
        raise NotAResult(f"{path}: there is no such file") from None
    except OSError as error:
        raise NotAResult(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > RESULT_BYTES_MAX:
        raise NotAResult(f"{path} is larger than {figures.size(RESULT_BYTES_MAX)}: not a result")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAResult(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict) or "format" not in value:
        raise NotAResult(f"{path} is not a result of baraka simulate --json")
    if value["format"] != FORMAT:
        by = f", written by Baraka {value['baraka']}" if value.get("baraka") else ""
        raise NotAResult(
            f"{path} has format {value['format']!r}{by}; this Baraka reads format {FORMAT}"
        )
    try:
        return Result.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NotAResult(f"{path} is not a result: {where}: {first['msg']}") from None
