"""What a node hands out in the headers of its answers: names of sessions, tokens, cookies.

Rule: pure. What was recorded stands for what has come, also where a mark was recorded: the newest counts.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from recorder.bindings import Bindings
from recorder.headers import Headers, cookies_set, revealed
from recorder.timeline.handed_out import HANDED

COOKIE = "cookie"
"""The kind of what is bound by a cookie alone: it may be as short as `1`."""


def exchange_headers(
    recorded: Iterable[tuple[str, str]], live: Headers, handed: Container[str], bindings: Bindings
) -> None:
    """Bind what the headers of a recorded answer stand for to what was given in their place, as of `learn_headers`.

    What was given is that of another session: that one gets what would have been given here.
    """
    recorded, came = [*recorded], {name.lower(): value for name, value in live}
    for name, value in recorded:
        given, own = came.get(name.lower(), value), bindings.get(HANDED, value) or value
        if value in handed and given != own:
            other = bindings.recorded(HANDED, given)
            bindings.rebind(HANDED, value, given)
            if other is not None:
                bindings.rebind(HANDED, other, own)
    _learn_secrets(recorded, live, bindings)


def learn_headers(
    recorded: Iterable[tuple[str, str]], live: Headers, handed: Container[str], bindings: Bindings
) -> None:
    """Bind what the headers of a recorded answer stand for in a live one.

    Args:
        recorded: of the answer.
        live: likewise.
        handed: the recorded texts that parties send back.
        bindings: what is bound, in which it is kept.
    """
    recorded, came = [*recorded], {name.lower(): value for name, value in live}
    for name, value in recorded:
        if value in handed and name.lower() in came:
            bindings.bind(HANDED, value, came[name.lower()])
    _learn_secrets(recorded, live, bindings)


def _learn_secrets(recorded: Sequence[tuple[str, str]], live: Headers, bindings: Bindings) -> None:
    """Bind what the marks and the cookies of a recorded answer stand for in a live one."""
    for name, value in recorded:
        alike = (revealed(value, other) for one, other in live if one.lower() == name.lower())
        for mark, secret in next(filter(None, alike), {}).items():
            bindings.rebind(HANDED, mark, secret)
    set_now = cookies_set(live)
    for name, value in cookies_set(recorded).items():
        if name in set_now:
            bindings.rebind(COOKIE, value, set_now[name])
