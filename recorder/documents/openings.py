"""Holds the URL of a session against recorded openings: the names of its parameters, their kinds, their words.

Rule: values that differ from run to run are no finding; an id that a parameter gives is known by it from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote_plus

from recorder.difference import shortened
from recorder.documents.examples import Url
from recorder.documents.matching import SURE, near
from recorder.documents.recordings import CLOSED_TIMES, WORD, Recordings
from recorder.documents.verdicts import Judged
from recorder.documents.written import ELISION, Kind, Member, Node, pieces_of
from recorder.profiles import Profile
from recorder.timeline import urls

FEW = 8
"""Values of a parameter that may be all that there are."""

_PLACES = ("<", "$", "{")
"""What begins a placeholder for a parameter's value."""

_PARAMETER = re.compile(r"(?P<name>[^&=]+)(?:(?P<equals>=)(?P<value>[^&]*))?")
_PLAIN = "-._~:/@…"


def opening(url: Url, recordings: Recordings, whose: dict[str, str]) -> Judged | None:
    """What the URL of a session is; None where it is of something else.

    Args:
        url: as the document has it.
        recordings: what was recorded.
        whose: the document's ids with the parameters that give them, which it adds to; empty for several.
    """
    whole = url.text if "://" in url.text else f"ws://{url.text}"
    parameters = {name: value for name, value in urls.query(whole).items() if not ELISION.search(name)}
    path = urls.path(whole)
    openings = [one for one in recordings.openings if one.path == path and one.parameters]
    if not parameters or (not openings and url.tool == "curl"):
        return None
    judged = Judged("a session's URL")
    known = openings or [one for one in recordings.openings if one.parameters]
    if not known:
        judged.because("unseen", url.start, "no recording has an opening with parameters")
        return judged
    nearest = min(known, key=lambda one: len(one.parameters.keys() ^ parameters.keys()))
    judged.at = nearest.at
    names = {name for one in known for name in one.parameters}
    strange = parameters.keys() - names
    for name, value in parameters.items():
        at = url.start + max(url.text.find(f"{name}="), 0)
        if name in strange:
            _strange(name, at, names - parameters.keys(), judged)
        elif amiss := _parameter(value, [one.parameters[name] for one in known if name in one.parameters], recordings):
            judged.because("stale", at, f"{name} {amiss}", (name,))
        _called(name, value, at, judged, recordings, whose)
    if not strange and not ELISION.search(url.text):
        for name in sorted(names - parameters.keys()):
            if all(name in one.parameters for one in known):
                judged.because(
                    "stale", url.start, f"the parameter {name} is missing; every recorded opening has it", (name,)
                )
    return judged


def as_node(url: Url) -> Node:
    """The URL of a session as an object of its parameters, with its path as the value; the host does not count."""
    text = url.text.partition("#")[0]
    node = Node("object", url.start, url.end, urls.path(url.text if "://" in text else f"ws://{text}"))
    query = text.find("?") + 1 or len(text)
    for found in _PARAMETER.finditer(text, query):
        if found["equals"] is None and ELISION.search(found[0]):
            node.elided = True
            continue
        name, value = unquote_plus(found["name"]), unquote_plus(found["value"] or "")
        at, start = url.start + found.start(), url.start + found.end("name") + len(found["equals"] or "")
        any_value = value.startswith(_PLACES)
        pieces = () if any_value else pieces_of(value)
        kind: Kind = "any" if any_value else "text"
        one = Node(kind, start, url.start + found.end(), value, elided=bool(pieces), pieces=pieces)
        node.members.append(Member(name, at, start, one))
    return node


def in_url(value: Any) -> str:
    """A parameter's value, as it stands in a URL."""
    return quote(str(value), safe=_PLAIN)


def _strange(name: str, at: int, others: Iterable[str], judged: Judged) -> None:
    """A parameter that no recorded opening has: one that is misspelt, or one that nobody used."""
    what = f"no recorded opening has the parameter {name}"
    if likely := near(name, others, SURE):
        judged.because("stale", at, f"{what}; is {likely} meant?", (name,))
        return
    judged.because("unseen", at, what, (name,))


def _parameter(value: str, recorded: list[str], recordings: Recordings) -> str:
    """What is wrong with the value of a parameter; empty where nothing is."""
    words = set(recorded)
    if value in words or ELISION.search(value) or value.startswith(_PLACES):
        return ""
    if any(recordings.kind_of_text(word) for word in words):
        kinds = {recordings.kind_of_text(word) for word in words}
        kind = recordings.kind_of_text(value)
        return "" if kind in kinds else f"is {shortened(value)}; a text {max(kinds)}… is recorded"
    closed = len(words) <= FEW and len(recorded) >= CLOSED_TIMES * len(words)
    if not closed or not all(WORD.fullmatch(word) and not word[-1].isdigit() for word in words):
        return ""
    return f"is {shortened(value)}; recorded is {', '.join(sorted(words))}"


def _called(name: str, value: str, at: int, judged: Judged, recordings: Recordings, whose: dict[str, str]) -> None:
    """Remember whose an id is, by the parameter that gives it."""
    if ELISION.search(value) or not recordings.is_id(value):
        return
    if flaw := misspelt(value, recordings.profiles):
        judged.because("broken", at, f"{name} is {shortened(value)}: {flaw[1]}")
    elif whose.setdefault(value, name) != name:
        whose[value] = ""


def misspelt(text: str, profiles: Iterable[Profile]) -> tuple[int, str] | None:
    """Where and why a text that looks encoded is not, in one of the protocols; None where nothing is wrong."""
    for profile in profiles:
        error = profile.misspelt(text)
        if error is not None:
            return error.offset, f"{error}; it was cut or mistyped"
    return None
