"""Sends the calls of a capture to an OpenTelemetry collector while it is written; a process beside the recorder's.

Rule: the recorder shares only the capture's file with it, so that it never slows traffic. The capture is its queue: what
the collector does not take waits there, and the memory of the process is bounded. It says a line on standard output when
sending fails for the first time, and at the end what was not sent.

    python -m recorder.sinks.sending CAPTURE URL        until standard input ends
"""

from __future__ import annotations

import math
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan

from recorder import capture
from recorder.errors import InputError
from recorder.sinks.collector import TIMEOUT, Collector, Unreached
from recorder.sinks.growing import Growing
from recorder.sinks.otel import Telemetry

SLICE = 1 << 13
"""Bytes that are read at once: some milliseconds of work, the longest that traffic may wait for a processor."""

REST = 2.0
"""While the capture grows, it rests so many times as long as it has worked; when the capture rests, it catches up."""

BATCH = 128
"""Most spans of a request."""

EVERY, METRICS_EVERY = 1.0, 10.0
"""Seconds after which finished spans, and metrics, are sent."""

IDLE, AGAIN = 0.1, 1.0
"""Seconds between two looks at a capture that does not grow, also the longest rest; and between two attempts to send."""

PATIENCE = 2.0
"""Seconds that are left for the rest when the recording has ended."""


class Sending:
    """Follows a capture, and sends what it finds.

    Args:
        path: the file of the capture, which has its header.
        collector: the collector.
        say: prints a line.
        over: waits for some seconds, or until the recording has ended; returns whether it has.
        clock: a monotonic clock, in seconds.

    Raises:
        InputError: it is not a capture.
    """

    def __init__(
        self,
        path: Path,
        collector: Collector,
        say: Callable[[str], None],
        over: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collector, self._say, self._over, self._clock = collector, say, over, clock
        self._growing = Growing.open(path)
        self._reader = capture.Reader(self._growing.header, str(path))
        self._telemetry = Telemetry(self._reader.header)
        self._line, self._size = 1, self._growing.size
        self._spans: list[ReadableSpan] = []
        self._sent = self._refused = 0
        self._next, self._next_metrics = clock(), clock() + METRICS_EVERY
        self._until = math.inf
        self._warned = False

    def close(self) -> None:
        """Close the capture and the connection."""
        self._growing.close()
        self._collector.close()

    def run(self) -> None:
        """Send until the recording has ended, and then what is left, as far as the time allows."""
        while (began := self._clock()) < self._until:
            grown = self._turn()
            if not grown and self._is_over(0):
                self._telemetry.end()
                self._send_due(whole=True)
                break
            self._send_due()
            if not grown:
                self._is_over(IDLE)
            elif (size := self._growing.size) > self._size:
                self._size = size
                self._is_over(min(REST * (self._clock() - began), IDLE))
        self._report()

    def _is_over(self, seconds: float) -> bool:
        if not self._over(seconds):
            return False
        self._until = min(self._until, self._clock() + PATIENCE)
        return True

    def _turn(self) -> bool:
        """Read the next slice; False if there is none."""
        lines = self._growing.turn(SLICE)
        if lines is None:
            return False
        for event in self._reader.events(lines, self._line + 1):
            self._line += 1
            self._telemetry.see(self._line, event)
        return True

    def _send_due(self, *, whole: bool = False) -> None:
        """Send what is due; with `whole`, all that there is."""
        self._spans += self._telemetry.take()
        while self._spans and (whole or len(self._spans) >= BATCH or self._clock() >= self._next):
            if not self._deliver(partial(self._collector.spans, self._spans[:BATCH]), len(self._spans[:BATCH])):
                return
            del self._spans[:BATCH]
            self._next = self._clock() + EVERY
        if whole or self._clock() >= self._next_metrics:
            if (data := self._telemetry.metrics()) is not None:
                self._deliver(partial(self._collector.metrics, data))
            self._next_metrics = self._clock() + METRICS_EVERY

    def _deliver(self, send: Callable[[float], str], spans: int = 0) -> bool:
        """Send until the collector has answered; False if there is no time left."""
        while (left := self._until - self._clock()) > 0:
            try:
                refusal = send(min(TIMEOUT, left))
            except Unreached as error:
                self._warn(f"{error}; what is not sent yet waits in the capture")
                self._is_over(min(AGAIN, left))
                continue
            if refusal:
                self._warn(refusal)
                self._refused += spans
            else:
                self._sent += spans
            return True
        return False

    def _warn(self, why: str) -> None:
        if not self._warned:
            self._say(f"cannot send to {self._collector.url}: {why}")
        self._warned = True

    def _report(self) -> None:
        unread = self._growing.size - self._growing.read
        missing = [
            f"{count:,} {what}"
            for count, what in (
                (self._refused, "refused"),
                (len(self._spans), "not sent"),
                (unread, "bytes of the capture not read any more"),
            )
            if count
        ]
        self._say(f"{self._sent:,} spans sent to {self._collector.url}{''.join(f', {one}' for one in missing)}")


def main() -> None:
    """Send the calls of a capture until standard input ends."""
    path, url = Path(sys.argv[1]), sys.argv[2]
    ended = False

    def over(seconds: float) -> bool:
        nonlocal ended
        if ended:
            time.sleep(seconds)
        elif select.select([sys.stdin], [], [], seconds)[0]:
            ended = not os.read(sys.stdin.fileno(), 1)
        return ended

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        with closing(Sending(path, Collector(url), say, over)) as sending:
            sending.run()
    except InputError as error:  # after a full disk there may be part of a line
        say(f"nothing more is sent to {url}: {error}")


if __name__ == "__main__":
    main()
