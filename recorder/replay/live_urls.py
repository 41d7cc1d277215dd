"""Matches live URLs to recorded ones, by path and parameters.

Rule: pure. A path must be the same, except for values that were handed out; parameters are compared like values of a frame.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from recorder.bindings import Bindings, Kinds, compare
from recorder.difference import Difference
from recorder.model import marked
from recorder.profiles.parts import Substitution
from recorder.timeline import Script, urls
from recorder.timeline.handed_out import HANDED, opaque


def same_path(recorded: str, live: str, bindings: Bindings) -> bool:
    """Whether both URLs have the same path; a session whose URL nobody recorded was at any."""
    return not recorded or _live(urls.path(recorded), bindings) == urls.path(live)


def live_path(recorded: str, party: str, bindings: Bindings, substitution: Substitution) -> str:
    """The path and parameters to open a session with, as it was recorded.

    Args:
        recorded: its URL; of a session that was open before the capture began there is none, and what a node must know
            is said instead.
        party: whose it is.
        bindings: what stands for what.
        substitution: the profile's part.
    """
    parts = urls.parts(recorded)
    if urls.is_http(recorded):
        asked, mark, query = urls.request_target(recorded).partition("?")
        return f"{_live(asked, bindings)}{mark}{_live_query(query, bindings)}"
    path, parameters = parts.path or "/", urls.query(recorded)
    if not parts.netloc and not parameters:
        parameters = substitution.parameters(party)
        path = parts.path or ("/channel" if parameters else "/")
    live = {name: _value(value, bindings, substitution) for name, value in parameters.items()}
    return urls.target(_live(path, bindings), live)


def _value(recorded: str, bindings: Bindings, substitution: Substitution) -> str:
    made = substitution.text(recorded)
    return made if made != recorded else str(bindings.get(HANDED, recorded) or recorded)


def _live(path: str, bindings: Bindings) -> str:
    """A path with what was handed out in it, segment by segment."""
    return "/".join(str(_handed(segment, bindings) or _sendable(segment)) for segment in path.split("/"))


def _handed(segment: str, bindings: Bindings) -> Any:
    """What stands for a segment; a protocol may have a kind of its own for what was handed out."""
    return bindings.get(HANDED, segment) or (bindings.of_any_kind(segment) if opaque(segment) else None)


def _live_query(query: str, bindings: Bindings) -> str:
    """A query with what was handed out in it; what was not stands as it was written."""
    pairs = []
    for pair in query.split("&"):
        name, sign, value = pair.partition("=")
        live = bindings.get(HANDED, unquote_plus(value))
        live = value if live is None and marked(value) else live
        pairs.append(pair if live is None else f"{name}{sign}{quote_plus(str(live))}")
    return "&".join(pairs)


def _sendable(segment: str) -> str:
    """A segment of a path as it may be sent: a masked one is none."""
    return quote(segment) if marked(segment) else segment


def differences(recorded: str, live: str, bindings: Bindings, kinds: Kinds) -> list[Difference]:
    """In what the parameters of a live URL differ; none where no parameters are recorded."""
    parameters = urls.query(recorded)
    if not parameters:
        return []
    return compare(urls.compared(parameters), urls.compared(urls.query(live)), bindings, kinds, path=("url",))


def distance(recorded: str, live: str) -> int:
    """In how many parameters a live URL is not the recorded one, letter for letter; in none where no URL was recorded."""
    one, other = (urls.compared(urls.query(url)) for url in (recorded, live))
    return sum(one.get(name) != other.get(name) for name in {*one, *other}) if recorded else 0


def suits(script: Script, session: int, live: str, bindings: Bindings, *, anywhere: bool) -> bool:
    """Whether a live session with this URL may be a recorded one.

    Args:
        script: what was recorded.
        session: the recorded one.
        live: with `ws:`, `http:` or `stdio:` before its path, where that is known.
        bindings: what stands for what.
        anywhere: whether its path may be any.
    """
    recorded, role = script.urls.get(session, ""), script.profile(session).role(live)
    if role and role != script.parties.get(session, ""):
        return False
    if (over := urls.carrier(recorded)) and urls.carrier(live) not in {"", over}:
        return False
    return anywhere or same_path(recorded, live, bindings)
