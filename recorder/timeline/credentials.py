"""Finds what masked credentials are: a token that a node has told in a body, and that its clients send back elsewhere.

Rule: pure, and a conclusion from names and order alone. A header or a parameter is masked before it is written, while
bodies stay as they were; so a mark that first appears after an answer that tells a secret is taken for that secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recorder.difference import name_of
from recorder.model import MARK, Frame, Opened, marked
from recorder.secret_names import says_secret
from recorder.timeline import urls
from recorder.timeline.handed_out import LONGEST, scalars
from recorder.timeline.steps import Step

SHORTEST = 8
"""Characters of a text that may be a credential."""

RENEWS = "refresh"
"""What is in the name of a secret that is sent in a call for another, and in no header."""


def credentials(steps: Iterable[Step]) -> dict[str, str]:
    """The recorded text that each mark stands for, of those that a node had told."""
    steps = list(steps)
    if not any(True for step in steps for _mark in _marks(step)):  # so most captures are not read for it
        return {}
    found: dict[str, str] = {}
    known: set[str] = set()
    told = ""
    for step in steps:
        for mark, by_party in _marks(step):
            if mark not in known and told and by_party:
                found[mark], told = told, ""
            known.add(mark)
        told = _told(step) or told
    return found


def _marks(step: Step) -> Iterator[tuple[str, bool]]:
    """The marks in the headers and parameters of a step, and whether its party sent them.

    What a node sends in a header is nothing that it has told in a body.
    """
    event = step.event
    if not isinstance(event, Opened | Frame):
        return
    texts = [(value, step.direction == "to_node") for _name, value in event.headers]
    if isinstance(event, Opened):
        texts += [(value, True) for value in urls.query(event.url).values()]
        texts += [(value, False) for _name, value in event.answer]
    for text, by_party in texts:
        yield from ((mark, by_party) for mark in MARK.findall(text))


def _told(step: Step) -> str:
    """The secret that a node tells in a message; of several the first that is no means to get another."""
    if step.direction != "from_node" or not isinstance(step.event, Frame):
        return ""
    secrets = (
        (RENEWS in name_of(path).lower(), value)
        for path, value in scalars(step.message)
        if isinstance(value, str)
        and SHORTEST <= len(value) <= LONGEST
        and says_secret(name_of(path))
        and not marked(value)
    )
    return min(secrets, key=lambda one: one[0], default=(False, ""))[1]
