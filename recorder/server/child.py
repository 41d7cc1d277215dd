"""A recorder in its own process, in front of a node, for the duration of a test.

Rule: it writes to a temporary file; the capture is moved to its place, whole, only when the caller keeps it.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from recorder.capture import dump_all, load, marks_in
from recorder.errors import InputError
from recorder.interchange.files import Capture, write_capture
from recorder.model import MARK, AnyEvent, Frame, Header, Note, Opened, Refused, Scenario, unnamed
from recorder.renewing import Whole, headed, renewed
from recorder.rules import NO_RULES, Rules
from recorder.settings import check_plain
from recorder.timeline.refusals import by_node
from recorder.timeline.urls import is_http

READY = "recording to "
UNREACHED = ("cannot reach the node at ", "TLS with the node failed: ")
LISTENING = re.compile(r"listening on (\S+),")
PATIENCE = 30.0  # seconds until a recorder that does not end is killed


class RecordingChild:
    """`recorder record`, listening while its `with` block lasts.

    Args:
        upstream: the node.
        profile: what the frames mean.
        test: who records, for the capture's header.
        masks: further secrets to mask, written as for `--mask`.

    Raises:
        InputError: it does not start, with what it says (when the block is entered).
    """

    def __init__(self, upstream: str, *, profile: str = "auto", test: str = "", masks: Iterable[str] = ()) -> None:
        self._upstream, self._profile, self._test, self._masks = upstream, profile, test, masks
        self._folder = tempfile.TemporaryDirectory(prefix="recorder-")
        self._capture = Path(self._folder.name) / "run.jsonl"
        self._process: subprocess.Popen[str]
        self._header: Header
        self._events: list[AnyEvent] = []
        self.url = ""
        self.said: list[str] = []  # when it has ended, what it said of trouble and in sum

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "recorder", "record", self._upstream, "--listen", "127.0.0.1:0", "-q"]
        command += ["-o", str(self._capture), "--profile", self._profile, "--meta", f"test={self._test}"]
        command += [f"--mask={mask}" for mask in self._masks]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 - ourselves
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            if line.startswith(READY):
                return self
            if found := LISTENING.match(line):
                self.url = f"ws://{found[1]}"
            said.append(line.strip())
        self._end()
        raise InputError(f"the recorder did not start: {' '.join(said)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def keep(self, file: Path, rules: Rules = NO_RULES) -> None:
        """Move the capture to its place; of one that it replaces it keeps what people put into it.

        Args:
            file: its place.
            rules: what may differ from a capture that is there.

        Raises:
            InputError: it cannot be written there, or what is there is not a capture.
        """
        header, events = self._header, self._events
        if file.exists():
            with Capture(file) as capture:
                header = headed(capture.header, header, header.profile)
                events = renewed(Whole.read(capture.header, capture), Whole.read(header, events), rules)
        self._write(file, header, events)

    def unreached(self) -> str:
        """Why the node could not be reached; empty where it was. Where nothing came of it, the recording ends with this."""
        if self._process.poll() is None:
            with Capture(self._capture) as capture:
                if any(map(_by_node, capture)):
                    return ""
            self._stop()
        return next((line for line in self.said if line.startswith(UNREACHED)), "")

    @property
    def recorded(self) -> bool:
        """Whether anything came, once it has ended."""
        return not all(isinstance(event, Note | Scenario) for event in self._events)

    def add_to(self, file: Path) -> None:
        """Add the sessions that were recorded to a capture.

        Raises:
            InputError: it cannot be read, or not written.
        """
        capture = Capture(file)
        events = list(capture)
        known = max((getattr(event, "session", 0) for event in events), default=0)
        self._write(file, capture.header, chain(events, _renumbered(self._marked_on(events), known)))

    def _marked_on(self, known: list[AnyEvent]) -> Iterator[AnyEvent]:
        """What was recorded, its marks counted on behind those of a capture: other secrets may have had the same."""
        last: Counter[str] = Counter()
        for mark in marks_in(known):
            kind, _space, number = mark[1:-1].rpartition(" ")
            last[kind] = max(last[kind], int(number))

        def later(found: re.Match[str]) -> str:
            kind, _space, number = found[0][1:-1].rpartition(" ")
            return f"«{kind} {int(number) + last[kind]}»"

        lines = MARK.sub(later, dump_all([self._header, *self._events]).decode())
        return load(lines.encode().splitlines(keepends=True))[1]

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._end()

    def _end(self) -> None:
        try:
            said, _ = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, _ = self._process.communicate()
        self.said = [line for line in said.splitlines() if line != f"capture: {self._capture}"]
        if self._capture.exists():
            capture = Capture(self._capture)
            self._header, self._events = capture.header, list(capture)
        self._folder.cleanup()

    def _write(self, file: Path, header: Header, events: Iterable[AnyEvent]) -> None:
        check_plain(file)
        write_capture(file, header, events)


def _by_node(event: AnyEvent) -> bool:
    """Whether it tells of a node that was reached."""
    if isinstance(event, Opened):
        return not is_http(event.url)
    return isinstance(event, Refused | Frame) and by_node(event)


def _renumbered(events: Iterable[AnyEvent], known: int) -> Iterator[AnyEvent]:
    for event in events:
        if isinstance(event, Note | Scenario | Refused):
            yield event
            continue
        moved = msgspec.structs.replace(event, session=event.session + known)
        if isinstance(moved, Opened) and moved.party == unnamed(event.session):
            moved = msgspec.structs.replace(moved, party=unnamed(moved.session))
        yield moved
