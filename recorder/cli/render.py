"""`recorder render`: captures to transcripts.

Rule: see the package; nothing is printed before everything that can fail early has been tried.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recorder import api
from recorder.api import render_split
from recorder.cli.options import Accounts, MovedKey, NetworkIds, knowledge_of
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, as_committed, same_file, write_all
from recorder.model import SECOND
from recorder.rules import Place
from recorder.transcript import Excerpt, Selection, Split, suffix_of
from recorder.transcript.provenance import changed

Pieces = Iterator[tuple[str, Iterable[str]]]


CapturePath = Annotated[str, typer.Argument(metavar="CAPTURE", help="The capture, plain or .zst; - is standard input.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write to this file (- is standard output), or with --split into this folder."),
]
TemplateName = Annotated[
    str,
    typer.Option(
        "-t",
        "--template",
        help="transcript, timestamped, annotated, summary, sequence, table, html, or the path of your own .j2.",
    ),
]
Splitting = Annotated[Split | None, typer.Option(help="One transcript for each of these.")]
Check = Annotated[
    Path | None,
    typer.Option(help="Compare with this file (folder, with --split) instead of writing; exit 1 if it differs."),
]
Parties = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this party's events; may be given again.")
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Only frames that call, push or answer this method (shell pattern); may be given again.",
    ),
]
Since = Annotated[
    str,
    typer.Option(metavar="TIME", help="Only from this time on (2026-01-31T12:00:00, UTC unless it says otherwise)."),
]
Until = Annotated[str, typer.Option(metavar="TIME", help="Only up to this time.")]


Elide = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        show_default=False,
        help="Of identifiers, hashes and encoded texts, leave so many characters.",
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH", help="Of messages, only what is at this path (params.data); may be given again."),
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="PATH", help="Leave out what is at this path; may be given again.")
]
Alias = Annotated[
    bool,
    typer.Option("--alias", help="Names in the place of accounts and of what is handed out, and a legend of them."),
]

Provenance = Annotated[
    bool,
    typer.Option("--provenance", help="End with a comment: the capture, its SHA-256, its date, what --meta gave it."),
]


def render(
    path: CapturePath,
    output: Output = None,
    template: TemplateName = "transcript",
    split: Splitting = None,
    check: Check = None,
    party: Parties = None,
    method: Methods = None,
    since: Since = "",
    until: Until = "",
    elide: Elide = None,
    show: Show = None,
    drop: Drop = None,
    alias: Alias = False,
    provenance: Provenance = False,
    account: Accounts = None,
    network_id: NetworkIds = None,
    _key: MovedKey = None,
) -> None:
    """Render a capture as Markdown, or as a page."""
    output = None if str(output) == STDIN else output  # the same sign, for standard output
    if split and not (output or check):
        raise InputError("--split makes several files; say where with -o FOLDER")
    if output and check:
        raise InputError("--check writes nothing; leave out -o, or check in a second command")
    if output and path != STDIN and same_file(output, Path(path)):
        raise InputError("is the capture itself; name another file with -o", file=path)
    selection = Selection(frozenset(party or ()), tuple(method or ()), _moment(since), _moment(until))
    knowledge = knowledge_of(account, network_id)
    excerpt = Excerpt(elide or 0, tuple(map(Place, show or ())), tuple(map(Place, drop or ())), alias)
    with Capture(path, warn) as capture:
        texts: Pieces = (
            render_split(capture, split, template, selection, knowledge, excerpt, warn, provenance=provenance)
            if split
            else iter([("", api.render(capture, template, selection, knowledge, excerpt, warn, provenance=provenance))])
        )
        if check is not None:
            raise typer.Exit(_check(texts, check, suffix_of(template) if split else ""))
        _write(texts, output, suffix_of(template) if split else "")


def _write(texts: Pieces, output: Path | None, suffix: str) -> None:
    """Print the only text, or write each to its file, which has the suffix where there are several."""
    if output is None:
        for _name, pieces in texts:
            for piece in pieces:  # bytes: a transcript is UTF-8, whatever the terminal's language
                sys.stdout.buffer.write(piece.encode())
    elif not suffix:
        write_all((output, pieces) for _name, pieces in texts)
    else:
        for written in write_all((output / f"{name}{suffix}", pieces) for name, pieces in texts):
            print(written)


def _check(texts: Pieces, target: Path, suffix: str) -> int:
    """Print the differences from what is committed, and what is committed of nothing; the exit code."""
    differs = False
    stale = set(target.glob(f"*{suffix}")) if suffix else set()
    for name, pieces in texts:
        path = target / f"{name}{suffix}" if suffix else target
        stale.discard(path)
        try:
            committed = as_committed(path.read_bytes().decode(errors="replace"))
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}; render it first with -o", file=str(path)) from error
        rendered = "".join(pieces)
        if committed != rendered:
            differs = True
            sys.stdout.writelines(_diff(committed, rendered, str(path)))
            if capture := changed(committed, rendered):
                tell(f"{path}: {capture} has changed since this was rendered")
    for path in sorted(stale):
        tell(f"{path}: nothing in the capture renders to this file")
    return int(differs or bool(stale))


def _diff(committed: str, rendered: str, path: str) -> Iterator[str]:
    import difflib  # noqa: PLC0415 - what is as it should be needs none

    before, after = (text.split("\n") for text in (committed, rendered))
    for line in difflib.unified_diff(before, after, f"{path} (committed)", f"{path} (rendered)", lineterm=""):
        yield f"{line}\n"


def _moment(text: str) -> int:
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no time; write it as 2026-01-31T12:00:00") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * SECOND)
