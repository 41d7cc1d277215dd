"""Rewrites the examples that are stale or broken, each as little as makes it true.

Rule: pure, and nothing else changes, byte for byte. What is added comes from the nearest frame, or from the pinned one.
What is not true after that is left as it was: a rewritten example is kept only if a check of the whole document finds it
true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from recorder.documents import check
from recorder.documents.examples import in_document
from recorder.documents.pinning import edits_of
from recorder.documents.pins import Source
from recorder.documents.recordings import Recordings
from recorder.documents.verdicts import Result
from recorder.documents.writing import Writer
from recorder.documents.written import Edit, applied, mended

PASSES = 6
"""Most times that a document is rewritten: what is no JSON first, then what differs from the frame."""


class Updated(NamedTuple):
    """A document with its examples rewritten.

    Args:
        text: the document.
        changed: what the rewritten examples were.
        left: what a check of it still finds.
    """

    text: str
    changed: list[Result]
    left: list[Result]


def update(document: str, file: str, recordings: Recordings, source: Source) -> Updated:
    """Rewrite the stale and broken examples of a document.

    Args:
        document: its text, with whatever line ends it has.
        file: its name; `.mdx` is read as MDX.
        recordings: what was recorded.
        source: where the document's pins lead to.
    """
    before = [*check(document, file, recordings, source)]
    blocked: set[int] = set()
    while True:
        text, after = _rewritten(document, before, lambda text: [*check(text, file, recordings, source)], blocked)
        if len(after) != len(before):  # the document is another one: its blocks cannot be told apart
            return Updated(document, [], _untrue(before))
        changed = {number for number, one in enumerate(after) if one.block.source != before[number].block.source}
        failed = {number for number in changed if not after[number].is_example or _can_be_mended(after[number])}
        if not failed:
            return Updated(text, [before[number] for number in sorted(changed)], _untrue(after))
        blocked |= failed


def _rewritten(
    text: str, results: list[Result], checked: Callable[[str], list[Result]], blocked: set[int]
) -> tuple[str, list[Result]]:
    """A document and what its examples are, with all of them rewritten that can be and are not blocked."""
    for _ in range(PASSES):
        elided = _elisions(results)
        edits: list[Edit] = []
        for number, result in enumerate(results):
            if number in blocked or not _can_be_mended(result):
                continue
            if result.block.pin is None:
                edits += in_document(_edits(result, elided), result.block)
            else:
                edits += edits_of(result)
        if not edits:
            break
        text = applied(text, edits)
        results = checked(text)
    return text, results


def _can_be_mended(result: Result) -> bool:
    return result.verdict in {"stale", "broken"}


def _untrue(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.verdict != "true"]


def _edits(result: Result, elided: Mapping[str, str]) -> Iterator[Edit]:
    """The edits that make an example what was meant, or else what was recorded."""
    if result.verdict == "broken":
        yield from mended(result.problems)
        if result.problems:
            return
    for judged in result.judged:
        if judged.match is not None and judged.verdict == result.verdict:
            yield from Writer(result.block, judged, elided).edits()


def _elisions(results: list[Result]) -> dict[str, str]:
    """How the document leaves out encoded texts, by their kind: the form of the last one."""
    found = {}
    for result in results:
        for judged in result.judged:
            for pair in judged.match.pairs if judged.match is not None else ():
                node = pair.node
                if node.kind == "text" and node.elided and isinstance(pair.recorded, str):
                    assert judged.match is not None
                    if kind := judged.match.group.profile.kind_of_text(pair.recorded):
                        found[kind] = str(node.value)
    return found
