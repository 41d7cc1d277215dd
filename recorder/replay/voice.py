"""What our ends say in one run: the live form of what was recorded, under live ids, with what is bound put in place.

Rule: the one place where a run's bindings are kept; a recorded frame is looked through once, for what may have to be
replaced in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from recorder import headers as http_headers
from recorder.bindings import Bindings, Kinds
from recorder.bindings.slots import Layout, fill, layout
from recorder.model import Frame, Opened
from recorder.profiles.base import Substitution
from recorder.replay.actions import Headers
from recorder.replay.live_urls import live_path
from recorder.replay.settings import Outcome, PlaySettings
from recorder.timeline import Part, Script, Step
from recorder.timeline.handed_out import HANDED


class Voice:
    """Makes live frames of recorded ones.

    Args:
        script: what was recorded.
        settings: how it is played.
        outcome: told what cannot be made.
    """

    def __init__(self, script: Script, settings: PlaySettings, outcome: Outcome) -> None:
        self._script, self._settings = script, settings
        self.bindings = Bindings(one_to_one=frozenset[str]().union(*(one.one_to_one for one in script.protocols)))
        self._kinds = {one.name: Kinds(one, script.handed, settings.rules.binding) for one in script.protocols}
        self._substitutions: dict[str, Substitution] = {
            one.name: one.substitution(
                script.identities_of(one), self.bindings, settings.keys, settings.network_id, outcome.notes.append
            )
            for one in script.protocols
        }
        self._layouts: dict[int, Layout] = {}
        self._live_ids: dict[int, bytes] = {}  # by the identity of a recorded request, the id that it came with
        self._heads = _heads(script)

    def kinds(self, session: int) -> Kinds:
        """Which values of a session are bound."""
        return self._kinds[self._script.profile(session).name]

    def substitution(self, session: int) -> Substitution:
        """The profile's part in a session."""
        return self._substitutions[self._script.profile(session).name]

    def came_with(self, part: Part, live_id: bytes) -> None:
        """A request has come with this id."""
        self._live_ids[id(part)] = live_id

    def head(self, session: int, exchange: int) -> tuple[int, Headers] | None:
        """Status and headers of the recorded answer in an exchange over HTTP; None where there was none."""
        return self._heads.get((session, exchange))

    def learn_headers(self, session: int, exchange: int, live: Headers) -> None:
        """Learn what an answer hands out in its headers."""
        came = {name.lower(): value for name, value in live}
        _status, recorded = self._heads.get((session, exchange), (0, ()))
        for name, value in recorded:
            if value in self._script.handed.texts and name.lower() in came:
                self.bindings.bind(HANDED, value, came[name.lower()])

    def frame(self, step: Step) -> bytes:
        """The live form of a whole frame; answers in it under the ids that their requests came with."""
        assert isinstance(step.event, Frame)
        first = step.parts[0]
        if first.number is None:
            return self.message(first, self._live_id(first))
        payload, found = step.event.payload, self._layout(step)
        pieces, at = [], 0
        for part, span in zip(step.parts, found.members, strict=True):
            pieces += [payload[at : span[0]], self.message(part, self._live_id(part))]
            at = span[1]
        return b"".join([*pieces, payload[at:]])

    def message(self, part: Part, live_id: bytes | None) -> bytes:
        """The live form of one message, under an id as the live end wrote it; None keeps the recorded one."""
        step = part.step
        assert isinstance(step.event, Frame)
        found = self._layout(step)
        span = found.members[part.number] if part.number is not None else None
        return fill(step.event.payload, found.slots, self.bindings, self.substitution(step.session), live_id, span)

    def headers(self, session: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]] = ()) -> Headers:
        """The headers that a party sends: as recorded, with what was handed out, and those that were given.

        Args:
            session: those that its session was opened with.
            own: those in which a request differs.
        """
        sent = http_headers.playable(http_headers.merged(session, own))
        live = [(name, str(self.bindings.get(HANDED, value) or value)) for name, value in sent]
        return tuple(http_headers.merged(live, self._settings.headers))

    def target(self, event: Opened) -> str:
        """The path and parameters that a party opens its session with."""
        return live_path(event.url, event.party, self.bindings, self.substitution(event.session))

    def _live_id(self, part: Part) -> bytes | None:
        return self._live_ids.get(id(part.request)) if part.request is not None else None

    def _layout(self, step: Step) -> Layout:
        found = self._layouts.get(step.index)
        if found is None:
            assert isinstance(step.event, Frame)
            methods = [part.method for part in step.parts]
            found = self._layouts[step.index] = layout(step.event.payload, self.kinds(step.session), methods)
        return found


def _heads(script: Script) -> dict[tuple[int, int], tuple[int, Headers]]:
    """Status and headers of each recorded answer over HTTP, by session and exchange."""
    found: dict[tuple[int, int], tuple[int, Headers]] = {}
    for step in script.steps:
        if step.exchange and step.direction == "from_node" and isinstance(step.event, Frame):
            found.setdefault((step.session, step.exchange), (step.event.status, tuple(step.event.headers)))
    return found
