"""Log handler that never blocks: a thread writes the entries, and they are dropped when it lags."""

from __future__ import annotations

import errno
import logging
import os
import queue
import select
import sys
import threading
import time
from typing import Any

ENTRIES_MAX = 10_000
"""How many entries may wait to be written."""

DROPPED_SAID_SECONDS = 10
"""How often the number of dropped entries is logged, while entries are being dropped."""

PATIENCE_SECONDS = 1
"""How long the end of the process waits for the log to be written."""


class Queued(logging.Handler):
    """Log handler that passes entries to the handler `writer` in a thread, where they are formatted.

    Only the message is put together at the call, as its values may change.
    """

    def __init__(self, writer: logging.Handler) -> None:
        super().__init__()
        self._writer = writer
        self._entries: queue.Queue[logging.LogRecord | None] = queue.Queue(ENTRIES_MAX)
        self._dropped = 0
        self._counting = threading.Lock()
        self._stalled = False
        self._said_at = float("-inf")
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            record.msg = record.getMessage()
        except Exception:  # a slip in a log line must not stop the work that it speaks of
            record.msg = str(record.msg)
        record.args = None
        try:
            self._entries.put_nowait(record)
        except queue.Full:
            with self._counting:
                if not self._dropped:
                    self._said_at = time.monotonic()
                self._dropped += 1

    def flush(self) -> None:
        """Wait until everything is written, but no longer than `PATIENCE_SECONDS`."""
        patience = 0 if self._stalled else PATIENCE_SECONDS
        waiting = self._entries
        with waiting.all_tasks_done:
            self._stalled = not waiting.all_tasks_done.wait_for(
                lambda: not waiting.unfinished_tasks, patience
            )

    def close(self) -> None:
        self.flush()
        try:
            self._entries.put_nowait(None)
        except queue.Full:
            pass  # its thread is blocked by a reader that does not read, and ends with the process
        super().close()

    def _write(self) -> None:
        while True:
            record = self._entries.get()
            try:
                if record is None:
                    return
                self._pass_on(record)
                self._say_what_was_dropped()
            finally:
                self._entries.task_done()

    def _say_what_was_dropped(self) -> None:
        now = time.monotonic()
        if not self._dropped or (
            not self._entries.empty() and now - self._said_at < DROPPED_SAID_SECONDS
        ):
            return
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        self._said_at = now
        entry: dict[str, Any] = {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": f"{dropped:,} entries of the log were dropped: they were read too slowly",
            "event": "log_dropped",
            "dropped": dropped,
        }
        self._pass_on(logging.makeLogRecord(entry))

    def _pass_on(self, record: logging.LogRecord) -> None:
        # Not `handle`: whoever ends the process takes the writer's lock, and this may never return.
        try:
            if self._writer.filter(record):
                self._writer.emit(record)
        except Exception:
            self._writer.handleError(record)


class Stderr:
    """The standard error without Python's buffer, on whose lock the end of the process would wait.

    What cannot be written (its reader is gone, the disk is full) is lost: there is nowhere to say so.
    """

    errors = "backslashreplace"

    def __init__(self) -> None:
        self.encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        self._file = _number_of(sys.stderr)

    def write(self, text: str) -> int:
        if self._file is None:
            sys.stderr.write(text)
            return len(text)
        rest = memoryview(text.encode(self.encoding, self.errors))
        while rest:
            try:
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:  # somebody else who has it made it so
                select.select([], [self._file], [])
            except OSError as error:
                if error.errno != errno.EINTR:
                    break
        return len(text)

    def flush(self) -> None:
        """Do nothing: `write` keeps nothing back."""

    def isatty(self) -> bool:
        return sys.stderr.isatty()

    def fileno(self) -> int:
        if self._file is None:
            raise OSError("the standard error is not a file")
        return self._file


def _number_of(file: Any) -> int | None:
    try:
        number: int = file.fileno()
    except (AttributeError, OSError, ValueError):
        return None
    return number
