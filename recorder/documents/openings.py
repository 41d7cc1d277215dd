"""Holds the URL of a session against recorded openings: the names of its parameters, their kinds, their words.

Rule: values that differ from run to run are no finding; an id that a parameter gives is known by it from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from recorder.difference import short_json
from recorder.documents.examples import Url
from recorder.documents.masks import fits, placeholders, stands_for
from recorder.documents.matching import SURE, near
from recorder.documents.recordings import CLOSED_TIMES, WORD, Recordings
from recorder.documents.verdicts import Judged
from recorder.documents.written import ELISION, Node
from recorder.model import MARK
from recorder.profiles import Profile

FEW = 8
"""Values of a parameter that may be all that there are."""

_PLAIN = "-._~:/@…"


def opening(url: Url, recordings: Recordings, whose: dict[str, str]) -> Judged | None:
    """What the URL of a session is; None where it is of something else.

    Args:
        url: as the document has it.
        recordings: what was recorded.
        whose: the document's ids with the parameters that give them, which it adds to; empty for several.
    """
    start, parameters = url.node.start, {member.name: member for member in url.node.members}
    openings = [one for one in recordings.openings if fits(one.path, url.node.value) and one.parameters]
    if not parameters or (not openings and url.tool == "curl"):
        return None
    judged = Judged("a session's URL")
    known = openings or [one for one in recordings.openings if one.parameters]
    if not known:
        judged.because("unseen", start, "no recording has an opening with parameters")
        return judged
    nearest = min(known, key=lambda one: len(one.parameters.keys() ^ parameters.keys()))
    judged.at = nearest.at
    names = {name for one in known for name in one.parameters}
    strange = parameters.keys() - names
    for name, (_name, at, _end, value) in parameters.items():
        if name in strange:
            _strange(name, at, names - parameters.keys(), judged)
        elif amiss := _parameter(value, [one.parameters[name] for one in known if name in one.parameters], recordings):
            judged.because("stale", at, f"{name} {amiss}", (name,))
        _called(name, value, at, judged, recordings, whose)
    if not strange and not ELISION.search(url.text):
        for name in sorted(names - parameters.keys()):
            if all(name in one.parameters for one in known):
                judged.because(
                    "stale", start, f"the parameter {name} is missing; every recorded opening has it", (name,)
                )
    return judged


def in_url(value: Any) -> str:
    """A parameter's value, as it stands in a URL."""
    text, at, pieces = str(value), 0, []
    for found in MARK.finditer(text):
        pieces += [quote(text[at : found.start()], safe=_PLAIN), placeholders(found[0])]
        at = found.end()
    return "".join([*pieces, quote(text[at:], safe=_PLAIN)])


def _strange(name: str, at: int, others: Iterable[str], judged: Judged) -> None:
    """A parameter that no recorded opening has: one that is misspelt, or one that nobody used."""
    what = f"no recorded opening has the parameter {name}"
    if likely := near(name, others, SURE):
        judged.because("stale", at, f"{what}; is {likely} meant?", (name,))
        return
    judged.because("unseen", at, what, (name,))


def _parameter(written: Node, recorded: list[str], recordings: Recordings) -> str:
    """What is wrong with the value of a parameter; empty where nothing is."""
    words, value = set(recorded), written.value
    if value in words or written.elided or written.kind == "any" or any(stands_for(word, written) for word in words):
        return ""
    if any(recordings.kind_of_text(word) for word in words):
        kinds = {recordings.kind_of_text(word) for word in words}
        kind = recordings.kind_of_text(value)
        return "" if kind in kinds else f"is {short_json(value)}; a text {max(kinds)}… is recorded"
    closed = len(words) <= FEW and len(recorded) >= CLOSED_TIMES * len(words)
    if not closed or not all(WORD.fullmatch(word) and not word[-1].isdigit() for word in words):
        return ""
    return f"is {short_json(value)}; recorded is {', '.join(sorted(words))}"


def _called(name: str, written: Node, at: int, judged: Judged, recordings: Recordings, whose: dict[str, str]) -> None:
    """Remember whose an id is, by the parameter that gives it."""
    value = written.value
    if written.elided or not recordings.is_id(value):
        return
    if flaw := misspelt(value, recordings.profiles):
        judged.because("broken", at, f"{name} is {short_json(value)}: {flaw[1]}")
    elif whose.setdefault(value, name) != name:
        whose[value] = ""


def misspelt(text: str, profiles: Iterable[Profile]) -> tuple[int, str] | None:
    """Where and why a text that looks encoded is not, in one of the protocols; None where nothing is wrong."""
    for profile in profiles:
        error = profile.misspelt(text)
        if error is not None:
            return error.offset, f"{error}; it was cut or mistyped"
    return None
