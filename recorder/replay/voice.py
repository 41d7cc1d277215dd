"""Makes the live frames of our ends in one run: recorded frames with live ids and bound values.

Rule: the bindings of a run are kept only here; a recorded frame is searched once for values to replace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recorder import headers as http_headers
from recorder.bindings import Bindings
from recorder.bindings.slots import fill
from recorder.headers import Headers
from recorder.model import MARK, Frame, Opened, marked
from recorder.profiles.parts import Played, Substitution
from recorder.replay.live_urls import live_path
from recorder.replay.plan import Plan
from recorder.replay.settings import Outcome
from recorder.replay.told import COOKIE, exchange_headers, learn_headers
from recorder.timeline import Part, Step, urls
from recorder.timeline.handed_out import HANDED

GUILLEMET = "«".encode()
SUBPROTOCOL = f"{http_headers.WEBSOCKET}protocol"
JSON: Headers = (("content-type", "application/json"),)


class Voice:
    """Makes live frames of recorded ones.

    Args:
        plan: what is played, and how.
        outcome: gets a note about each value that cannot be made, or that is masked.
    """

    def __init__(self, plan: Plan, outcome: Outcome) -> None:
        self._plan, self._outcome = plan, outcome
        script, settings = plan.script, plan.settings
        self.bindings = Bindings(
            plan.given, one_to_one=frozenset[str]().union(*(one.one_to_one for one in script.protocols))
        )
        self._substitutions: dict[str, Substitution] = {
            one.name: one.substitution(
                Played(
                    script.identities_of(one), self.bindings, settings.keys, settings.network_id, outcome.notes.append
                )
            )
            for one in script.protocols
        }
        self._give(settings.secrets)
        self._credentials = script.credentials
        self._live_ids: dict[int, bytes] = {}  # by the identity of a recorded request, the id that it came with

    def substitution(self, session: int) -> Substitution:
        """The profile's part in a session."""
        return self._substitutions[self._plan.script.profile(session).name]

    def pong(self, session: int) -> Any:
        """The node's answer to a ping of a party."""
        script = self._plan.script
        profile = script.profile(session)
        frames = (one.event for one in script.steps if one.session == session and isinstance(one.event, Frame))
        channel = next(filter(None, map(profile.channel, frames)), "")
        return profile.pong(self.substitution(session).text(channel))

    def came_with(self, part: Part, live_id: bytes) -> None:
        """A request has come with this id."""
        self._live_ids[id(part)] = live_id

    def may_be(self, part: Part, live_id: bytes) -> bool:
        """Whether a request has come with this id, or is still to come."""
        return self._live_ids.get(id(part), live_id) == live_id

    def passed(self, part: Part) -> None:
        """A recorded message has passed, in its live form: what follows from it is bound."""
        self.substitution(part.step.session).matched(self._plan.gist(part))
        for mark, recorded in self._credentials.items():
            if (live := self.bindings.get(HANDED, recorded)) is not None:
                self.bindings.bind(HANDED, mark, live)

    def learn_headers(self, session: int, exchange: int, live: Headers) -> None:
        """Learn what an answer hands out in its headers."""
        _status, recorded = self._plan.head(session, exchange) or (0, ())
        learn_headers(recorded, live, self._plan.script.handed.texts, self.bindings)

    def gave(self, recorded: Iterable[tuple[str, str]], live: Headers) -> None:
        """Our node has answered a handshake with these headers before it was known that the session is this one."""
        exchange_headers(recorded, live, self._plan.script.handed.texts, self.bindings)

    def _give(self, secrets: Mapping[str, str]) -> None:
        """Bind what was masked to what was given: a mark alone, and each text that has one in it."""
        texts = [text for text in self._plan.script.handed.texts if isinstance(text, str)] if secrets else []
        for text in {*secrets, *filter(marked, texts)}:
            live = MARK.sub(lambda found: secrets.get(found[0], found[0]), text)
            if live != text:
                self.bindings.rebind(HANDED, text, live)

    def frame(self, step: Step) -> bytes:
        """The live form of a whole frame; answers in it under the ids that their requests came with."""
        payload = self._frame(step)
        if step.direction == "to_node" and GUILLEMET in payload:
            for mark in MARK.findall(payload.decode(errors="replace")):
                self._say_masked(step, mark)
        return payload

    def _say_masked(self, step: Step, mark: str) -> None:
        """Note that a mark is sent: once, and which of its frames have one."""
        if mark not in self._outcome.masked.values():
            self._outcome.notes.append(
                f"{self._plan.script.file}:{step.line}: {step.name} was sent with {mark}; --secret '{mark[1:-1]}=…' gives "
                "what it stands for"
            )
        self._outcome.masked.setdefault(step.line, mark)

    def _frame(self, step: Step) -> bytes:
        assert isinstance(step.event, Frame)
        first = step.parts[0]
        if first.number is None:
            return self.message(first, self._live_id(first))
        payload, found = step.event.payload, self._plan.layout(step)
        pieces, at = [], 0
        for part, span in zip(step.parts, found.members, strict=True):
            pieces += [payload[at : span[0]], self.message(part, self._live_id(part))]
            at = span[1]
        return b"".join([*pieces, payload[at:]])

    def message(self, part: Part, live_id: bytes | None) -> bytes:
        """The live form of one message, under an id as the live end wrote it; None keeps the recorded one.

        Over HTTP an answer may have been recorded under another id than its request's: it keeps that.
        """
        step = part.step
        if live_id is not None and step.exchange and (asked := _asked(part)) and not self._plan.echoes(part, asked):
            live_id = None
        assert isinstance(step.event, Frame)
        found = self._plan.layout(step)
        span = found.members[part.number] if part.number is not None else None
        substitution = self.substitution(step.session)
        slots = found.plain if self.bindings.plain and not substitution.signs else found.slots
        return fill(step.event.payload, slots, self.bindings, substitution, live_id, span)

    def headers(self, session: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]] = ()) -> Headers:
        """The headers that a party sends: as recorded, with what was handed out, and those that were given.

        A request that was recorded without a header of its session is sent without it, and so is one without a header
        that other requests of the capture have, or with the name of a session to which the live node has given none.

        Args:
            session: those that its session was opened with.
            own: those in which a request differs.
        """
        recorded = http_headers.merged(session, own)
        absent = self._plan.sent_headers - {name.lower() for name, _value in recorded}
        live = http_headers.playable(
            (name, self._live(name, self._with_cookies(name, value)))
            for name, value in recorded
            if not self._names_nothing(name, value)
        )
        given = (pair for pair in self._plan.settings.headers if pair[0].lower() not in {*absent, SUBPROTOCOL})
        return tuple(http_headers.merged(live, given))

    def subprotocols(self, event: Opened) -> tuple[str, ...]:
        """What a party offers in its handshake: what is given, else as recorded, with what was handed out."""
        wanted = self._plan.settings.headers, event.headers, [(SUBPROTOCOL, event.subprotocol)]
        offered = next(filter(None, (http_headers.header_value(pairs, SUBPROTOCOL) for pairs in wanted)), "")
        live = (self._handed(one.strip()) for one in offered.split(","))
        return tuple(one for one in live if one and not marked(one))

    def _names_nothing(self, name: str, value: str) -> bool:
        """Whether it names a session as the recorded node did, where the live one has given it no name."""
        script = self._plan.script
        names = (one.session_header.lower() for one in script.protocols)
        return name.lower() in names and value in script.handed.texts and self.bindings.get(HANDED, value) is None

    def _live(self, name: str, value: str) -> str:
        """The value of a header with what was handed out: all of it, or credentials behind their scheme."""
        scheme, rest = http_headers.credentials_of(name, value)
        return f"{scheme}{self._handed(rest)}"

    def _handed(self, value: str) -> str:
        """A text that was handed out as it is now; else as it was, with the secrets that its marks stand for."""
        if (live := self.bindings.get(HANDED, value)) is not None:
            return str(live)
        return MARK.sub(lambda found: str(self.bindings.get(HANDED, found[0]) or found[0]), value)

    def posted(self, frame: Frame, opening: Opened | None) -> Headers:
        """The headers that a party posts a frame with, in a session that was opened so; none where it posts nothing.

        A body is JSON where no header was recorded that says what it is.
        """
        if not frame.exchange and (opening is None or not urls.is_http(opening.url)):
            return ()
        session = opening.headers if opening is not None else ()
        told = frame.query or any(name.lower() == "content-type" for name, _value in (*session, *frame.headers))
        return (*self.headers(session, frame.headers), *(() if told else JSON))

    def _with_cookies(self, name: str, value: str) -> str:
        """The value of a header; cookies in it as the live node has set them, without those that nobody has told."""
        if name.lower() != "cookie":
            return value
        pairs = (pair.strip().partition("=") for pair in value.split(";"))
        live = (f"{key}{sign}{self.bindings.get(COOKIE, one) or self._handed(one)}" for key, sign, one in pairs)
        return "; ".join(pair for pair in live if not marked(pair)) or value

    def target(self, event: Opened) -> str:
        """The path and parameters that a party opens its session with."""
        return live_path(event.url, event.party, self.bindings, self.substitution(event.session))

    def _live_id(self, part: Part) -> bytes | None:
        asked = _asked(part)
        return self._live_ids.get(id(asked)) if asked is not None else None


def _asked(part: Part) -> Part | None:
    """The request that a message answers, be it not for the last time."""
    return part.request or (None if part.asks else part.caused_by)
