"""What was recorded, by what it is about and how it is built: what examples are held against.

Rule: fed once with every event, in order; a frame costs one walk through its values. Frames that are built alike are a
group, with the first of them as it was; of the others stays where they are, who was who in them, and words they say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.difference import Path
from recorder.jsonrpc import value_of
from recorder.model import PRINTED, AnyEvent, Direction, Frame, Opened
from recorder.profiles import GENERIC, Profile
from recorder.timeline import urls
from recorder.timeline.exchanges import kind_of
from recorder.timeline.words import Followed, label_of

Key = tuple[str, Any]
"""What a message is about: `("call", method)`, `("result", method of the request)`, `("error", its codes)`."""

Token = str | int
"""Whose an id is: the parameter of the session's URL that gives it; else the number of its first place in the frame."""

Bonds = tuple[tuple[Path, Token], ...]
"""The ids of a message: where each stands, and whose it is."""

FRAMES, BONDS, WORDS = 64, 256, 64
"""Frames of a group, ways to be bound in it, and words of a name that are remembered."""

CLOSED_LABELS, CLOSED_TIMES = 3, 10
"""Words are all that there are where they stand in so many messages, and each so many times on average."""

WORD = re.compile(r"[A-Za-z][\w.-]{1,60}")


class At(NamedTuple):
    """Where a frame was recorded, and by whose session."""

    capture: str
    line: int
    party: str

    def __str__(self) -> str:
        return f"{self.capture}:{self.line}"


@dataclass(eq=False)
class Group:
    """Messages that are built alike.

    Args:
        key: what they are about.
        label: their method, with what tells them apart.
        direction: who sent them.
        profile: what they mean.
        value: the first of them.
        frames: the first of them, and where they are.
        bonds: how the ids in them belong together, each with the party and the first frame.
        count: how many there are.
    """

    key: Key
    label: str
    direction: Direction
    profile: Profile
    value: Any
    frames: list[At] = field(default_factory=list)
    bonds: dict[tuple[str, Bonds], At] = field(default_factory=dict)
    count: int = 0


class Opening(NamedTuple):
    """A session's opening: its path, its parameters, and where it was recorded."""

    path: str
    parameters: Mapping[str, str]
    at: At


class Recordings:
    """Everything that was recorded.

    Attributes:
        families: the groups of each key.
        openings: of sessions that have a URL.
        profiles: of the sessions.
        nodes: printed names of the other end.
        frames: how many frames were looked at.
    """

    def __init__(self) -> None:
        self.families: dict[Key, list[Group]] = defaultdict(list)
        self.openings: list[Opening] = []
        self.profiles: list[Profile] = []
        self.nodes: set[str] = {"node", "server"}
        self.frames = 0
        self._groups: dict[Any, Group] = {}
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        self._labels: dict[str, set[str]] = defaultdict(set)

    def add(self, name: str, events: Iterable[AnyEvent], profile: str) -> None:
        """Look at a capture.

        Args:
            name: of the capture, as it is printed.
            events: of the capture, from its second line on.
            profile: the name in its header.
        """
        followed = Followed(profile)
        sessions: dict[int, Opened] = {}
        owners = _Owners()
        for line, event in enumerate(events, 2):
            followed.see(event)
            if isinstance(event, Opened):
                sessions[event.session] = event
                parameters = urls.query(event.url)
                owners.opened(event.session, parameters)
                if event.url:
                    self.openings.append(Opening(urls.path(event.url), parameters, At(name, line, event.party)))
            elif isinstance(event, Frame) and event.opcode in PRINTED:
                self.frames += 1
                opened = sessions.get(event.session)
                at = At(name, line, opened.party if opened else "")
                self._frame(event, at, followed, owners)

    def _frame(self, frame: Frame, at: At, followed: Followed, owners: _Owners) -> None:
        value = value_of(frame.payload)
        messages = value if isinstance(value, list) else [value]
        look = followed.look(frame)
        if look.profile not in self.profiles:
            self.profiles.append(look.profile)
        answered = look.answered if len(look.answered) == len(messages) else [""] * len(messages)
        for message, method in zip(messages, answered, strict=True):
            kind = kind_of(message)
            if kind is None:
                continue
            label = label_of(message, look.profile.telling) if "method" in message else ""
            key = key_of(message, method)
            walk = _Walk(look.profile, owners.of(frame.session, look.profile))
            shape = walk.shape(message, ())
            own = (key, label, frame.direction, look.profile.name, shape)
            group = self._groups.get(own)
            if group is None:
                group = self._groups[own] = Group(key, label, frame.direction, look.profile, message)
                self.families[key].append(group)
            group.count += 1
            if len(group.frames) < FRAMES:
                group.frames.append(at)
            if len(group.bonds) < BONDS:
                group.bonds.setdefault((at.party, tuple(walk.bonds)), at)
            if frame.direction == "from_node":
                self._note(walk.words, label or str(key))

    def _note(self, words: list[tuple[str, str]], label: str) -> None:
        for name, word in words:
            known = self._words[name]
            if word in known or len(known) <= WORDS:
                known[word] += 1
            self._labels[name].add(label)

    def words(self, name: str) -> Counter[str] | None:
        """All words that nodes say in members of this name, where the protocol has no others; None where it may have."""
        known = self._words.get(name)
        if known is None or "" in known or not 0 < len(known) <= WORDS // 2:
            return None
        return known if len(self._labels[name]) >= CLOSED_LABELS and known.total() >= CLOSED_TIMES * len(known) else None

    def groups(self, key: Key | None = None, direction: Direction | None = None) -> Iterator[Group]:
        """The groups of a key (of all), of one direction (of both)."""
        found = self.families.get(key, ()) if key is not None else (one for each in self.families.values() for one in each)
        return (group for group in found if direction in {None, group.direction})

    @property
    def methods(self) -> list[str]:
        """The methods that are called or pushed."""
        return [about for kind, about in self.families if kind == "call"]

    def kind_of_text(self, text: str) -> str:
        """What kind of encoded text a text is, in any of the protocols."""
        return next(filter(None, (profile.kind_of_text(text) for profile in self.profiles)), "")


def key_of(message: Mapping[str, Any], answered: str) -> Key:
    """What a message is about; `answered` is the method of the request that it answers."""
    kind = kind_of(message)
    if kind == "error":
        return "error", codes(message["error"])
    return ("result", answered) if kind == "result" else ("call", str(message["method"]))


def codes(error: Any) -> tuple[Any, ...]:
    """The codes that tell an error: its own, and those of its reasons."""
    if not isinstance(error, dict):
        return ()
    data = error.get("data")
    reasons = data if isinstance(data, list) else [data]
    return (error.get("code"), *(one["code"] for one in reasons if isinstance(one, dict) and _plain(one.get("code"))))


def _plain(value: Any) -> bool:
    return isinstance(value, int | str)


class _Owners:
    """Whose ids are, by the URLs of a capture's sessions."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, str]] = {}
        self._all: dict[str, str] = {}

    def opened(self, session: int, parameters: Mapping[str, str]) -> None:
        own = {value: name for name, value in parameters.items()}
        self._of[session] = own
        for value, name in own.items():
            if self._all.setdefault(value, name) != name:
                self._all[value] = ""

    def of(self, session: int, profile: Profile) -> Callable[[str], str]:
        """From a text to the parameter that gives it; of the session, else of all where they agree."""
        if not profile.one_to_one or profile is GENERIC:
            return lambda _text: ""
        own = self._of.get(session, {})
        return lambda text: own.get(text) or self._all.get(text, "")


class _Walk:
    """One walk through a message.

    Attributes:
        bonds: the ids in it.
        words: the words in it, with the members' names.
    """

    def __init__(self, profile: Profile, owner: Callable[[str], str]) -> None:
        self.bonds: list[tuple[Path, Token]] = []
        self.words: list[tuple[str, str]] = []
        self._profile, self._owner = profile, owner
        self._known: dict[str, int] = {}

    def shape(self, value: Any, path: Path) -> Any:
        """How a value is built: the same for values that differ as values from run to run do."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict):
            free = self._profile.free
            return tuple(
                sorted(
                    (name, "free" if name in free else self.shape(item, (*path, name))) for name, item in value.items()
                )
            ) if not free.isdisjoint(value) else tuple(
                [(name, self.shape(value[name], (*path, name))) for name in sorted(value)]
            )
        if isinstance(value, list):
            parts = [self.shape(item, (*path, number)) for number, item in enumerate(value)]
            return ("positions", *parts) if path == ("params",) else frozenset(parts)
        return kind_of_value(value)

    def _text(self, text: str, path: Path) -> str:
        kind = self._profile.kind_of_text(text)
        if kind in self._profile.one_to_one:
            self.bonds.append((path, self._owner(text) or self._known.setdefault(text, len(self._known))))
        elif not kind and path and isinstance(name := path[-1], str):
            self.words.append((name, text if WORD.fullmatch(text) else ""))
        return kind or "text"


def kind_of_value(value: Any) -> str:
    """What a value is, but for objects, lists and the kinds of texts."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else (
        "a text" if isinstance(value, str) else "a number"
    )
