"""Selects the events of a capture to print, in order, with what is known of each at its place.

Rule: pure, and in constant memory. The order is that of the timeline; an info line follows the frame that causes it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from recorder.close_codes import NORMAL
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Header, Note, Opened, Refused, Scenario, unnamed
from recorder.rules import PathPattern, globbed
from recorder.settings import STDIO
from recorder.timeline.followed import Followed, Look, Request
from recorder.timeline.refusals import by_node, refuses
from recorder.timeline.urls import carrier, parts
from recorder.timeline.words import called_by
from recorder.transcript.view import (
    ClosedView,
    EndedView,
    FrameView,
    NoteView,
    OpenedView,
    RefusedView,
    UnansweredView,
    View,
)

if TYPE_CHECKING:  # most templates want none
    from recorder.profiles.annotation import Annotation
    from recorder.timeline.annotating import Annotations
    from recorder.transcript.excerpt import Cutting

T = TypeVar("T", bound=AnyEvent)
Other = Opened | Closed | Refused | Note | Scenario


@dataclass(frozen=True)
class Selection:
    """Which events to render; an empty field selects all.

    Args:
        parties: printed names.
        methods: names, with `*` for anything (`eth_get*`); frames that call, push or answer such a method count, and
            nothing else.
        since: first moment, UTC in nanoseconds; events without a time always count.
        until: last moment.
        first: first line of the capture.
        last: last line of it.
        lines: the lines that count, where not all in between do.
        scenario: its name; every stretch of this name counts.
    """

    parties: frozenset[str] = frozenset()
    methods: tuple[str, ...] = ()
    since: int = 0
    until: int = 0
    first: int = 0
    last: int = 0
    lines: Container[int] | None = None
    scenario: str = ""

    def reaches(self, line: int, scenario: str) -> bool:
        """Whether it reaches to a line of the capture, which is in this scenario."""
        within = self.first <= line and (not self.last or line <= self.last)
        return within and self.scenario in {"", scenario} and (self.lines is None or line in self.lines)

    def wants_call(self, request: Request, party: str) -> bool:
        """Whether a call of this party counts."""
        return self.wants(request, party) and self._wants_method([request.method])

    def wants(self, event: AnyEvent | Request, party: str) -> bool:
        """Whether an event of this party counts, by everything but its methods."""
        return (not self.parties or not party or party in self.parties) and (
            not event.time or (event.time >= self.since and (not self.until or event.time <= self.until))
        )

    def wants_look(self, look: Look) -> bool:
        """Whether a frame counts by its methods."""
        return self._wants_method(look.methods)

    def _wants_method(self, names: Sequence[str]) -> bool:
        return not self.methods or any(globbed(one).fullmatch(name) for name in names for one in self.methods)


@dataclass(frozen=True)
class Excerpt:
    """How much is shown.

    Args:
        elide: characters that are left of a long text that nobody reads: an identifier, a hash, an encoded text; 0 for
            all of them.
        show: paths; of a message only what is there is shown, and what leads there. None for all.
        drop: paths; what is there is left out.
        alias: whether names stand in the place of accounts and of what is handed out.

    Paths are those of rules, and may begin at any depth.
    """

    elide: int = 0
    show: tuple[PathPattern, ...] = ()
    drop: tuple[PathPattern, ...] = ()
    alias: bool = False


WHOLE = Excerpt()


def views(
    header: Header,
    events: Iterable[AnyEvent],
    selection: Selection | None = None,
    annotations: Annotations | None = None,
    cutting: Cutting | None = None,
    *,
    follow: bool = True,
    unanswered: bool = False,
) -> Iterator[View]:
    """What is printed of a timeline, in its order.

    Args:
        header: of the capture.
        events: of the capture.
        selection: which of them are printed.
        annotations: see what is not printed, too.
        cutting: makes the excerpt.
        follow: whether what answers what will be asked of annotated views: a look at each frame tells it.
        unanswered: whether calls without an answer are printed where their HTTP answer has none, their session ends, or
            the timeline, which must be given whole; for annotated views that follow it.
    """
    wanted = selection or Selection()
    timeline = _Timeline(header, wanted, cutting)
    annotation: Annotation | None = None
    for line, event in enumerate(events, 2):
        look = None
        if isinstance(event, Frame) and (wanted.methods or (follow and annotations is not None)):
            look = timeline.look(event, line)
        if annotations is not None:
            annotation = annotations.see(event, look)
            annotation = annotation if cutting is None else cutting.meaning(annotation)
        if isinstance(event, Frame):
            left = look.left if unanswered and look is not None else ()
            if not timeline.wants_frame(event, look) or not timeline.reaches(line):
                yield from timeline.unanswered(left)
                continue
            if refuses(event):
                yield timeline.at(timeline.refusal(event))
            else:
                yield timeline.at(view := timeline.frame(event, annotation, look, line))
                if info := timeline.info(event):
                    note = Note(time=event.time, party=view.party, text=info)
                    yield timeline.at(NoteView(note, event.session, view.party, view.node, view.scenario))
            yield from timeline.unanswered(left)
        else:
            yield from timeline.others(event, line, annotation, unanswered=unanswered)
    if unanswered:
        yield from timeline.unanswered(timeline.waiting())


class _Timeline:
    """What is known at a place of the timeline: whose session is which, in which scenario."""

    def __init__(self, header: Header, selection: Selection, cutting: Cutting | None) -> None:
        self._cutting = cutting
        self._selection, self._selective = selection, selection != Selection()
        self._derived = header.info == "derived"
        self._followed = Followed(header.profile)
        self._parties: dict[int, str] = {}
        self._sessions: dict[str, int] = {}
        self._carriers: dict[int, str] = {}
        self._addresses: dict[int, str] = {}
        self._node, self._scenario = header.node, ""

    def party(self, session: int) -> str:
        return self._parties.get(session) or unnamed(session)

    def at(self, view: View) -> View:
        """The view, with the address of its node."""
        view.address = self._addresses.get(view.session, "")
        return view

    def look(self, frame: Frame, line: int) -> Look:
        """What is known of a frame when it passes; calls have their lines as marks."""
        return self._followed.look(frame, line)

    def reaches(self, line: int) -> bool:
        """Whether the selection reaches to a line of what goes on now."""
        return self._selection.reaches(line, self._scenario)

    def wants_frame(self, frame: Frame, look: Look | None) -> bool:
        if frame.opcode not in PRINTED or (frame.bodiless and not (refuses(frame) and by_node(frame))):
            return False
        if look is not None and not self._selection.wants_look(look):
            return False
        return not self._selective or self._selection.wants(frame, self.party(frame.session))

    def info(self, frame: Frame) -> str:
        """The line of the documents that follows a frame."""
        return self._followed.profile(frame.session).info(frame) if self._derived else ""

    def frame(self, frame: Frame, annotation: Annotation | None, look: Look | None, line: int) -> FrameView:
        shown, party = self._shown(frame), self.party(frame.session)
        return FrameView(shown, frame.session, party, self._node, self._scenario, annotation, frame, look, line)

    def refusal(self, frame: Frame) -> RefusedView:
        return RefusedView(self._shown(frame), frame.session, self.party(frame.session), self._node, self._scenario)

    def waiting(self, session: int | None = None) -> Sequence[Request]:
        """The open calls: all, or those of a session."""
        return self._followed.waiting(session)

    def unanswered(self, requests: Iterable[Request]) -> Iterator[View]:
        """Those of some calls without an answer that are printed."""
        for request in requests:
            party = self.party(request.session)
            if self.reaches(request.mark) and self._selection.wants_call(request, party):
                call = called_by(request) if self._cutting is None else request.method  # an excerpt leaves params out
                yield self.at(UnansweredView(request, call, party, self._node, self._scenario))

    def _shown(self, event: T) -> T:
        return event if self._cutting is None else self._cutting.event(event)

    def others(self, event: Other, line: int, annotation: Annotation | None, *, unanswered: bool) -> Iterator[View]:
        """What is printed at an event that is no frame."""
        if unanswered and isinstance(event, Closed):
            yield from self.unanswered(self.waiting(event.session))
        if (view := self.other(event)) is not None and self.reaches(line):
            view.annotation = annotation
            yield self.at(view)

    def other(self, event: Other) -> View | None:
        """What is printed of an event that is no frame; None for nothing."""
        self._followed.see(event)
        if isinstance(event, Scenario):
            self._scenario = event.name
            return None
        if isinstance(event, Note):
            kind: type[View] = NoteView
            self._addresses[0] = ""
            session, party = self._sessions.get(event.party, 0), event.party
        elif isinstance(event, Refused):
            kind, session, party = RefusedView, 0, event.party
            self._addresses[0] = parts(event.url).netloc
        else:
            if isinstance(event, Opened):
                self._parties[event.session] = event.party
                self._sessions[event.party] = event.session
                self._addresses[event.session] = parts(event.url).netloc
                self._carriers[event.session] = carrier(event.url)
                if not event.url:  # open before the capture began
                    return None
            kind = OpenedView if isinstance(event, Opened) else ClosedView
            if (over := self._carriers.get(event.session)) in {"http", STDIO}:
                if over == "http" or isinstance(event, Opened) or event.code == NORMAL:
                    return None  # documents do not say when these begin and end
                kind = EndedView
            session, party = event.session, self.party(event.session)
        if self._selection.methods or not self._selection.wants(event, party):
            return None
        return kind(self._shown(event), session, party, self._node, self._scenario)
