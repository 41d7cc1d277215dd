"""True examples that have no pin, message by message: what is pinned.

Rule: pure; it only says which entries an example may be of, and whose the document says they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from recorder.documents.examples import example_of
from recorder.documents.verdicts import Judged, Result
from recorder.documents.written import Node

OPENING = "an opening"
"""What the URL of a session is about."""


class Part(NamedTuple):
    """A message of an example, or a session's URL.

    Args:
        judged: what the check says of it.
        node: it, as it is written.
        about: what it is about.
        party: that the document names for it; empty where it names none.
    """

    judged: Judged
    node: Node
    about: Any
    party: str


@dataclass(frozen=True, eq=False)
class Unpinned:
    """A true example that has no pin.

    Args:
        result: of the check.
        parts: its messages, or its URLs.
        batch: whether they are those of one batch.
    """

    result: Result
    parts: tuple[Part, ...]
    batch: bool


def unpinned(result: Result) -> Unpinned | None:
    """A true example with its messages, or with its URLs if it has none; None where they belong to no entries."""
    groups = [one.match.group for one in result.judged if one.match is not None]
    example = example_of(result.block)
    assert example is not None, "it was checked"
    if len(groups) == len(example.messages) > 0:
        parts = [
            Part(judged, node, (group.key, group.label, group.direction), sender.party)
            for judged, (node, sender), group in zip(
                result.judged[-len(groups) :], example.messages, groups, strict=True
            )
        ]
    elif not example.messages and len(example.urls) == len(result.judged):
        parts = [Part(judged, url.node, OPENING, "") for judged, url in zip(result.judged, example.urls, strict=True)]
    else:
        return None
    return Unpinned(result, tuple(parts), example.batch)
