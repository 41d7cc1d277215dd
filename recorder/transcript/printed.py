"""What is printed of a capture: which events, in which order, with what is known of them at their place.

Rule: pure, and in constant memory. Order is the timeline's; an info line follows the frame that causes it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.model import PRINTED, AnyEvent, Closed, Frame, Header, Note, Opened, Refused, Scenario, unnamed
from recorder.timeline.refusals import refuses
from recorder.timeline.urls import carrier, parts
from recorder.timeline.words import Followed
from recorder.transcript.view import ClosedView, FrameView, NoteView, OpenedView, RefusedView, View

if TYPE_CHECKING:  # most templates want none
    from recorder.profiles.annotation import Annotation
    from recorder.timeline.annotating import Annotations


@dataclass(frozen=True)
class Selection:
    """Which events to render; an empty field selects all.

    Args:
        parties: printed names.
        methods: shell patterns (`eth_get*`); frames that call, push or answer such a
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

    def wants_frame(self, frame: Frame, followed: Followed) -> bool:
        """Whether a frame counts by its methods."""
        return not self.methods or any(
            fnmatch.fnmatchcase(name, pattern) for name in followed.look(frame).methods for pattern in self.methods
        )


def views(
    header: Header,
    events: Iterable[AnyEvent],
    selection: Selection | None = None,
    annotations: Annotations | None = None,
) -> Iterator[View]:
    """What is printed of a timeline, in its order; annotations see what is not printed, too."""
    timeline = _Timeline(header, selection or Selection())
    annotation: Annotation | None = None
    for event in events:
        if annotations is not None:
            annotation = annotations.see(event)
        if isinstance(event, Frame):
            if timeline.wants_frame(event) and refuses(event):
                yield timeline.at(timeline.refusal(event))
            elif timeline.wants_frame(event):
                yield timeline.at(view := timeline.frame(event, annotation))
                if line := timeline.info(event):
                    note = Note(time=event.time, party=view.party, text=line)
                    yield timeline.at(NoteView(note, event.session, view.party, view.node, view.scenario))
        elif (other := timeline.other(event)) is not None:
            other.annotation = annotation
            yield timeline.at(other)


class _Timeline:
    """What is known at a place of the timeline: whose session is which, in which scenario."""

    def __init__(self, header: Header, selection: Selection) -> None:
        self._selection, self._selective = selection, selection != Selection()
        self._derived = header.info == "derived"
        self._followed = Followed(header.profile)
        self._parties: dict[int, str] = {}
        self._sessions: dict[str, int] = {}
        self._no_websockets: set[int] = set()  # over HTTP or pipes: documents do not say when these begin and end
        self._addresses: dict[int, str] = {}
        self._node, self._scenario = header.node, ""

    def party(self, session: int) -> str:
        return self._parties.get(session) or unnamed(session)

    def at(self, view: View) -> View:
        """The view, with the address of its node."""
        view.address = self._addresses.get(view.session, "")
        return view

    def wants_frame(self, frame: Frame) -> bool:
        return (
            frame.opcode in PRINTED
            and not frame.bodiless
            and not (
                self._selective
                and not (
                    self._selection.wants_frame(frame, self._followed)
                    and self._selection.wants(frame, self.party(frame.session))
                )
            )
        )

    def info(self, frame: Frame) -> str:
        """The line of the documents that follows a frame."""
        return self._followed.profile(frame.session).info(frame) if self._derived else ""

    def frame(self, frame: Frame, annotation: Annotation | None) -> FrameView:
        return FrameView(frame, frame.session, self.party(frame.session), self._node, self._scenario, annotation)

    def refusal(self, frame: Frame) -> RefusedView:
        return RefusedView(frame, frame.session, self.party(frame.session), self._node, self._scenario)

    def other(self, event: Opened | Closed | Refused | Note | Scenario) -> View | None:
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
                if carrier(event.url) in {"http", "stdio"}:
                    self._no_websockets.add(event.session)
                if not event.url:  # open before the capture began
                    return None
            if event.session in self._no_websockets:
                return None
            kind = OpenedView if isinstance(event, Opened) else ClosedView
            session, party = event.session, self.party(event.session)
        if self._selection.methods or not self._selection.wants(event, party):
            return None
        return kind(event, session, party, self._node, self._scenario)
