"""Finds the values that one end hands out and the other sends back, from the values of a capture alone.

An opaque value that its own end repeats under the name of an id counts too: for example the token of a row of pushes. So
does one that a call got as a member of its result, and under which pushes go on, whatever the member's name; an id that is
not opaque, or a number, where the member's name says that it is one; and a whole result that its end repeats so: the number
or the name of a subscription. A random UUID counts too where results of other calls go on with it.

Rule: a value counts when nobody would choose it: a text is opaque if it is a UUID, 32 hexadecimal digits or more (16
where letters are among them, and neither `0x` nor zeros make an amount of it), or holds a run of 8 letters and digits
or more in which a word (`Sync`, `GET`, `2024`) lasts three characters at most on average, or a UUID, or 32 hexadecimal
digits with letters among them (`page@a708…`); any other text, and a number, only where names of members say that it is
an id. A short one that is written as an opaque one of its name is opaque as well: some random texts look like words.
Words, amounts, dates, versions and URLs are none. A masked text stands for whatever an end sends there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from recorder.difference import Path, name_of
from recorder.model import marked
from recorder.timeline.unnamed import RESULT, Message, Place, Unnamed

HANDED = "handed out"
"""The kind of a value that is bound letter for letter, at any place."""

LONGEST = 512
"""A longer text counts as a document, not as a value that is handed out."""

SHORTEST_RUN, EVERY = 8, 3
LEAST_HEX = 32

ENVELOPE = frozenset({"params", "result"})
"""What a message is about stands in these: an `id` in one itself is of no thing that is called so."""

OWN = frozenset({"jsonrpc", "id", "method"})
"""JSON-RPC's own members of a message; ids there are matched by `exchanges`."""

_UUID = re.compile(r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?")
_RANDOM_UUID = re.compile(
    r"\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[12467][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\}?"
)
_UUID_WITHIN = re.compile(rf"(?<![0-9A-Za-z]){_UUID.pattern}(?![0-9A-Za-z])")
_HEX = re.compile(rf"(?:0x)?[0-9a-fA-F]{{{LEAST_HEX},}}")
_HEX_ID = re.compile(r"(?=.*[0-9])(?=.*[a-fA-F])(?!.*0000)[0-9a-fA-F]{16,}")
_WORD = re.compile(r"[A-Za-z0-9+/=_.:~@-]+")
_STRETCH = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[A-Za-z0-9+/_.:~-]+={0,2}")
"""What stands between signs of a URL, of JSON, or of a text; signs that are written in letters by themselves."""

_QUANTITY = re.compile(r"0x[0-9a-fA-F]*")
_RUN = re.compile(rf"[A-Za-z0-9]{{{SHORTEST_RUN},}}")
_HEX_RUN = re.compile(rf"(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{{{LEAST_HEX},}}")
_SHORT = re.compile(r"((?:[A-Za-z]+[_:.@-])*)((?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{8,15})")
"""What a short random text may look like, with what it begins with as others of its kind do: `call_2056801e`."""

_CLASSES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_ID_NAME = re.compile(
    r"(?:.*(?:[a-z0-9](?:Id|ID|Token|Handle|Cursor|Gid|Uuid|UUID|Guid)|[_-](?:id|token|handle|cursor|gid|uuid|guid)))"
    r"|id|gid|uuid|guid|token|cursor|session|subscription|handle|filter",
)


class Seen(NamedTuple):
    """A value of a capture.

    Args:
        to_node: whether a party sent it.
        path: its place; `("url", "token")` for a parameter, empty for a whole message.
        value: any JSON value.
        method: of a message, its method, or that of the request that it answers.
    """

    to_node: bool
    path: Path
    value: Any
    method: str = ""


class HandedOut:
    """The values of a capture that are handed out.

    Args:
        texts: texts and numbers that are bound wherever they stand.
        numbers: numbers that are bound under their names, each name in its canonical form.
        unnamed: by place and number, the names of numbers that stand there without one.
        first: of each text, and of each number with its name, whether a party said it first; not of masked texts.
    """

    def __init__(
        self,
        texts: frozenset[Any] = frozenset(),
        numbers: frozenset[tuple[str, int]] = frozenset(),
        unnamed: Mapping[tuple[Place, int], str] | None = None,
        first: Mapping[Any, bool] | None = None,
    ) -> None:
        self.texts, self.numbers, self._unnamed, self._first = texts, numbers, unnamed or {}, first or {}
        self._ids_without_name = {(name, number) for (_place, number), name in self._unnamed.items()}

    def of(self, *, party: bool) -> Iterator[tuple[str, Any]]:
        """What the parties hand out, or what the nodes do: the kind and the value of each."""
        found = (one for one, by_party in self._first.items() if by_party is party)
        yield from ((self._kind_of(*one), one[1]) if isinstance(one, tuple) else (HANDED, one) for one in found)

    def kind(self, path: Path, value: Any, method: str = "") -> str:
        """The kind under which a value is bound; empty if it is compared.

        Args:
            path: its place.
            value: the value.
            method: of its message, as in `Seen`.
        """
        if value in self.texts:
            return HANDED
        if not self.numbers or not isinstance(value, int):
            return ""
        name = canonical(path) or self._unnamed.get(((method, path), value), "")
        return self._kind_of(name, value) if name and (name, value) in self.numbers else ""

    def _kind_of(self, name: str, number: int) -> str:
        """The kind of a number with a name: where ids of its kind come without one, that of all that is bound by its letters."""
        return HANDED if (name, number) in self._ids_without_name else f"{HANDED} {name}"


def opaque(text: str) -> bool:
    """Whether a text is opaque: no person would choose it."""
    if not SHORTEST_RUN <= len(text) <= LONGEST:
        return False
    if _UUID.fullmatch(text):
        return True
    if _WORD.fullmatch(text) is None or "://" in text:
        return False
    if _HEX.fullmatch(text) or _HEX_ID.fullmatch(text):
        return True
    if _QUANTITY.fullmatch(text):
        return False
    holds_one = any(_mixed(run) or _HEX_RUN.fullmatch(run) for run in _RUN.findall(text))
    return holds_one or ("-" in text and _UUID_WITHIN.search(text) is not None)


def may_be_opaque(text: str) -> bool:
    """Whether a text is opaque, or written as some opaque ones are, which only others like it could tell."""
    return opaque(text) or _SHORT.fullmatch(text) is not None


def random_uuid(text: str) -> bool:
    """Whether a text is a UUID that was made by chance or by the clock: versions 3, 5 and 8 may be hashes of what they name."""
    return "-" in text and _RANDOM_UUID.fullmatch(text) is not None


def opaque_runs(text: str) -> Iterator[re.Match[str]]:
    """The opaque parts of a text of any length: identifiers, hashes, encoded texts; no words, and no URLs."""
    return (found for found in _STRETCH.finditer(text) if opaque(found[0][:LONGEST]))


def _mixed(run: str) -> bool:
    return (len(_CLASSES.findall(run)) - 1) * EVERY >= len(run) - 1


def says_id(name: str) -> bool:
    """Whether the name of a member says that its value is an id."""
    return _ID_NAME.fullmatch(name) is not None


def canonical(path: Path) -> str:
    """The canonical name of an id, the same for `context.id` and `contextId`; empty if no name says that it is one."""
    if not path or isinstance(path[-1], int) or not says_id(path[-1]):
        return ""
    name = path[-1]
    if name == "id":
        around = name_of(path[path[0] in ENVELOPE : -1])
        name = f"{around}Id" if around else name
    return name.replace("_", "").replace("-", "").lower()


def handed_out(seen: Iterable[Seen], constants: frozenset[str] = frozenset()) -> HandedOut:
    """Learn from a capture which values are handed out.

    Args:
        seen: all its values in order, without JSON-RPC's own ids.
        constants: names of members whose values do not count.
    """
    learner = _Learner(constants)
    for to_node, path, value, method in seen:
        learner.see(Message(to_node, method), path, value)
    return learner.learned()


class _Learner:
    """Looks at each value once, and skips those that cannot be handed out any more: captures are long."""

    def __init__(self, constants: frozenset[str]) -> None:
        self._constants = constants
        self._first: dict[Any, bool] = {}  # whether a party said it first
        self._opaque: dict[str, int] = {}  # and how often each came under a name that says that it is an id
        self._gotten: dict[str, str] = {}  # the member of a result under which an opaque text came
        self._ids_gotten: dict[tuple[str, Any], bool] = {}  # whether another id first came in a result, by its name
        self._back: set[Any] = set()  # what came from both ends
        self._named: set[Any] = set()
        self._masked: set[str] = set()
        self._elsewhere: set[Any] = set()  # what stands where no id does
        self._first_number: dict[tuple[str, int], bool] = {}
        self._numbers: set[tuple[str, int]] = set()
        self._ids: dict[str, bool] = {}  # whether a name says that it is an id
        self._unnamed = Unnamed()
        self._uuids = _Uuids()
        self._short = _ShortTexts()

    def see(self, message: Message, path: Path, value: Any) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, str) and item in self._elsewhere and item not in self._short:  # as most texts are
                    continue
                if path or name not in OWN:
                    self.see(message, (*path, name), item)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.see(message, (*path, index), item)
        elif isinstance(value, str):
            if value not in self._elsewhere or value in self._short:
                self._text(message, path, value)
        elif isinstance(value, int) and not isinstance(value, bool):
            self._other(message, path, value)

    def _text(self, message: Message, path: Path, value: str) -> None:
        if "«" in value and marked(value):
            self._masked.add(value)
            return
        named = bool(self._id(path))
        self._short.see(message.to_node, path, value, named=named)
        if value in self._opaque or (value not in self._first and opaque(value)):
            self._opaque[value] = self._opaque.get(value, 0) + named
            if path[:1] == RESULT:
                self._gotten.setdefault(value, name_of(path))
            elif self._gotten.get(value) == name_of(path):
                self._back.add(value)
            if random_uuid(value):
                self._uuids.see(message, path, value)
            if self._first.setdefault(value, message.to_node) is not message.to_node:
                self._back.add(value)
        else:
            self._other(message, path, value)

    def _other(self, message: Message, path: Path, value: Any) -> None:
        """A text that is not opaque, or a number: an id where a name says so, and nothing else elsewhere."""
        end = message.to_node
        if name_of(path) in self._constants:
            self._elsewhere.add(value)
        elif name := self._id(path):
            self._named.add(value)
            first = (name, value) not in self._first_number
            if self._unnamed.named(message, path, name, value, first=first):
                self._goes_on(name, value)
            in_result = path[:1] == RESULT
            if self._ids_gotten.setdefault((name, value), in_result) is not in_result and _is_id(value):
                self._goes_on(name, value)
            if isinstance(value, int) and self._first_number.setdefault((name, value), end) is not end:
                self._numbers.add((name, value))
        elif not self._without_name(message, path, value):
            self._elsewhere.add(value)
            return
        if self._first.setdefault(value, end) is not end:
            self._back.add(value)

    def _without_name(self, message: Message, path: Path, value: Any) -> bool:
        """Whether a value stands where an id may stand without being named: a whole result, or a parameter by position."""
        if path == RESULT:
            if _is_id(value):
                self._unnamed.result(message, value)
            return True
        by_position = path[:1] == ("params",) and isinstance(path[-1], int)
        if by_position and isinstance(value, int):
            self._unnamed.parameter(message, path, value)
        return by_position

    def _goes_on(self, name: str, value: Any) -> None:
        if isinstance(value, str):
            self._back.add(value)
        else:
            self._numbers.add((name, value))

    def _id(self, path: Path) -> str:
        name = path[-1] if path else 0
        if isinstance(name, int):
            return ""
        known = self._ids.get(name)
        if known is None:
            known = self._ids[name] = says_id(name)
        return canonical(path) if known else ""

    def learned(self) -> HandedOut:
        """The result."""
        known = {value for value in self._back if value in self._opaque}
        known |= (self._back & self._named) - self._elsewhere
        known |= self._masked
        known.update(value for value, count in self._opaque.items() if count > 1)
        known |= self._uuids.gone_on()
        known |= {*self._short.like(known)}
        unnamed = self._unnamed.ids(known)
        self._numbers |= {(name, number) for (_place, number), name in unnamed.items()}
        first = self._first | self._first_number
        first = {one: first[one] for one in (*known, *self._numbers) if one in first}
        return HandedOut(frozenset(known), frozenset(self._numbers), unnamed, first)


class _Uuids:
    """The random UUIDs: what a call got by itself, and its end goes on with.

    It does so in a push or in the result of another call, under the same name; under any name if the UUID was a whole result.
    One that its method gives again, or gave in a list, is data.
    """

    def __init__(self) -> None:
        self._first: dict[str, tuple[Path, Message]] = {}  # where each came first
        self._gone_on: set[str] = set()
        self._data: set[str] = set()

    def see(self, message: Message, path: Path, text: str) -> None:
        there, before = self._first.setdefault(text, (path, message))
        if there[:1] != RESULT or before is message:
            return
        if message.method == before.method or any(isinstance(part, int) for part in there):
            self._data.add(text)
        elif there == RESULT or name_of(there) == name_of(path):
            self._gone_on.add(text)

    def gone_on(self) -> set[str]:
        """Those with which their ends go on."""
        return self._gone_on - self._data


class _ShortTexts:
    """The short texts that may be random: which of them are written as others of their name, that are."""

    def __init__(self) -> None:
        self._first: dict[str, bool] = {}
        self._back: set[str] = set()
        self._named: Counter[str] = Counter()
        self._alike: dict[tuple[str, str, int], set[str]] = {}  # by name, and how they are written

    def __contains__(self, text: str) -> bool:
        return text in self._first

    def see(self, to_node: bool, path: Path, text: str, *, named: bool) -> None:
        found = _SHORT.fullmatch(text)
        if found is None:
            return
        self._named[text] += named
        self._alike.setdefault((name_of(path), found[1], len(found[2])), set()).add(text)
        if self._first.setdefault(text, to_node) is not to_node:
            self._back.add(text)

    def like(self, known: Collection[Any]) -> Iterator[str]:
        """Those that are handed out, or repeated under the name of an id, and written as one that is known."""
        for texts in self._alike.values():
            if any(text in known for text in texts):
                yield from (text for text in texts if text in self._back or self._named[text] > 1)


def _is_id(value: Any) -> bool:
    """Whether what stands under the name of an id is one: a number, or a text with digits; others are words."""
    return isinstance(value, int) or any(map(str.isdigit, value))


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text and whole number of a message with its place, but for JSON-RPC's own members."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if path or name not in OWN:
                yield from scalars(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from scalars(item, (*path, index))
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield path, value
