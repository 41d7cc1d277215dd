"""Annotates the events of a timeline, each session by its own protocol, which is detected from its traffic.

Rule: events come in order. The protocol's annotator makes the annotation; which protocol it is, and which requests a
frame answers, is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recorder.model import AnyEvent, Frame, Opened
from recorder.profiles import Profile
from recorder.profiles.annotation import Annotation
from recorder.profiles.parts import Annotator
from recorder.timeline.followed import Followed, Look

NOTHING: Sequence[str] = ()


class Annotations:
    """Annotates the events of a capture.

    Args:
        profile: the name of its profile, or `auto`.
        keys: accounts by name, besides those in the traffic.
        network_ids: that transactions may be signed for, besides the usual ones.
        node: the printed name of the other end.

    Raises:
        InputError: a key is not an account.
    """

    def __init__(
        self,
        profile: str,
        keys: Mapping[str, str] | None = None,
        network_ids: Iterable[str] = (),
        *,
        node: str = "node",
    ) -> None:
        self._followed = Followed(profile)
        self._keys, self._network_ids, self._node = dict(keys or {}), tuple(network_ids), node
        self._annotators: dict[str, Annotator] = {}
        self._openings: dict[int, Opened] = {}
        self._annotated_as: dict[int, str] = {}  # the protocol that a session's opening was annotated as
        self._scanned: list[Iterable[AnyEvent]] = []

    def see(self, event: AnyEvent, look: Look | None = None) -> Annotation | None:
        """The annotation of an event; None if it is not traffic.

        Args:
            event: of the timeline.
            look: the caller's look at a frame, if it follows the timeline itself; so no frame is read twice.
        """
        self._followed.see(event)
        if isinstance(event, Opened):
            return self._open(event, self._followed.profile(event.session))
        if not isinstance(event, Frame):
            return None
        profile, answered = self._followed.profile(event.session) if look is None else look.profile, NOTHING
        if self._annotator(profile).heeds_answers:  # saves a second reading of the frame
            look = look or self._followed.look(event)
            profile, answered = look.profile, look.answered
        opened = self._openings.get(event.session)
        if opened is not None and self._annotated_as.get(event.session) != profile.name:
            self._open(opened, profile)
        return self._annotator(profile).see(event, answered)

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Read a capture ahead, if it can be read several times."""
        self._scanned.append(events)

    def _open(self, event: Opened, profile: Profile) -> Annotation | None:
        self._openings[event.session], self._annotated_as[event.session] = event, profile.name
        return self._annotator(profile).see(event)

    def _annotator(self, profile: Profile) -> Annotator:
        found = self._annotators.get(profile.name)
        if found is None:
            found = profile.annotator(self._keys, self._network_ids, node=self._node)
            self._annotators[profile.name] = found
            for events in self._scanned:
                found.scan(events)
        return found
