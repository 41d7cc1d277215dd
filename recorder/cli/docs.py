"""`recorder docs`: the examples of documents, held against captures.

Rule: see the package; results come by the document, summaries on standard error where a program reads the rest.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recorder.api import check_documents, load_recordings
from recorder.cli.terminal import tell, warn
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
