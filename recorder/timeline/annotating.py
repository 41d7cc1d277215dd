"""The meaning of a timeline's events: each session's by its own protocol, told from its traffic.

Rule: events come in their order. What a protocol says of an event is its annotator's business; which protocol it is, and
what its messages answer, is decided here.
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
        keys: accounts by name, besides those that the traffic tells.
        network_ids: that transactions may be signed for, besides the usual ones.
        node: the printed name of the other end.

    Raises:
        InputError: a key is no account.
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
        """What an event means; None for one that holds no traffic.

        Args:
            event: of the timeline.
            look: of those who follow it themselves, what they know of a frame: then nobody looks at it twice.
        """
        self._followed.see(event)
        if isinstance(event, Opened):
            return self._open(event, self._followed.profile(event.session))
        if not isinstance(event, Frame):
            return None
        profile, answered = self._followed.profile(event.session) if look is None else look.profile, NOTHING
        if self._annotator(profile).heeds_answers:  # a second reading of the frame, for nothing where it does not
            look = look or self._followed.look(event)
            profile, answered = look.profile, look.answered
        opened = self._openings.get(event.session)
        if opened is not None and self._annotated_as.get(event.session) != profile.name:
            self._open(opened, profile)
        return self._annotator(profile).see(event, answered)

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Have a first look at a capture that can be read several times."""
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
