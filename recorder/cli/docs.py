"""`recorder docs`: the examples of documents, checked against captures.

Rule: see the package; results are printed document by document, summaries on standard error where a program reads the rest.
"""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from recorder.cli.terminal import tell, warn
from recorder.documents import Recordings
from recorder.documents.coverage import coverage as covered
from recorder.documents.coverage import lines
from recorder.documents.report import FORMATS, finding, summary, text
from recorder.documents.verdicts import Result
from recorder.errors import InputError
from recorder.guides import (
    captures_of,
    check_documents,
    load_recordings,
    pin_document,
    pinned_captures,
    update_document,
)
from recorder.interchange.files import files_in, write_all
from recorder.reporting import Format

DOCUMENTS = (".md", ".markdown", ".mdx")
"""How the names of documents end, in a folder."""


def _documents(guides: list[str]) -> list[str]:
    """The documents that are meant, each once.

    Raises:
        InputError: a folder has none.
    """
    return [*dict.fromkeys(file for guide in guides for file in (_in(guide) if Path(guide).is_dir() else [guide]))]


def _in(folder: str) -> list[str]:
    """The documents in a folder."""
    found = files_in(folder, DOCUMENTS)
    if not found:
        raise InputError(f"has no document ({', '.join(DOCUMENTS)}) in it", file=folder)
    return found


Guides = Annotated[
    list[str],
    typer.Argument(
        metavar="GUIDE...",
        callback=_documents,
        help="The documents (Markdown, or MDX by their names), and folders of them.",
    ),
]
Against = Annotated[
    list[str],
    typer.Option(
        metavar="CAPTURE",
        default_factory=list,
        show_default=False,
        help="A capture, a published transcript, or a folder of them; may be given again. Without it: what pins name.",
    ),
]
Diff = Annotated[bool, typer.Option("--diff", help="Show what would change, and write nothing.")]

Texts = list[tuple[Path, list[str]]]


def docs() -> None:
    """Check the examples of documents against recorded traffic."""


def check(
    guides: Guides,
    against: Against,
    format_: Annotated[Format, typer.Option("--format", help="How findings are printed.")] = "text",
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print what is true, left alone, or no example too.")
    ] = False,
) -> None:
    """Check every example of documents.

    Exit 1 if one is not true.
    """
    results = check_documents(guides, _recorded(guides, against)[1])
    for line in text(results, verbose=verbose) if format_ == "text" else FORMATS[format_](results):
        tell(line)
    if format_ != "text":
        print(summary(results), file=sys.stderr)
    raise typer.Exit(int(any(result.verdict != "true" for result in results)))


def coverage(
    guides: Guides,
    against: Against,
    fail_under: Annotated[
        float, typer.Option(metavar="PERCENT", help="Exit with 1 where less of what was recorded is shown.")
    ] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print what is recorded and shown too.")] = False,
) -> None:
    """List what documents never show, and what nobody recorded.

    Methods, events and errors.
    """
    _captures, recordings = _recorded(guides, against)
    found = covered(recordings, check_documents(guides, recordings))
    for line in lines(found, verbose=verbose):
        tell(line)
    raise typer.Exit(int(found.share < fail_under))


def update(guides: Guides, against: Against, diff: Diff = False) -> None:
    """Rewrite the stale and broken examples of documents.

    Exit 1 if one is still not true, or, with --diff, would change.
    """
    _captures, recordings = _recorded(guides, against)
    changed = left = 0
    texts: Texts = []
    for guide in guides:
        before, updated = update_document(guide, recordings)
        changed, left = changed + len(updated.changed), left + len(updated.left)
        _show(guide, before, updated.text, updated.changed, "rewritten", texts, diff=diff)
        for result in updated.left:
            tell(f"still not true: {finding(result)}")
    write_all(texts)
    print(f"{changed} {'would be ' if diff else ''}rewritten, {left} still not true")
    raise typer.Exit(int(left > 0 or (diff and changed > 0)))


def pin(
    guides: Guides,
    against: Against,
    values: Annotated[
        bool,
        typer.Option(
            "--values", help="Pin examples of another run too, and replace their values by those of the frame."
        ),
    ] = False,
    diff: Diff = False,
) -> None:
    """Pin true examples to the frames that they show.

    A comment before each example names its frame, so that every value is checked from then on.
    """
    captures, recordings = _recorded(guides, against)
    pinned = left = unsaid = 0
    texts: Texts = []
    for guide in guides:
        before, placed = pin_document(guide, recordings, captures, values=values)
        pinned, left, unsaid = pinned + len(placed.pinned), left + len(placed.left), unsaid + placed.unsaid
        _show(guide, before, placed.text, placed.pinned, "pinned", texts, diff=diff)
        for result in placed.left if values else ():
            tell(f"left as it is: {finding(result)}")
    write_all(texts)
    other = "no frames of one capture fit" if values else "they have values of another run, which --values replaces"
    reasons = {other: left - unsaid, "no pin can say what they leave out": unsaid}
    why = "; ".join(
        reason if count == left else f"{count} because {reason}" for reason, count in reasons.items() if count
    )
    print(f"{pinned} {'would be ' if diff else ''}pinned, {left} true but not pinned{f': {why}' if left else ''}")
    raise typer.Exit(int(diff and pinned > 0))


def _recorded(guides: list[str], against: list[str]) -> tuple[list[str], Recordings]:
    """The captures that are given, or else those that pins name, and what they hold."""
    captures = captures_of(against) if against else pinned_captures(guides)
    return captures, load_recordings(captures, warn)


def _show(guide: str, before: str, after: str, changed: list[Result], what: str, texts: Texts, *, diff: bool) -> None:
    """Print what changed in a document, and keep it to be written; or print it as a diff."""
    if diff:
        for line in unified_diff(before.split("\n"), after.split("\n"), guide, guide, lineterm=""):
            tell(line)
        return
    if after != before:
        texts.append((Path(guide), [after]))
    for result in changed:
        tell(f"{what}: {finding(result)}")
