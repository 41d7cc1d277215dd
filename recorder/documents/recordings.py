"""What was recorded, by what it is about and how it is built: what examples are held against.

Rule: fed once with every event, in order; a frame costs one walk through its values. Frames that are built alike are a
group: of the first the whole message is kept, of the others their places, whose the ids in them are, and their words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from recorder.capture import frame
from recorder.difference import Path
from recorder.jsonrpc import as_list, json_bytes, kind_of, value_of
from recorder.model import PRINTED, AnyEvent, Direction, Frame, Opened, Scenario
from recorder.profiles import GENERIC, Profile
from recorder.timeline import urls
from recorder.timeline.exchanges import Exchanges, answered_scope, scope_of
from recorder.timeline.followed import Followed, quoted_method
from recorder.timeline.words import label_of

Owner = str | int
"""Whose an id is: the parameter of the session's URL that gives it; else the number of its first place in the frame."""

Ids = tuple[tuple[Path, Owner], ...]
"""The ids of a message: where each stands, and whose it is."""

FRAMES, IDS, WORDS, CHOSEN = 64, 256, 64, 1 << 14
"""What is remembered: frames of a group, the different ids of its messages, words of a name, words of parties."""

CLOSED_LABELS, CLOSED_TIMES = 3, 10
"""The words in members of one name are taken for all that there are, where so many kinds of messages have them, each so many
times on average."""

TEXT, NUMBER, OBJECT, LIST = "a text", "a number", "an object", "a list"
KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: NUMBER,
    Decimal: NUMBER,
    str: TEXT,
    dict: OBJECT,
    list: LIST,
}
"""What JSON values are, in words."""

POSITIONS = ("params",)
"""The path of the list whose items differ by their positions; items of all other lists are alike."""

FREE = "free"
"""The shape of what users may build as they like (`Profile.free`)."""

OPENING = "opening"
"""What a session's opening is called, where messages are called by their methods."""

LONG_KEY = 20
"""Least characters of an encoded text that is a key of a table; a shorter one is a name that only looks encoded."""

WORD = re.compile(r"[A-Za-z][\w.-]{1,60}")


class At(NamedTuple):
    """Where a frame was recorded, and by whose session."""

    capture: str
    line: int
    party: str

    def __str__(self) -> str:
        return f"{self.capture}:{self.line}"


class Key(NamedTuple):
    """What a message is about.

    Args:
        kind: of the message; a call may be a push.
        about: of a call its method, of a result that of its request, of an error its codes.
    """

    kind: Literal["call", "result", "error"]
    about: Any


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
        ids: which ids they have, and in whose session; each with the first frame that has them.
        count: how many there are.
        refused: how many of them were answered by an error.
        answered: the methods of what they answer.
    """

    key: Key
    label: str
    direction: Direction
    profile: Profile
    value: Any
    frames: list[At] = field(default_factory=list)
    ids: dict[tuple[str, Ids], At] = field(default_factory=dict)
    count: int = 0
    refused: int = 0
    answered: set[str] = field(default_factory=set)

    @property
    def only_refused(self) -> bool:
        """Whether no node ever took one of them."""
        return 0 < self.count == self.refused

    @property
    def method(self) -> str:
        """The method that they call or push; empty for answers."""
        return str(self.key.about) if self.key.kind == "call" else ""

    @property
    def is_request(self) -> bool:
        """Whether clients send them, to call a method."""
        return self.key.kind == "call" and self.direction == "to_node"


class Recorded(NamedTuple):
    """A message, where it was recorded.

    Args:
        at: its frame.
        scenario: that it belongs to; empty before the first.
        answered: the method of what it answers; empty where it answers nothing that is known.
        call: where what it answers was recorded; None likewise.
        frame: that holds it.
        message: its value.
        group: of those that are built as it is.
    """

    at: At
    scenario: str
    answered: str
    call: At | None
    frame: Frame
    message: dict[str, Any]
    group: Group

    @property
    def name(self) -> str:
        """What it is called: `tick`, `result of sum`, `an error`."""
        kind, label = self.group.key.kind, self.group.label
        if kind == "call":
            return label
        return f"{kind} of {self.answered}" if self.answered else f"{'an' if kind == 'error' else 'a'} {kind}"

    @property
    def alone(self) -> Frame:
        """Its frame, without the other messages of a batch."""
        if kind_of(value_of(self.frame.payload)) is not None:
            return self.frame
        return frame(json_bytes(self.message), session=self.frame.session, direction=self.frame.direction)

    @property
    def names(self) -> tuple[str, str]:
        """By what it may be asked for: what it is called, and the method that it calls or pushes."""
        return self.name, self.group.method or self.name


class Opening(NamedTuple):
    """A session's opening: its path, its parameters, where it was recorded, and in which scenario."""

    path: str
    parameters: Mapping[str, str]
    at: At
    scenario: str

    @property
    def name(self) -> str:
        """What it is called in findings."""
        return "a session's URL"

    @property
    def names(self) -> tuple[str, ...]:
        """By what it may be asked for."""
        return (OPENING,)


Entry = Recorded | Opening
"""What a pin leads to."""


class Recordings:
    """Everything that was recorded.

    Attributes:
        captures: their names, as they are printed.
        families: the groups of each key.
        openings: of sessions that have a URL.
        profiles: of the sessions.
    """

    def __init__(self) -> None:
        self.captures: list[str] = []
        self.families: dict[Key, list[Group]] = defaultdict(list)
        self.openings: list[Opening] = []
        self.profiles: list[Profile] = []
        self._groups: dict[Any, Group] = {}
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        self._labels: dict[str, set[str]] = defaultdict(set)
        self._chosen: set[str] = set()  # words that parties have sent, which a node may send back

    def add(self, name: str, events: Iterable[tuple[int, AnyEvent]], profile: str) -> None:
        """Add what a capture holds.

        Args:
            name: of the capture, as it is printed.
            events: of the capture, each with its line.
            profile: the name in its header.
        """
        for _message in self.read(name, events, profile):
            pass

    def read(self, name: str, events: Iterable[tuple[int, AnyEvent]], profile: str) -> Iterator[Recorded]:
        """As `add`; gives each message as it is added."""
        reading = _Reading(name, Followed(profile))
        self.captures.append(name)
        for line, event in events:
            reading.followed.see(event)
            if isinstance(event, Opened):
                parameters = urls.query(event.url)
                reading.parties[event.session] = event.party
                reading.owners.opened(event.session, parameters)
                if event.url:
                    self.openings.append(
                        Opening(urls.path(event.url), parameters, At(name, line, event.party), reading.scenario)
                    )
            elif isinstance(event, Frame) and event.opcode in PRINTED:
                yield from self._frame(event, line, reading)
            elif isinstance(event, Scenario):
                reading.scenario = event.name

    def _frame(self, frame: Frame, line: int, reading: _Reading) -> Iterator[Recorded]:
        messages = [one for one in as_list(value_of(frame.payload)) if kind_of(one) is not None]
        profile = reading.followed.profile(frame.session, messages)
        if profile not in self.profiles:
            self.profiles.append(profile)
        at = At(reading.capture, line, reading.parties.get(frame.session, ""))
        owner = reading.owners.of(frame.session, profile)
        for message in messages:
            request, asked = reading.answered(frame, message, profile) or (None, None)
            method = request.method if request is not None else quoted_method(message)
            try:
                group, walk = self._grouped(message, method, frame.direction, profile, owner)
            except RecursionError:  # such a message is in no document
                continue
            group.count += 1
            if method:
                group.answered.add(method)
            if len(group.frames) < FRAMES:
                group.frames.append(at)
            if len(group.ids) < IDS:
                group.ids.setdefault((at.party, tuple(walk.ids)), at)
            self._note(frame.direction, walk.words, group.label or str(group.key))
            if group.key.kind == "call":
                reading.asked(frame, message, profile, (group, at))
            elif group.key.kind == "error" and request is not None:
                request.refused += 1
            yield Recorded(at, reading.scenario, method, asked, frame, message, group)

    def _grouped(
        self,
        message: dict[str, Any],
        answered: str,
        direction: Direction,
        profile: Profile,
        owner: Callable[[str], str],
    ) -> tuple[Group, _Walk]:
        label = label_of(message, profile.telling) if "method" in message else ""
        key = key_of(message, answered)
        walk = _Walk(profile, owner)
        own = (key, label, direction, profile.name, walk.shape(message, ()))
        group = self._groups.get(own)
        if group is None:
            group = self._groups[own] = Group(key, label, direction, profile, message)
            self.families[key].append(group)
        return group, walk

    def _note(self, direction: Direction, words: list[tuple[str, str]], label: str) -> None:
        if direction == "to_node":
            if len(self._chosen) < CHOSEN:
                self._chosen.update(text for _name, text in words)
            return
        for name, text in words:
            word = text if WORD.fullmatch(text) else ""
            known = self._words[name]
            if word in known or len(known) <= WORDS:
                known[word] += 1
            self._labels[name].add(label)

    def words(self, name: str) -> Counter[str] | None:
        """The words that nodes send in members of this name, if they are likely all that there are; None if there may be others."""
        known = self._words.get(name)
        if known is None or "" in known or not 0 < len(known) <= WORDS // 2:
            return None
        return (
            known if len(self._labels[name]) >= CLOSED_LABELS and known.total() >= CLOSED_TIMES * len(known) else None
        )

    def own_words(self, name: str, text: str) -> set[str]:
        """The words that nodes alone send in members of this name; none where they send other texts there, or this one."""
        known = self._words.get(name, Counter())
        return set() if "" in known or text in known else {*known} - self._chosen

    def about(self, key: Key) -> Sequence[Group]:
        """The groups of messages that are about this."""
        return self.families.get(key, ())

    def groups(self, kind: str = "") -> list[Group]:
        """The groups of all calls, results or errors; of all messages where no kind is given."""
        return [group for key, groups in self.families.items() if kind in {"", key.kind} for group in groups]

    @property
    def methods(self) -> list[str]:
        """The methods that are called or pushed."""
        return [about for kind, about in self.families if kind == "call"]

    def is_id(self, text: str) -> bool:
        """Whether a text is an id that a protocol encodes: of an account, of a channel."""
        return any(profile.kind_of_text(text) in profile.one_to_one for profile in self.profiles)

    def kind_of_text(self, text: str) -> str:
        """What kind of encoded text a text is, in any of the protocols."""
        return next(filter(None, (profile.kind_of_text(text) for profile in self.profiles)), "")


def key_of(message: Mapping[str, Any], answered: str) -> Key:
    """What a message is about; `answered` is the method of the request that it answers."""
    kind = kind_of(message)
    if kind == "error":
        return Key("error", codes(message["error"]))
    return Key("result", answered) if kind == "result" else Key("call", str(message["method"]))


def codes(error: Any) -> tuple[Any, ...]:
    """The codes by which errors are told apart: its own, and those of its reasons."""
    return each_of(error, "code")


def each_of(error: Any, name: str) -> tuple[Any, ...]:
    """A member of an error, and of each of its reasons that has one; None in the place of an object or a list."""
    if not isinstance(error, dict):
        return ()
    own, reasons = error.get(name), as_list(error.get("data"))
    told = (one[name] for one in reasons if isinstance(one, dict) and isinstance(one.get(name), int | str))
    return (None if isinstance(own, dict | list) else own, *told)


class _Reading:
    """A capture as it is read."""

    def __init__(self, capture: str, followed: Followed) -> None:
        self.capture, self.followed = capture, followed
        self.parties: dict[int, str] = {}
        self.scenario = ""
        self.owners = _Owners()
        self._exchanges: Exchanges[tuple[Group, At]] = Exchanges()

    def asked(self, frame: Frame, message: Mapping[str, Any], profile: Profile, request: tuple[Group, At]) -> None:
        here = scope_of(frame.session, frame.direction, frame.exchange)
        self._exchanges.asked(here, message, profile, request)

    def answered(self, frame: Frame, message: Mapping[str, Any], profile: Profile) -> tuple[Group, At] | None:
        """What a message answers; None where it is no answer, or nobody asked."""
        if "method" in message and not profile.answers(message):
            return None
        return self._exchanges.answered(answered_scope(frame), message, profile)


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
        ids: the ids in it.
        words: the words in it, with the members' names.
    """

    def __init__(self, profile: Profile, owner: Callable[[str], str]) -> None:
        self.ids: list[tuple[Path, Owner]] = []
        self.words: list[tuple[str, str]] = []
        self._profile, self._owner = profile, owner
        self._known: dict[str, int] = {}

    def shape(self, value: Any, path: Path) -> Any:
        """How a value is built: the same for all values that differ only as they do from run to run."""
        kind = KINDS[type(value)]
        if kind == TEXT:
            return self._text(value, path)
        if kind == OBJECT:
            free, keys = self._profile.free, {name: key_kind(name, self._profile) for name in sorted(value)}
            parts = [
                (key or name, FREE if name in free else self.shape(value[name], (*path, name)))
                for name, key in keys.items()
            ]
            return frozenset(parts) if any(keys.values()) else tuple(parts)
        if kind == LIST:
            items = [self.shape(item, (*path, number)) for number, item in enumerate(value)]
            return ("positions", *items) if path == POSITIONS else frozenset(items)
        return kind

    def _text(self, text: str, path: Path) -> str:
        kind = self._profile.kind_of_text(text)
        if not kind:
            if path and isinstance(name := path[-1], str):
                self.words.append((name, text))
            return TEXT
        if kind in self._profile.one_to_one:
            self.ids.append((path, self._owner(text) or self._known.setdefault(text, len(self._known))))
        return kind


def key_kind(name: str, profile: Profile) -> str:
    """What kind of value the name of a member is, where an object is a table by numbers, URLs or ids; empty of a name."""
    if name.isdigit():
        return NUMBER
    if "://" in name:
        return "a URL"
    return profile.kind_of_text(name) if len(name) >= LONG_KEY else ""


def kind_of_value(value: Any) -> str:
    """What a JSON value is, in words."""
    return KINDS[type(value)]
