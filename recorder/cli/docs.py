"""`recorder docs`: the examples of documents, held against captures.

Rule: see the package; results come by the document, summaries on standard error where a program reads the rest.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recorder.api import check_documents, load_recordings
from recorder.cli.terminal import tell, warn
from recorder.documents.coverage import coverage as covered
from recorder.documents.coverage import lines
from recorder.documents.report import FORMATS, Format, summary

Guides = Annotated[
    list[str], typer.Argument(metavar="GUIDE...", help="The documents (Markdown, or MDX by their names).")
]
Against = Annotated[
    list[str], typer.Option(metavar="CAPTURE", help="A capture, or a folder of captures; may be given again.")
]


def docs() -> None:
    """Hold the examples of documents against what was recorded."""


def check(
    guides: Guides,
    against: Against,
    format_: Annotated[Format, typer.Option("--format", help="How findings are printed.")] = "text",
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what is true and what is left alone too.")] = False,
) -> None:
    """Check every example of documents; exit 1 if one is not true."""
    results = check_documents(guides, load_recordings(against, warn))
    for line in FORMATS[format_](results, verbose=verbose):
        tell(line)
    if format_ != "text":
        print(summary(results), file=sys.stderr)
    raise typer.Exit(int(any(result.left is None and result.verdict != "true" for result in results)))


def coverage(
    guides: Guides,
    against: Against,
    fail_under: Annotated[
        float, typer.Option(metavar="PERCENT", help="Exit with 1 where less of what was recorded is shown.")
    ] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what is recorded and shown too.")] = False,
) -> None:
    """List the methods, events and errors that documents never show, or that nobody recorded."""
    recordings = load_recordings(against, warn)
    found = covered(recordings, check_documents(guides, recordings))
    for line in lines(found, verbose=verbose):
        tell(line)
    raise typer.Exit(int(found.share < fail_under))
