"""Counts and names what looks like a secret in a capture, for the person who will commit it.

Rule: nothing is masked by its form alone, so this changes nothing, and runs after the recording. Bytes are searched
first; only lines with a match are parsed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, BinaryIO

from recorder import capture
from recorder.difference import Path, path_text
from recorder.jsonrpc import as_list, value_of
from recorder.model import AnyEvent, Frame, Opened, marked
from recorder.profiles import AUTO, own_names
from recorder.secret_names import words_of
from recorder.timeline import urls
from recorder.timeline.handed_out import LONGEST, opaque, scalars

_HINTS = (b"oken", b"ecret", b"assw", b"ssphr", b"redential", b"uthoriz", b'"auth"', b'ey":', b'"event":"opened"')
_FOLDED_HINTS = (b'pin"', b'otp"', b"cvc", b"cvv", b'"eyj', b'"0000 0000', b'"0000-0000')
"""Every line with a finding contains one of these, or one of those where its letters and digits are folded, or more long
numbers than its time, or what may be an IBAN."""

_LONG_NUMBER = b"0" * 13
_TIMES = tuple(b'"time":' + space + _LONG_NUMBER for space in (b"", b" "))
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", b"abcdefghijklmnopqrstuvwxyz000000000")
_MAY_BE_IBAN = re.compile(rb'"[A-Z]{2}[0-9]{2}[ A-Z0-9]{11}')

_NAMED = re.compile(
    r"(?:.*_)?(?:api_?key|(?:access|private|secret|auth)_?key|token|secret|credentials?|passw(?:or)?d"
    r"|passphrase|auth|authorization|mnemonic)"
)
_PLACE_TOKENS = re.compile(r".*(?:page|continuation|progress|done|result|sync|cancellation)_token")
"""Tokens that mark progress and give no access."""

_CODES = (
    (re.compile(r"(?:.*_)?(?:pin|t?otp)"), re.compile(r"[0-9]{4,8}")),
    (re.compile(r"(?:.*_)?(?:cvc2?|cvv2?)"), re.compile(r"[0-9]{3,4}")),
)
"""Names of codes of few digits, with what their values are: `pin` names other things too."""

_CARD_NAME = re.compile(r"(?:.*_)?(?:card|pan|creditcard|cardnumber)(?:_.*)?")
_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")
_CARD = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[3-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35[2-8]\d{13}|6(?:011|4[4-9]\d|[25]\d\d)\d{12}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}"
)
"""Numbers as issuers of cards give them: their first digits, and how many they are."""

_ROUND = "000000"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}")
_JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
_NUMBER = re.compile(r"0x[0-9a-fA-F]*")
_INDEX = re.compile(r"\[[0-9]+\]")
_SAID = re.compile(r"(?i)(bearer |basic |token:|password:|secret:|api[-_]?key:)\S{4,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

SHORTEST = 4
"""Characters of a secret."""

LEAST_KEY = 16
"""Characters of a key in a URL's path."""

BLOCK = 1 << 18
"""Bytes that are skipped at once."""

SHOWN = 3
"""Most places on one line; more have a line each."""


class Suspects:
    """What looks like a secret in a capture.

    Args:
        profile: the name of the profile, or `auto`: names of its own are no secrets.
    """

    def __init__(self, profile: str = AUTO) -> None:
        self._own = own_names(profile)
        self._values: dict[str, set[tuple[str, str]]] = {}  # each with its places: path and method
        self._places: dict[tuple[str, str], str] = {}  # each with the option that masks it, in order
        self._numbers: set[tuple[str, str]] = set()  # places of numbers and codes that are not what their form says

    def read(self, file: BinaryIO) -> None:
        """Look at a capture.

        Raises:
            InputError: it is not a capture.
        """
        for event in capture.load(_telling(file))[1]:
            self.see(event)

    def see(self, event: AnyEvent) -> None:
        """Look at an event."""
        if isinstance(event, Opened):
            self._address(event.url)
        elif isinstance(event, Frame):
            for message in as_list(value_of(event.payload)):
                if isinstance(message, dict):
                    self._message(message)

    def _message(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        for path, value in scalars(message):
            text = str(value)
            if len(text) <= LONGEST and not marked(text):
                self._scalar(str(method) if isinstance(method, str) else "", path, text, is_text=isinstance(value, str))

    def _scalar(self, method: str, path: Path, value: str, *, is_text: bool) -> None:
        place = _place(path, method)
        names = ["_".join(words_of(name)) for name in path if isinstance(name, str)]
        if any(name.fullmatch(names[-1]) and form.fullmatch(value) for name, form in _CODES):
            self._add(value, place, str(path[-1]) if isinstance(path[-1], str) else _path_option(place))
        elif (told := _by_form(value, names, is_text=is_text)) is not None:
            if told:
                self._add(value, place, _path_option(place))
            else:
                self._numbers.add(place)
        elif is_text and len(value) >= SHORTEST:
            self._text(method, path, value)

    def _text(self, method: str, path: Path, value: str) -> None:
        named = path[-1]
        if (said := _SAID.fullmatch(value)) is not None:
            self._add(value, _place(path, method), f"'{said[1]}*'")
        elif isinstance(named, str) and not self._is_own(method, named) and not _NUMBER.fullmatch(value):
            words = "_".join(words_of(named))
            if _NAMED.fullmatch(words) and not _PLACE_TOKENS.fullmatch(words):
                self._add(value, _place(path, method), named)

    def _is_own(self, method: str, name: str) -> bool:
        """Whether a protocol has a member with such a name, and no secret in it."""
        return not self._own.isdisjoint((name.lower(), f"{method} {name}".lower()))

    def _address(self, url: str) -> None:
        path = urls.path(url)
        for segment in path.split("/"):
            if len(segment) >= LEAST_KEY and opaque(segment) and not _UUID.fullmatch(segment) and not marked(segment):
                before = path.partition(segment)[0]
                self._add(segment, ("the URL's path", ""), f"'/{re.escape(before)}([^/?]+)/'")

    def _add(self, value: str, place: tuple[str, str], option: str) -> None:
        if place not in self._numbers:
            self._values.setdefault(value, set()).add(place)
            self._places.setdefault(place, option)

    def lines(self) -> list[str]:
        """The findings in words; no lines if there are none."""
        count = sum(not places <= self._numbers for places in self._values.values())
        if not count:
            return []
        options = dict.fromkeys(option for place, option in self._places.items() if place not in self._numbers)
        masks = f"{' '.join(f'--mask {option}' for option in options)} masks {'it' if count == 1 else 'them'}"
        found = "1 value looks like a secret" if count == 1 else f"{count} values look like secrets"
        where = self._where()
        if len(where) <= SHOWN:
            return [f"{found}: {', '.join(where)}; {masks}"]
        return [f"{found}; {masks}:", *(f"  {place}" for place in where)]

    def _where(self) -> list[str]:
        """Each place once; methods that differ only in their last name are joined."""
        found: dict[str, list[str]] = {}
        for place, method in self._places:
            if (place, method) not in self._numbers:
                found.setdefault(place, []).append(method)
        return [f"{place}{_of(methods)}" for place, methods in found.items()]


def _by_form(value: str, names: list[str], *, is_text: bool) -> bool | None:
    """Whether a value is a card's number, an account's or a token; None if it does not look like any.

    Where one of them looks so and is not, its place holds other numbers: one in ten of those has the right check digit.
    """
    if _DIGITS.fullmatch(value):
        digits = re.sub("[ -]", "", value)
        issued = _CARD.fullmatch(digits) is not None or any(map(_CARD_NAME.fullmatch, names))
        return issued and _luhn(digits) and not digits.endswith(_ROUND)
    if is_text and _IBAN.fullmatch(value):
        return _iban(value.replace(" ", ""))
    return True if is_text and _JWT.fullmatch(value) else None


def _luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def _iban(text: str) -> bool:
    """Whether the check digits of an account number are right (ISO 13616)."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def looks_secret(file: File, profile: str) -> list[str]:
    """What looks like a secret in a capture that was just written, in words; nothing for a device.

    Raises:
        InputError: it is not a capture.
        OSError: it cannot be read.
    """
    found = Suspects(profile)
    if file.is_file() and file.stat().st_size:
        with file.open("rb") as opened:
            found.read(opened)
    return found.lines()


def _telling(file: BinaryIO) -> Iterator[bytes]:
    """The first line, and those that may have a finding; many are skipped at once."""
    yield file.readline()
    while block := file.read(BLOCK) + file.readline():
        if _hinted(block):
            yield from filter(_hinted, block.splitlines(keepends=True))


def _hinted(text: bytes) -> bool:
    if any(text.find(hint) >= 0 for hint in _HINTS):
        return True
    folded = text.translate(_FOLD)  # a tenth of what expressions cost
    return (
        any(folded.find(hint) >= 0 for hint in _FOLDED_HINTS)
        or folded.count(_LONG_NUMBER) > sum(map(folded.count, _TIMES))
        or _MAY_BE_IBAN.search(text) is not None
    )


def _place(path: Path, method: str) -> tuple[str, str]:
    """A place and its method; all items of a list are one, but for params by position."""
    kept = path[:2] if path[0] == "params" else path[:1]
    return path_text(kept) + _INDEX.sub("[*]", path_text((*kept, *path[len(kept) :]))[len(path_text(kept)) :]), method


def _path_option(place: tuple[str, str]) -> str:
    path, method = place
    return shlex.quote(f"{method} {path}" if method else path)


def _of(methods: list[str]) -> str:
    """The methods of a place."""
    named = [method for method in methods if method]
    if not named:
        return ""
    families = {method.rpartition(".")[0] for method in named}
    if len(named) > 1 and len(families) == 1 and families != {""}:
        named = [f"{family}.*" for family in families]
    return f" of {_some(named)}"


def _some(items: list[str]) -> str:
    return ", ".join([*items[:SHOWN], *(["…"] if len(items) > SHOWN else [])])
