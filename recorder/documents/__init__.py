"""The examples of documents, held against what was recorded.

Rule: pure; texts and events in, results out. The parser of Markdown has its only door in `blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from recorder.documents.blocks import blocks, is_mdx
from recorder.documents.examples import example_of, why_none
from recorder.documents.judging import Judge
from recorder.documents.pinning import hold
from recorder.documents.pins import Source
from recorder.documents.recordings import Recordings
from recorder.documents.verdicts import Judged, Reason, Result, Verdict

__all__ = ["Judged", "Reason", "Recordings", "Result", "Source", "Verdict", "check"]


def check(document: str, file: str, recordings: Recordings, source: Source) -> Iterator[Result]:
    """The blocks of a document in their order: examples with their verdicts, others with why they are none.

    Args:
        document: its text, with whatever line ends it has.
        file: its name; `.mdx` is read as MDX.
        recordings: what was recorded.
        source: where the document's pins lead to.
    """
    judge = Judge(recordings)
    for block in blocks(document, mdx=is_mdx(file)):
        if block.pin is not None:
            result = hold(file, block, source)
            judge.pinned(result.judged)
            yield result
            continue
        example = example_of(block)
        if example is not None and block.ignored is not None:
            yield Result(file, block, left=block.ignored)
        elif example is not None and (judged := judge.example(example)):
            yield Result(file, block, judged, problems=example.problems)
        else:
            yield Result(file, block, left=why_none(block, example), is_example=False)
