"""Renders a capture with a template: events in, text out, in constant memory.

Rule: pure but for reading templates; what the documents look like stands in `templates/` alone, what a template may
print in `views`. Order is the timeline's; an info line follows the frame that causes it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import jinja2

from recorder.errors import InputError
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Header, Note, Opened, Scenario, unnamed
from recorder.profiles import PROFILES, profile_of
from recorder.sessions import Requests, methods
from recorder.views import ClosedView, Dotted, FrameView, NoteView, OpenedView, View

if TYPE_CHECKING:  # most templates want none, and it brings the chain's libraries
    from recorder.profiles.aeternity.annotation import Annotation, Annotator

Split = Literal["scenario", "channel", "session"]

BEFORE = "before"
"""Where events go that stand before the first scenario."""

BATCH = 512
"""Pieces of text joined at once: templates make some eight small ones an event."""

SUFFIX = ".md.j2"

ANNOTATED = re.compile(r"\bannotation\b|{%[-+]?\s*(?:include|import|from|extends)\b")
"""In a template's source: it prints annotations, or may."""

MAX_NAME = 200
"""Bytes that the name of a transcript may have: files allow 255, with what is put around it."""

_UNSAFE = re.compile(r"[^\w. -]|^\.")


def data_folder(name: str) -> Path:
    """A folder of data that came with this package: inside an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name


_TEMPLATE_MISTAKES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What Python raises where a template asks for what cannot be."""


class _Environment(jinja2.Environment):
    # The built-in one calls a Python function for each attribute of each event: 70 instead of 112 MB/s.
    # Its fallback from attributes to keys is in views.Dotted, the only mapping a template sees.
    getattr = staticmethod(getattr)  # type: ignore[assignment]


@dataclass(frozen=True)
class Selection:
    """Which events to render; an empty field selects all.

    Args:
        parties: printed names.
        methods: shell patterns (`channels.*`); frames that call, push or answer such a
            method count, and nothing else.
        since: first moment, UTC in nanoseconds; events without a time always count.
        until: last moment.
    """

    parties: frozenset[str] = frozenset()
    methods: tuple[str, ...] = ()
    since: int = 0
    until: int = 0

    def wants(self, event: AnyEvent, party: str) -> bool:
        """Whether an event of this party counts, by everything but its methods."""
        return (not self.parties or not party or party in self.parties) and (
            not event.time or (event.time >= self.since and (not self.until or event.time <= self.until))
        )

    def wants_frame(self, frame: Frame, requests: Requests) -> bool:
        """Whether a frame counts by its methods."""
        return not self.methods or any(
            fnmatch.fnmatchcase(name, pattern) for name in methods(frame, requests) for pattern in self.methods
        )


def views(
    header: Header,
    events: Iterable[AnyEvent],
    selection: Selection | None = None,
    annotator: Annotator | None = None,
) -> Iterator[View]:
    """What is printed of a timeline, in its order; the annotator sees what is not printed, too."""
    timeline = _Timeline(header, selection or Selection())
    annotation: Annotation | None = None
    for event in events:
        if annotator is not None:
            annotation = annotator.see(event)
        if isinstance(event, Frame):
            if timeline.wants_frame(event):
                yield (view := timeline.frame(event, annotation))
                if line := timeline.info(event):
                    note = Note(time=event.time, party=view.party, text=line)
                    yield NoteView(note, event.session, view.party, view.node, view.scenario)
        elif (other := timeline.other(event)) is not None:
            other.annotation = annotation
            yield other


class _Timeline:
    """What is known at a place of the timeline: whose session is which, in which scenario."""

    def __init__(self, header: Header, selection: Selection) -> None:
        self._selection, self._selective = selection, selection != Selection()
        profile = profile_of(header)
        self.info = profile.info if header.info == "derived" else PROFILES["generic"].info
        self._requests = Requests()
        self._parties: dict[int, str] = {}
        self._sessions: dict[str, int] = {}
        self._node, self._scenario = header.node, ""

    def party(self, session: int) -> str:
        return self._parties.get(session) or unnamed(session)

    def wants_frame(self, frame: Frame) -> bool:
        return (
            frame.opcode in PRINTED
            and not frame.bodiless
            and not (
                self._selective
                and not (
                    self._selection.wants_frame(frame, self._requests)
                    and self._selection.wants(frame, self.party(frame.session))
                )
            )
        )

    def frame(self, frame: Frame, annotation: Annotation | None) -> FrameView:
        return FrameView(frame, frame.session, self.party(frame.session), self._node, self._scenario, annotation)

    def other(self, event: Opened | Closed | Note | Scenario) -> View | None:
        if isinstance(event, Scenario):
            self._scenario = event.name
            return None
        if isinstance(event, Note):
            kind: type[View] = NoteView
            session, party = self._sessions.get(event.party, 0), event.party
        else:
            if isinstance(event, Opened):
                self._parties[event.session] = event.party
                self._sessions[event.party] = event.session
                if not event.url.startswith("ws"):  # open before the capture began, or HTTP, which opens nothing
                    return None
            kind = OpenedView if isinstance(event, Opened) else ClosedView
            session, party = event.session, self.party(event.session)
        if self._selection.methods or not self._selection.wants(event, party):
            return None
        return kind(event, session, party, self._node, self._scenario)


class Template:
    """A template: one of the project's by name, or the user's own by path.

    Attributes:
        annotated: whether it (or a part it includes) prints annotations, which cost more than all the rest.

    Raises:
        InputError: there is no such template, or it has an error (with its line).
    """

    def __init__(self, name: str) -> None:
        folder = data_folder("templates")
        path = Path(name) if name.endswith(".j2") else folder / f"{name}{SUFFIX}"
        self.path = path
        environment = _Environment(
            loader=jinja2.FileSystemLoader(path.parent),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # Markdown: a transcript shows what was said
        )
        try:
            self._template = environment.get_template(path.name)
            source = environment.loader.get_source(environment, path.name)[0] if environment.loader else ""
            self.annotated = ANNOTATED.search(source) is not None
        except jinja2.TemplateNotFound as error:
            known = ", ".join(sorted(file.name.removesuffix(SUFFIX) for file in folder.glob(f"*{SUFFIX}")))
            raise InputError(
                f"no such template; there is {known}, or give the path of a .j2 file", file=name
            ) from error
        except jinja2.TemplateSyntaxError as error:
            raise InputError(str(error.message), file=error.filename or str(path), line=error.lineno) from error
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}", file=name) from error
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", file=name) from error

    def render(self, header: Header, items: Iterable[View]) -> Iterator[str]:
        """The text, piece by piece.

        Raises:
            InputError: the template asks for what is not there (with its line).
        """
        pieces = self._template.generate(header=header, meta=Dotted(header.meta), events=items)
        batch: list[str] = []
        try:
            for piece in pieces:
                batch.append(piece)
                if len(batch) >= BATCH:
                    yield "".join(batch)
                    batch.clear()
        except jinja2.TemplateSyntaxError as error:  # in a template that this one includes
            raise InputError(str(error.message), file=error.filename or str(self.path), line=error.lineno) from error
        except (jinja2.TemplateError, *_TEMPLATE_MISTAKES) as error:
            raise InputError(str(error), file=str(self.path), line=self._line(error)) from error
        yield "".join(batch)

    def _line(self, error: BaseException) -> int:
        """The template's line that an error came from; jinja2 puts it into the traceback."""
        trace, line = error.__traceback__, 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == str(self._template.filename):
                line = trace.tb_lineno
            trace = trace.tb_next
        return line


def split_by_scenario(items: Iterable[View]) -> Iterator[tuple[str, Iterator[View]]]:
    """Stretches of the timeline with their names; a scenario that comes again has its number behind its name."""
    names = _Names()
    for scenario, group in groupby(items, key=lambda view: view.scenario):
        yield names.make(scenario or BEFORE), group


class _Names:
    """Names of transcripts, each fit for a file and given once."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}

    def make(self, wanted: str) -> str:
        base = _UNSAFE.sub("_", wanted).encode(errors="replace")[:MAX_NAME].decode(errors="ignore")
        number = self._numbers.get(base, 0)
        name = ""
        while not name or name.casefold() in self._given:  # some file systems know no case
            number += 1
            name = base if number == 1 else f"{base}-{number}"
        self._numbers[base] = number
        self._given.add(name.casefold())
        return name


def session_names(header: Header, events: Iterable[AnyEvent], split: Split) -> dict[int, str]:
    """The name of the transcript that each session goes to: its own, or its channel's."""
    channel = profile_of(header).channel
    channels: dict[int, str] = {}
    parties: dict[int, str] = {}
    for event in events:
        if isinstance(event, Opened):
            parties[event.session] = event.party
        if isinstance(event, Opened | Frame | Closed) and not channels.get(event.session):
            channels[event.session] = channel(event) if split == "channel" and isinstance(event, Frame) else ""
    names = _Names()
    own = {session: f"{session}-{parties.get(session, 'client')}" for session in channels}
    made = {name: names.make(name) for name in dict.fromkeys(channels[s] or own[s] for s in channels)}
    return {session: made[name or own[session]] for session, name in channels.items()}
