"""`.io` files, in which hive and execution-apis keep what an Ethereum node is asked and answers.

Rule: a line is a comment (`//`), a request (`>>`) or the answer to the request before it (`<<`). A file is a scenario, and
a folder of them a capture; each exchange is one over HTTP, as the tests of hive make it.
Source: https://github.com/ethereum/execution-apis/blob/main/tests/README.md.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from recorder import jsonrpc
from recorder.errors import InputError
from recorder.interchange.files import Capture, Stage
from recorder.interchange.formats import Source
from recorder.interchange.lines import beside_messages, flat
from recorder.interchange.streaming import Timeline
from recorder.journal.session import plain
from recorder.model import PRINTED, AnyEvent, Frame, Note, Opened, Scenario
from recorder.timeline.exchanges import OPEN_LIMIT
from recorder.timeline.followed import Followed
from recorder.transcript.splitting import Names
from recorder.wording import counted

URL = "http://node/"
"""What the node is called: no file names it. Mocks and parties are told their address, and need the path alone."""

SUFFIX = ".io"
COMMENT, ASKED, ANSWERED = b"//", b">>", b"<<"


def recognises(source: Source) -> bool:
    """Whether every line of a file's beginning is of an `.io` file, and one a request; of a folder, whether it has one."""
    if source.path.is_dir():
        return next(source.path.rglob(f"*{SUFFIX}"), None) is not None
    lines = [line for line in source.head_lines if line.strip()]
    return any(line.startswith(ASKED) for line in lines) and all(
        line.startswith((COMMENT, ASKED, ANSWERED)) for line in lines
    )


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a file, or of all in a folder, each in a scenario that has its path as its name."""
    if not source.path.is_dir():
        return _Reading(source).all([("", source.path)])
    found = sorted(source.path.rglob(f"*{SUFFIX}"))
    others = sum(path.is_file() for path in source.path.rglob("*")) - len(found)
    if others:
        source.warn(f"{source.name}: {counted(others, 'other file')} left out: no {SUFFIX}")
    named = [(plain(path.relative_to(source.path).with_suffix("").as_posix()), path) for path in found]
    return _Reading(source).all(named)


class _Reading:
    def __init__(self, source: Source) -> None:
        self._source, self._timeline = source, Timeline(source)
        self._exchange = 0
        self._odd: list[str] = []

    def all(self, files: Iterable[tuple[str, Path]]) -> Iterator[AnyEvent]:
        """The events of files with the names of their scenarios; one has none."""
        session = None
        for scenario, path in files:
            if scenario:
                yield Scenario(name=scenario)
            if session is None:
                session = self._timeline.session(URL)
                yield from self._timeline.told()
            waits, comment = False, list[str]()
            for place, kind, said in self._lines(replace(self._source, path=path)):
                if kind == COMMENT:
                    comment.append(_text(said, path, place))
                    continue
                yield from _noted(comment)
                if kind == ANSWERED and not waits:
                    raise InputError("answers nothing; a line `>> …` must come before it", file=str(path), line=place)
                waits = kind == ASKED
                self._exchange += waits
                yield session.frame("to_node" if waits else "from_node", said, exchange=self._exchange)
            yield from _noted(comment)
        if self._odd:
            lines = counted(len(self._odd), "line")
            self._source.warn(
                f"{self._odd[0]}: export will write {lines} otherwise: with one space after the mark only"
            )

    def _lines(self, source: Source) -> Iterator[tuple[int, bytes, bytes]]:
        """The lines of a file: their numbers, their marks, and what stands behind these."""
        for number, line in enumerate(source.lines(), 1):
            kind, rest = line[:2], line[2:].strip()
            if not line.strip():
                self._odd.append(f"{source.name}:{number}")
                continue
            if kind not in {COMMENT, ASKED, ANSWERED}:
                raise InputError(
                    "is of no exchange; a line begins with `//`, `>>` or `<<`", file=source.name, line=number
                )
            if line != _line(kind, rest):
                self._odd.append(f"{source.name}:{number}")
            yield number, kind, rest


def _text(comment: bytes, path: Path, line: int) -> str:
    try:
        return comment.decode()
    except UnicodeDecodeError as error:
        raise InputError("this comment is not UTF-8 text", file=str(path), line=line) from error


def _noted(comment: list[str]) -> Iterator[Note]:
    """The note that lines of a comment are; they are then done with."""
    if comment:
        yield Note(text="\n".join(comment))
        comment.clear()


def _line(kind: bytes, said: bytes) -> bytes:
    return b"%s %s\n" % (kind, said) if said else b"%s\n" % kind


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write the calls of a capture with their answers: into one file, or each scenario into its own in a folder."""
    with ExitStack() as open_:
        writing = _Writing(capture, target, stage, open_)
        for event in capture:
            writing.see(event)
        writing.end()
    return +writing.lost


@dataclass
class _Waiting:
    """Lines that are written when those before them are; a call, when its answer has come."""

    lines: list[bytes]
    waits: bool = False


class _Writing:
    """An answer stands right behind its call, whatever passed between them; calls and notes keep their order.

    Args:
        capture: what is written.
        target: the file, or the folder.
        stage: opens files.
        open_: holds the file of the scenario.
    """

    def __init__(self, capture: Capture, target: Path, stage: Stage, open_: ExitStack) -> None:
        self.lost: Counter[str] = Counter()
        self._target, self._stage, self._open, self._capture = target, stage, open_, capture
        self._one = target.suffix == SUFFIX and not target.is_dir()
        self._names, self._scenario = Names(folders=True), Path(capture.path).name.partition(".")[0] or "capture"
        self._file: BinaryIO | None = None
        self._followed, self._mark, self._sessions = Followed(capture.header.profile), 0, 0
        self._queue: deque[_Waiting] = deque()
        self._calls: dict[tuple[int, int], _Waiting] = {}

    def see(self, event: AnyEvent) -> None:
        """Take the next event."""
        beside_messages(event, self.lost, URL)
        if isinstance(event, Frame):
            self._mark += 1
            if event.direction == "to_node":
                self._ask(event)
            else:
                self._answer(event)
            return
        self._followed.see(event)
        if isinstance(event, Scenario):
            self._begin(event.name)
        elif isinstance(event, Note):
            self.lost["parties of notes"] += bool(event.party)
            lines = event.text.replace("\r", " ").encode().split(b"\n")
            self._put(_Waiting([_line(COMMENT, line.strip()) for line in lines]))
        elif isinstance(event, Opened):
            self._sessions += 1
            self.lost["further sessions"] += self._sessions > 1

    def _begin(self, scenario: str) -> None:
        self.end()
        if self._one and self._stage.targets:
            raise InputError(
                "has several scenarios, for a file each; give a folder: -o FOLDER --format io", file=self._capture.path
            )
        self._scenario = scenario
        self.lost["names of scenarios"] += self._one
        self._into()

    def _ask(self, event: Frame) -> None:
        if (said := self._flat(event)) is None:
            return
        call = _Waiting([_line(ASKED, said)], waits=event.exchange > 0 or self._asks(event))
        if call.waits:
            self._calls[self._key(event)] = call
        self._put(call)

    def _asks(self, event: Frame) -> bool:
        look = self._followed.look(event, self._mark)
        return any(item.kind == "request" or look.profile.asks(item.message) for item in look.items)

    def _answer(self, event: Frame) -> None:
        calls = [self._calls.pop(key) for key in self._answered(event) if key in self._calls]
        said = None if event.bodiless else self._flat(event)
        if calls and said is not None:
            calls[-1].lines.append(_line(ANSWERED, said))
        elif said is not None:
            self.lost["messages that answer no call"] += 1
        for call in calls:
            call.waits = False
        self._drain()

    def _answered(self, event: Frame) -> list[tuple[int, int]]:
        """The keys of the calls that a frame answers: over HTTP that of its exchange, unless it tells something else."""
        if event.exchange:
            messages = jsonrpc.parse(event.payload) if b'"method"' in event.payload else []
            told = any(message.kind in jsonrpc.CALLS for message in messages)
            return [] if told else [self._key(event)]
        look = self._followed.look(event, self._mark)
        return [(request.session, -request.mark) for request in look.requests if request.direction == "to_node"]

    def _key(self, event: Frame) -> tuple[int, int]:
        return event.session, event.exchange or -self._mark

    def _flat(self, event: Frame) -> bytes | None:
        said = flat(event)
        if said is None and event.opcode in PRINTED:
            self.lost["messages that are no line of text"] += 1
        return said

    def _put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        if len(self._queue) > OPEN_LIMIT:
            self._queue[0].waits = False
        self._drain()

    def _drain(self) -> None:
        while self._queue and not self._queue[0].waits:
            self._into().writelines(self._queue.popleft().lines)

    def _into(self) -> BinaryIO:
        if self._file is None:
            target = self._target
            if not self._one:
                name = self._names.make(self._scenario)
                self.lost["names of scenarios"] += name != self._scenario
                target = target / f"{name}{SUFFIX}"
            self._file = self._open.enter_context(self._stage.open(target))
        return self._file

    def end(self) -> None:
        """Write the calls that nothing answers, and end the file."""
        for waiting in self._queue:
            waiting.waits = False
        self._drain()
        self._calls.clear()
        self._open.close()
        self._file = None
