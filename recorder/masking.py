"""Masks secrets before anything is written to the capture; the traffic itself is never changed.

Rule: a secret is recognised by its place (a header, a parameter or a member with such a name) or by an option of the
user, never by its form. What an option has found is masked from then on wherever it is the whole of a text. Each secret
has one mark in a capture, which names its kind: `«token 1»`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from msgspec import UNSET
from msgspec.structs import replace

from recorder.bindings import Kinds
from recorder.bindings.slots import layout_of_json
from recorder.capture import in_its_place, is_json
from recorder.difference import Path
from recorder.errors import InputError
from recorder.jsonrpc import Outline, json_bytes, outlines, value_of
from recorder.model import OPPOSITE, AnyEvent, Direction, Frame, Opened, Refused, marked
from recorder.profiles import AUTO, own_names, secrets_of
from recorder.profiles.parts import ID
from recorder.rules import AS_PATH, globbed, is_path, matches_above
from recorder.secret_names import SECRET, kind_of, says_secret, secrets_of_command, signs, words_of
from recorder.settings import STDIO
from recorder.timeline.exchanges import id_key
from recorder.timeline.urls import is_stdio

KINDS = {"bearer": "token", "basic": "credentials", "digest": "credentials", "": "authorization"}
"""The kind of secret in an Authorization header, by its scheme."""

LONG_ENOUGH = 4
"""A rare common beginning of several needles: it is searched for instead of all of them."""

SHORTEST = 4
"""Characters of a secret that is masked where it comes back: a shorter one stands elsewhere by chance."""

FEW = 32
"""Most secrets that a payload is searched for one by one."""

ENVELOPE = frozenset({("jsonrpc",), ("method",)})
"""Places that hold no secret, whatever stands there."""

_NAME = re.compile(r"[A-Za-z0-9_$-]+")
_OF_ANSWERS = re.compile(r"(?:\$\.)?(?:result|error)(?![^.\[])")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_SEGMENT = re.compile(r"(?<=/)[^/?#]+")
_HARMLESS = re.compile(r"access_control_.*|sec_websocket_.*|www_.*|key")
"""Headers that are named like secrets but are not."""

_NAMES = r"(?:bearer|(?:access[_-]?)?token|auth|authorization|jwt|api[_-]?key)"
_HELD = re.compile(rf"(?i)((?:.*[._-])?{_NAMES}(?:\.k8s\.io)?[.:_=-])(.{{8,}})")
_ANNOUNCED = re.compile(rf"(?i){_NAMES}")
_TOKEN = re.compile(r"()(eyJ[\w-]+\.[\w.-]+)")
"""Subprotocols that hold a token after a prefix, that announce a token as the next one, or that are a JSON web token."""

_USER = re.compile(r"(?<=://)[^/?#@]+(?=@)")
_PARAMETER = re.compile(r"(?<=[?&;])([^=&;#]+)=([^&;#]*)")
_PARAMETER_WITHIN = re.compile(r"(?<=[?&;])([^=&;#\s]+)=([^&;#\s\"'<>]*)")
"""Of a URL that stands in a header: in `Referer`, `Location` or `Link`."""


def parse_mask(text: str) -> Pattern:
    """Parse a `--mask`: a NAME, a path, a text with `*`, or a `/regex/`; a method and a space may precede a path.

    Raises:
        InputError: it is none of them.
    """
    if re.fullmatch("/.+/", text):
        try:
            return Pattern(text=re.compile(text[1:-1]))
        except re.error as error:
            raise InputError(f"--mask {text!r}: {error}; write a regular expression between the slashes") from error
    if _NAME.fullmatch(text):
        return Pattern(name=text, kind=kind_of(text), needles=(f'"{text}"'.encode(),))
    method, path = _with_method(text)
    if (method or path.startswith("$") or any(sign in path for sign in ".[")) and is_path(path.removeprefix("$.")):
        head = method.partition("*")[0]
        names = [f'"{head}'] if re.fullmatch(r"[\w.-]+", head) else re.findall(r"[\w-]{2,}", path)
        kind = kind_of((re.findall(r"[A-Za-z][\w-]*", path.removeprefix("params")) or [SECRET])[-1])
        return Pattern(path=path, method=method, kind=kind, needles=tuple(name.encode() for name in names[-1:]))
    if "*" in text and (head := text.partition("*")[0]):
        needles = (head.encode(),) if re.search(r'["\\/\x00-\x1f]', head) is None else ()  # JSON may escape these
        glob = "(.+)".join(map(re.escape, re.split(r"\*+", text)))
        return Pattern(text=re.compile(f"(?s)^{glob}$"), kind=kind_of(head), needles=needles)
    raise InputError(
        f"--mask {text!r}: write a name (password), a text ('token:*'), a /regex/, or a path (params[0]): {AS_PATH}"
    )


Bodies = dict[Direction, Callable[[bytes], bytes]]
"""By direction, a function that masks payloads."""


def _with_method(text: str) -> tuple[str, str]:
    """A method and a path; no method where a text begins with a word: `Bearer *`, `the key is *`."""
    method, _, path = text.partition(" ")
    outside = re.sub('"[^"]*"', "", path)
    return (method, path) if '"' not in method and outside.strip("*") and " " not in outside else ("", text)


@dataclass(frozen=True)
class Pattern:
    """A secret that the user or a protocol names.

    Args:
        name: of a header, a parameter, or a member anywhere in a message: everything below it.
        path: a place in a message: everything below it.
        method: the method of the messages that the path is for; empty for all.
        text: a regular expression for texts; its groups are masked, or the whole match if it has none.
        kind: the kind that its mark names.
        needles: every payload with such a secret contains one of these; empty if unknown.
    """

    name: str = ""
    path: str = ""
    method: str = ""
    text: re.Pattern[str] | None = None
    kind: str = SECRET
    needles: tuple[bytes, ...] = ()

    def is_at(self, method: str, path: Path) -> bool:
        """Whether the value at this place is a secret."""
        if self.name:
            return self.name in path
        if not self.path or (self.method and not globbed(self.method).fullmatch(method)):
            return False
        return matches_above(self.path, path)

    @property
    def of_answers(self) -> bool:
        """Whether it is in answers to calls of a method, which do not name that."""
        return bool(self.method) and _OF_ANSWERS.match(self.path) is not None


class Masking:
    """The secrets of one capture, and their marks.

    Args:
        patterns: further secrets to mask, written as for `--mask`.
        profile: the name of the profile, or `auto`: it may know further secrets, and names that are not secrets.
        off: mask nothing.

    Attributes:
        bodies: by direction, the function that masks a payload.

    Raises:
        InputError: a pattern cannot be read.
    """

    def __init__(self, patterns: Iterable[str] = (), profile: str = AUTO, *, off: bool = False) -> None:
        given = [*map(parse_mask, patterns)]
        if off and given:
            raise InputError("--mask and --mask-none cannot be used together; leave one out")
        self._off, self._own = off, own_names(profile)
        known = [] if off else [*map(parse_mask, secrets_of(profile))]
        self._patterns = [*given, *known]
        self._names = {one.name.lower() for one in given if one.name}
        self._texts = [one for one in self._patterns if one.text is not None]
        self._given = frozenset(given)
        self._answers = [one for one in self._patterns if one.of_answers]
        self._sessions: dict[int, Bodies] = {}
        asked = {*_needles(given), *((rb"\u",) if given else ())}
        self.bodies: Bodies = {
            "to_node": self._where(asked | {*_needles(known)}),
            "from_node": self._where(asked),  # the secrets that a profile knows are sent to the node
        }
        self._marks: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._found: set[str] = set()  # what is looked for from now on
        self._quoted: set[bytes] = set()

    def mark(self, secret: str, kind: str) -> str:
        """The mark of a secret, the same everywhere; its kind is that of the first place."""
        if not secret or marked(secret):
            return secret
        known = self._marks.get(secret)
        if known is None:
            self._counts[kind] += 1
            known = self._marks[secret] = f"«{kind} {self._counts[kind]}»"
        return known

    def _where(self, needles: Collection[bytes]) -> Callable[[bytes], bytes]:
        """A function that masks payloads with one of these secrets, and returns all others as fast as possible."""
        if not needles:
            return lambda payload: payload

        def body(payload: bytes) -> bytes:
            for needle in needles:
                if payload.find(needle) >= 0:  # `in` takes five times as long
                    return self.masked(payload)
            return self.masked(payload) if self._found and self._comes_back(payload) else payload

        return body

    def of_session(self) -> Bodies:
        """By direction, the function that masks the payloads of one session: in order, for answers name no method."""
        return _Calls(self, self._answers).bodies if self._answers else self.bodies

    def _find(self, secret: str, kind: str) -> str:
        """The mark of a secret that is looked for from now on."""
        if len(secret) >= SHORTEST and not marked(secret):
            self._found.add(secret)
            self._quoted.add(json_bytes(secret))
        return self.mark(secret, kind)

    def _comes_back(self, payload: bytes) -> bool:
        """Whether a payload may have a text that was found in another."""
        escaped = payload.find(b"\\") >= 0
        if len(self._quoted) <= FEW and not escaped:
            return any(payload.find(one) >= 0 for one in self._quoted)
        texts = (one[0] for one in _TEXT.finditer(payload))
        return any(one in self._quoted or (escaped and b"\\" in one and value_of(one) in self._found) for one in texts)

    def body(self, payload: bytes) -> bytes:
        """A payload with its secrets masked, of either direction."""
        return self.bodies["to_node"](payload)

    def event(self, event: AnyEvent) -> AnyEvent:
        """An event with its secrets masked."""
        if isinstance(event, Opened):
            return replace(
                event,
                url=self.url(event.url),
                headers=self.headers(event.headers),
                subprotocol=self.subprotocols(event.subprotocol),
                answer=self.headers(event.answer),
            )
        if isinstance(event, Refused):
            return replace(event, url=self.url(event.url), headers=self.headers(event.headers))
        if isinstance(event, Frame):
            if self._answers and event.session not in self._sessions:
                self._sessions[event.session] = self.of_session()
            body = self._sessions[event.session][event.direction] if self._answers else self.body
            made = in_its_place(event, body(event.payload))
            if not (event.headers or event.request_headers):
                return made
            own, asked = self.headers(event.headers), self.headers(event.request_headers)
            return replace(made, headers=own, request_headers=asked)
        return event

    def headers(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Headers with their secrets masked."""
        return [*pairs] if self._off else [(name, self._header(name, value)) for name, value in pairs]

    def url(self, url: str) -> str:
        """A URL with its secrets masked."""
        if self._off:
            return url
        if is_stdio(url):
            return f"{STDIO}:{self._command(url.partition(':')[2])}"
        hidden = self._hidden(url, _PARAMETER)
        return self._text(_SEGMENT.sub(lambda found: self._again(found[0]), hidden) if self._found else hidden)

    def _hidden(self, text: str, parameter: re.Pattern[str]) -> str:
        """A text with the secrets of its URLs masked."""
        found = _USER.sub(lambda found: self.mark(found[0], "user"), text) if "@" in text else text
        return parameter.sub(self._parameter, found) if "=" in found else found

    def subprotocols(self, offered: str) -> str:
        """The offered subprotocols, or the chosen one, masked: clients that cannot set headers put a token there."""
        if self._off:
            return offered
        found, announced = [], False
        for item in offered.split(","):
            word = item.strip()
            held = _HELD.fullmatch(word) or _TOKEN.fullmatch(word)
            if held is not None:
                made = f"{held[1]}{self.mark(held[2], 'token')}"
            else:
                made = self.mark(word, "token") if announced else word
            found.append(item.replace(word, made) if word else item)
            announced = _ANNOUNCED.fullmatch(word) is not None
        return ",".join(found)

    def _command(self, line: str) -> str:
        try:
            words = shlex.split(line)
        except ValueError:  # another tool wrote it
            return self._text(line)
        found = [*map(self.url, words)]
        for at, secret, kind in secrets_of_command(words):
            found[at] = f"{words[at].removesuffix(secret)}{self.mark(secret, kind)}"
        return shlex.join(found) if found != words else line

    def _header(self, name: str, value: str) -> str:
        lower = name.lower()
        if lower == "sec-websocket-protocol":
            return self.subprotocols(value)
        if lower in {"cookie", "set-cookie"}:
            return "".join(self._cookies(value, first=lower == "set-cookie"))
        words = "_".join(words_of(name))
        if lower in self._names and "authorization" not in lower:
            return self._find(value, kind_of(name))
        if lower in self._names or (lower not in self._own and says_secret(name) and not _HARMLESS.fullmatch(words)):
            return self._credentials(value) if "authorization" in lower else self.mark(value, kind_of(name))
        return self._text(self._hidden(self._again(value), _PARAMETER_WITHIN))

    def _credentials(self, value: str) -> str:
        scheme, space, rest = value.partition(" ")
        if not space:
            scheme, rest = "", value
        return f"{scheme}{space}{self.mark(rest, KINDS.get(scheme.lower(), KINDS['']))}"

    def _cookies(self, value: str, *, first: bool) -> Iterator[str]:
        """Cookies with their values masked; the attributes of a Set-Cookie header stay."""
        for number, pair in enumerate(re.split(r"(;\s*)", value)):
            name, sign, secret = pair.partition("=")
            if number % 2 or (first and number):
                yield pair
            elif sign:
                yield f"{name}={self.mark(secret, 'cookie')}"
            else:
                yield self.mark(pair, "cookie")

    def _parameter(self, found: re.Match[str]) -> str:
        name, value = unquote_plus(found[1]), found[2]
        if name.lower() in self._names or unquote_plus(value) in self._found:
            return f"{found[1]}={self._find(unquote_plus(value), kind_of(name))}"
        if name.lower() not in self._own and (says_secret(name) or signs(name)):
            return f"{found[1]}={self.mark(unquote_plus(value), kind_of(name))}"
        return found[0]

    def _text(self, text: str) -> str:
        """A text with everything that patterns find masked."""
        for one in self._texts:
            assert one.text is not None
            text = one.text.sub(self._replacing(one), text)
        return text

    def _again(self, text: str) -> str:
        """A text, or its mark if it was found elsewhere."""
        return self._marks[text] if text in self._found else text

    def _replacing(self, one: Pattern) -> Callable[[re.Match[str]], str]:
        mark = self._find if one in self._given else self.mark

        def replaced(found: re.Match[str]) -> str:
            groups = [span for span in found.regs[1:] if span[0] >= 0] or [found.span()]
            pieces, at = [], found.start()
            for start, end in groups:
                if start >= at:
                    pieces += [found.string[at:start], mark(found.string[start:end], one.kind)]
                    at = end
            return "".join([*pieces, found.string[at : found.end()]])

        return replaced

    def masked(self, payload: bytes, methods: Sequence[str] | None = None) -> bytes:
        """A payload with its secrets masked, each value looked at; `methods` are those of its messages and answers."""
        if not is_json(payload):
            return self._plain(payload)
        pieces, at = [], 0
        if methods is None:
            methods = [one.method or "" for one in outlines(payload)]
        for slot in layout_of_json(payload, _Secrets(self._of), methods).slots:
            if slot.kind and slot.kind != ID:
                pieces += [payload[at : slot.start], json_bytes(slot.kind)]
                at = slot.end
        return b"".join([*pieces, payload[at:]]) if pieces else payload

    def _plain(self, payload: bytes) -> bytes:
        """A payload that is not JSON: masks texts, and the values of names that are written as in JSON."""
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return payload
        for one in self._patterns:
            if one.name:
                behind = rf'"{re.escape(one.name)}"\s*:\s*"((?:[^"\\]|\\.)*)"'
                text = re.sub(behind, self._replacing(one), text)
        return self._text(text).encode()

    def _of(self, method: str, path: Path, value: Any) -> str:
        """The mark for a value; empty if the value stays."""
        for one in self._patterns:
            if one.is_at(method, path):
                mark = self._find if one in self._given and isinstance(value, str) else self.mark
                return mark(str(value), one.kind)
        if isinstance(value, str) and path not in ENVELOPE and (made := self._text(self._again(value))) != value:
            return made
        return ""


class _Calls:
    """The calls of one session, for the secrets in their answers.

    Args:
        masking: masks its payloads.
        patterns: those that name the method of an answer.

    Attributes:
        bodies: by direction, the function that masks a payload.
    """

    def __init__(self, masking: Masking, patterns: Sequence[Pattern]) -> None:
        self._masking, self._patterns = masking, patterns
        self._open: dict[tuple[Direction, Any], list[str]] = {}  # methods, by who called and the id
        self._answered: Counter[tuple[Direction, Any]] = Counter()
        self.bodies: Bodies = {direction: partial(self._body, direction) for direction in OPPOSITE}

    def _body(self, direction: Direction, payload: bytes) -> bytes:
        messages = outlines(payload)
        answered = [self._answers(direction, one) for one in messages]
        if not any(answered):
            return self._masking.bodies[direction](payload)
        return self._masking.masked(
            payload, [method or one.method or "" for one, method in zip(messages, answered, strict=True)]
        )

    def _answers(self, direction: Direction, message: Outline) -> str:
        """The method that a message answers, if that may have a secret in its answer.

        Where several calls with one id are open, any of them may be the one.
        """
        if message.id is UNSET or message.id is None:
            return ""
        if message.method:
            self._open.setdefault((direction, id_key(message.id)), []).append(message.method)
            return ""
        place = OPPOSITE[direction], id_key(message.id)
        called = self._open.get(place, [])
        self._answered[place] += 1
        if self._answered[place] >= len(called):
            self._open.pop(place, None)
            del self._answered[place]
        patterns = [globbed(one.method) for one in self._patterns]
        return next((method for method in called if any(one.fullmatch(method) for one in patterns)), "")


class _Secrets(Kinds):
    """The secrets of a payload, as the kinds of its values: the kind of a value is its mark."""

    def __init__(self, of: Callable[[str, Path, Any], str]) -> None:
        super().__init__()
        self._of = of

    def of(self, method: str, path: Path, value: Any) -> str:
        """The mark for a value; empty if the value stays."""
        return self._of(method, path, value)


def _needles(patterns: Sequence[Pattern]) -> tuple[bytes, ...]:
    """Bytes to search for: a payload that has none of them has no secret of these patterns. Every payload has the empty one."""
    if any(not one.needles for one in patterns):
        return (b"",)
    words = {needle for one in patterns for needle in one.needles}
    head = os.path.commonprefix([*words]) or b""  # noqa: RUF071 - characters are meant, not folders
    if len(head) >= LONG_ENOUGH:
        words = {head}
    return tuple(words)
