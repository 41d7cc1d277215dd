"""A copy of a capture that can be published and still plays: everything that identifies somebody is replaced.

Rule: pure, and the same capture always gives the same copy. A value has one replacement everywhere, of the same size and
look. Methods, amounts, order and error messages stay; times are relative to the first event. The profile replaces what
is encoded. Ids are replaced wherever a comparison binds them, so that `diff` finds both captures equal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote_plus, unquote_plus

import msgspec

from recorder import __version__
from recorder.alike import alike
from recorder.bindings import Bindings, Kinds
from recorder.bindings.bound import bound
from recorder.bindings.slots import fill, layout
from recorder.capture import FORMAT, in_its_place
from recorder.errors import DecodeError
from recorder.masking import Masking
from recorder.model import SECOND, AnyEvent, Closed, Frame, Header, Note, Opened, Refused, Scenario, marked
from recorder.profiles import GENERIC, Profile
from recorder.profiles.parts import ID, Played, Substitution
from recorder.timeline import Step, read, urls
from recorder.timeline.handed_out import opaque
from recorder.timeline.script import said

LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - names of this machine, not to listen on
"""Hosts that identify nobody: they stay in bodies, where they may be part of the node's own messages."""

_HOSTS = frozenset({"host", "origin", "referer"})


class Anonymised:
    """The anonymised copy of a capture.

    Args:
        header: of the capture.
        events: of the capture.
        masking: further secrets to mask.
        file: its name, for messages.
    """

    def __init__(self, header: Header, events: Iterable[AnyEvent], masking: Masking, file: str = "capture") -> None:
        self._events = [*map(masking.event, events)]
        self._script = read(header, self._events, file)
        self.notes: list[str] = []
        self._ids = self._script.handed.texts | {*filter(opaque, bound(self._script).texts)}
        self._bindings = Bindings()
        self._alike: dict[str, str] = {}
        self._hosts = {host: f"node-{number}.example" for number, host in enumerate(self._named(header), 1)}
        self._substitutions = {profile.name: self._substitution(profile) for profile in self._script.protocols}
        self._kinds = {profile.name: Kinds(profile, self._script.handed) for profile in self._script.protocols}
        self.header = Header(
            format=FORMAT,
            run=hashlib.sha256(b"anonymised").hexdigest()[:32],
            recorder=__version__,
            profile=header.profile,
            node=header.node,
            upstreams=[self._url(url) for url in header.upstreams],
            info=header.info,
        )

    def __iter__(self) -> Iterator[AnyEvent]:
        """The anonymised events."""
        steps = {id(step.event): step for step in self._script.steps}
        first = min((event.time for event in self._events if event.time), default=0)
        for event in self._events:
            made = self._event(event, steps.get(id(event)))
            moved = {"time": event.time - first + SECOND} if event.time else {}
            if isinstance(event, Opened) and event.asked:
                moved["asked"] = max(1, event.asked - first + SECOND)
            yield msgspec.structs.replace(made, **moved)

    @property
    def replaced(self) -> int:
        """How many values have been replaced so far."""
        bound = {(recorded, live) for _kind, recorded, live in self._bindings.changed()}
        return len(bound | {*self._alike.items()})

    def _substitution(self, profile: Profile) -> Substitution:
        script = self._script
        played = Played(script.identities_of(profile), self._bindings, {}, "", self.notes.append)
        return profile.anonymous(said(script.steps, script.parties, profile), played, Bindings)

    def _named(self, header: Header) -> list[str]:
        """The hosts of all nodes, in order."""
        opened = [event.url for event in self._events if isinstance(event, Opened | Refused)]
        nodes = (url for url in (*header.upstreams, *opened) if not urls.is_stdio(url))
        hosts = [_host(urls.parts(url).netloc) for url in nodes]
        told = [urls.query(url).get("host", "") for url in opened]
        return [*dict.fromkeys(filter(None, hosts + told))]

    def _event(self, event: AnyEvent, step: Step | None) -> AnyEvent:
        first = self._script.protocols[0]  # of what belongs to no session
        profile = self._script.profile(event.session) if isinstance(event, Opened | Frame | Closed) else first
        if isinstance(event, Opened | Refused):
            headers = self._headers(event.headers, profile)
            made = msgspec.structs.replace(event, url=self._url(event.url, profile), headers=headers)
            if isinstance(made, Refused):
                return made
            return msgspec.structs.replace(made, answer=self._headers(made.answer, profile))
        if isinstance(event, Frame):
            headers, asked = (self._headers(pairs, profile) for pairs in (event.headers, event.request_headers))
            anonymous = msgspec.structs.replace(event, headers=headers, request_headers=asked)
            return in_its_place(anonymous, self._body(event.payload, step, profile))
        if isinstance(event, Closed):
            return msgspec.structs.replace(event, reason=self._words(event.reason))
        if isinstance(event, Note):
            return msgspec.structs.replace(event, text=self._words(event.text))
        assert isinstance(event, Scenario)
        return event

    def _body(self, payload: bytes, step: Step | None, profile: Profile) -> bytes:
        if step is not None and step.endpoint:
            return self._url(step.endpoint, profile).encode()
        kinds, methods = self._kinds[profile.name], [part.method for part in step.parts] if step is not None else []
        slots = layout(payload, kinds, methods).slots
        for slot in slots:
            if isinstance(slot.value, str) and self._is_replaced(slot.kind, slot.value, profile) and not slot.encoded:
                self._bindings.bind(slot.kind, slot.value, self._value(slot.value, profile))
        made = fill(payload, slots, self._bindings, self._substitutions[profile.name])
        for host, other in self._hosts.items():
            if host not in LOCAL and host.encode() in made:
                made = _as_word(host).sub(other.encode(), made)
        return made

    def _is_replaced(self, kind: str, value: str, profile: Profile) -> bool:
        return kind not in {"", ID} and not marked(value) and (value in self._ids or kind in profile.one_to_one)

    def _url(self, url: str, profile: Profile = GENERIC) -> str:
        before, mark, query = url.partition("?")
        scheme, slashes, rest = before.partition("://") if "://" in before else ("", "", before)
        netloc, slash, path = rest.partition("/")
        segments = "/".join(self._value(segment, profile) for segment in path.split("/"))
        pairs = (pair.partition("=") for pair in query.split("&"))
        made = "&".join(f"{name}{sign}{self._quoted(value, profile)}" for name, sign, value in pairs)
        return f"{scheme}{slashes}{self._at(netloc)}{slash}{segments}{mark}{made}"

    def _quoted(self, value: str, profile: Profile) -> str:
        plain = unquote_plus(value)
        made = self._value(plain, profile)
        return value if made == plain else quote_plus(made)

    def _value(self, value: str, profile: Profile) -> str:
        """The replacement of a whole value: of a parameter, a header, a path."""
        substitution = self._substitutions.get(profile.name)
        made = value if substitution is None else substitution.text(value)
        if made != value or marked(value) or _is_encoded(value, profile):
            return made
        return self._other(value) if value in self._ids else self._hosts.get(value, value)

    def _headers(self, pairs: Iterable[tuple[str, str]], profile: Profile) -> list[tuple[str, str]]:
        return [
            (name, self._words(value) if name.lower() in _HOSTS else self._value(value, profile))
            for name, value in pairs
        ]

    def _at(self, netloc: str) -> str:
        host = _host(netloc)
        return (
            netloc.replace(f"[{host}]" if ":" in host else host, self._hosts[host]) if host in self._hosts else netloc
        )

    def _words(self, text: str) -> str:
        """A text with its encoded texts and hosts replaced."""
        data = text.encode()
        for profile in self._script.protocols:
            if profile.encoded is not None:
                data = profile.encoded.sub(self._encoded(self._substitutions[profile.name]), data)
        for host, other in self._hosts.items():
            data = _as_word(host).sub(other.encode(), data)
        return data.decode()

    def _encoded(self, substitution: Substitution) -> Callable[[re.Match[bytes]], bytes]:
        return lambda found: substitution.text(found[0].decode()).encode()

    def _other(self, text: str) -> str:
        """The replacement of an opaque value: of the same size, from the same letters."""
        known = self._alike.get(text)
        if known is None:
            known = self._alike[text] = alike(text, len(self._alike) + 1)
        return known


def _is_encoded(text: str, profile: Profile) -> bool:
    try:
        profile.decode(text)
    except DecodeError:
        return False
    return True


def _host(netloc: str) -> str:
    found = re.fullmatch(r"(?:[^@]*@)?(?:\[([^\]]*)\]|([^:]*))(?::\d*)?", netloc)
    return (found[1] or found[2]) if found else ""


def _as_word(host: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w.-])" + re.escape(host.encode()) + rb"(?![\w-])")
