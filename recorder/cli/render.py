"""`recorder render`: captures to transcripts.

Rule: see the package; everything that can fail early is tried before anything is printed.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from recorder import api
from recorder.api import render_split
from recorder.cli.options import Accounts, AnyCapture, MovedKey, NetworkIds, knowledge_of
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, as_committed, same_file, write_all
from recorder.rules import PathPattern
from recorder.settings import parse_moment
from recorder.transcript import Excerpt, Selection, Split, suffix_of
from recorder.transcript.provenance import changed

Pieces = Iterator[tuple[str, Iterable[str]]]

LARGE = 50_000_000
"""Characters of a page that browsers open slowly, if at all."""


Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="The file to write (- for standard output); with --split, the folder."),
]
TemplateName = Annotated[
    str,
    typer.Option(
        "-t",
        "--template",
        help="transcript, timestamped, annotated, summary, sequence, table, html, or the path of your own .j2 file.",
    ),
]
Splitting = Annotated[Split | None, typer.Option(help="Write one transcript for each scenario, channel or session.")]
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
        help="Only frames that call, push or answer this method, with * for anything; may be given again.",
    ),
]
Since = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Only events from this time on (2026-01-31T12:00:00; UTC unless it has a time zone)."
    ),
]
Until = Annotated[str, typer.Option(metavar="TIME", help="Only events up to this time.")]


Elide = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        show_default=False,
        help="Shorten identifiers, hashes and encoded texts to this many characters.",
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH", help="Show only this path of messages (params.data); may be given again."),
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="PATH", help="Leave out this path of messages; may be given again.")
]
Alias = Annotated[
    bool,
    typer.Option(
        "--alias", help="Print names instead of accounts and of ids that differ in each run, and a legend of the names."
    ),
]

Provenance = Annotated[
    bool,
    typer.Option(
        "--provenance", help="End with a comment that names the capture, its SHA-256, its date and its --meta pairs."
    ),
]


def render(
    path: AnyCapture,
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
    """Render a capture as Markdown, or as an HTML page."""
    output = None if str(output) == STDIN else output  # the same sign, for standard output
    if split and not (output or check):
        raise InputError("--split writes several files; name a folder with -o FOLDER")
    if output and not split and output.is_dir():
        raise InputError("is a folder; name a file, or give --split to fill a folder", file=str(output))
    if output and check:
        raise InputError("--check writes nothing; leave out -o, or check with a second command")
    if output and path != STDIN and same_file(output, Path(path)):
        raise InputError("is the capture itself; name another file with -o", file=path)
    selection = Selection(
        frozenset(party or ()), tuple(method or ()), _moment(since, "--since"), _moment(until, "--until")
    )
    knowledge = knowledge_of(account, network_id)
    excerpt = Excerpt(elide or 0, tuple(map(PathPattern, show or ())), tuple(map(PathPattern, drop or ())), alias)
    with Capture(path, warn) as capture:
        texts: Pieces = (
            render_split(capture, split, template, selection, knowledge, excerpt, warn, provenance=provenance)
            if split
            else iter([("", api.render(capture, template, selection, knowledge, excerpt, warn, provenance=provenance))])
        )
        suffix = suffix_of(template)
        if suffix == ".html":
            texts = ((name, _watched(pieces, path)) for name, pieces in texts)
        if not split:
            suffix = ""
        if check is not None:
            raise typer.Exit(_check(texts, check, suffix))
        _write(texts, output, suffix)


def _watched(pieces: Iterable[str], path: str) -> Iterator[str]:
    """The text of a page; says so once it is large, while it is written."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LARGE >= size - len(piece):
            view = f"recorder view {shlex.quote(path)}"
            warn(f"this page has more than 50 MB, and browsers open it slowly; `{view}` shows large captures")
        yield piece


def _write(texts: Pieces, output: Path | None, suffix: str) -> None:
    """Print the only text, or write each to its file, which has the suffix if there are several."""
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
    """Print the differences from the committed files, and files without a transcript; returns the exit code."""
    differs = False
    stale = set(target.glob(f"*{suffix}")) if suffix else set()
    for name, pieces in texts:
        path = target / f"{name}{suffix}" if suffix else target
        stale.discard(path)
        try:
            committed = as_committed(path.read_bytes().decode("utf-8-sig", errors="replace"))
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}; render it first with -o", file=str(path)) from error
        rendered = "".join(pieces)
        if committed != rendered:
            differs = True
            sys.stdout.writelines(_diff(committed, rendered, str(path)))
            if capture := changed(committed, rendered):
                tell(f"{path}: {capture} has changed since this was rendered")
    for path in sorted(stale):
        tell(f"{path}: the capture has nothing that renders to this file; delete it")
    return int(differs or bool(stale))


def _diff(committed: str, rendered: str, path: str) -> Iterator[str]:
    import difflib  # noqa: PLC0415 - needed only if something differs

    before, after = (text.split("\n") for text in (committed, rendered))
    for line in difflib.unified_diff(before, after, f"{path} (committed)", f"{path} (rendered)", lineterm=""):
        yield f"{line}\n"


def _moment(text: str, option: str) -> int:
    found = parse_moment(text) if text else 0
    if found is None:
        raise InputError(f"{option} {text!r}: write a time, as in 2026-01-31T12:00:00")
    return found
