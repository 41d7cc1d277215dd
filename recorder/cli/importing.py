"""`recorder import`: transcripts to captures.

Rule: see the package; a transcript is read twice, so that it need not be held in memory.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from recorder import __version__
from recorder.capture import FORMAT
from recorder.cli.options import ProfileName
from recorder.cli.output import Overwrite
from recorder.cli.terminal import warn
from recorder.errors import InputError
from recorder.interchange.files import TextFile, same_file, write_capture
from recorder.interchange.markdown import parse
from recorder.model import AnyEvent, Header
from recorder.profiles import AUTO, check_profile
from recorder.settings import check_plain
from recorder.timeline.greetings import Greetings

Partial = Annotated[
    bool, typer.Option("--partial", help="The log may begin late: messages before it count as unknown, not as missing.")
]


def import_(
    path: Annotated[Path, typer.Argument(metavar="TRANSCRIPT", help="A published transcript (Markdown).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The capture file to write.")],
    profile: ProfileName = AUTO,
    partial: Partial = False,
    overwrite: Overwrite = False,
) -> None:
    """Read a published transcript back into a capture."""
    check_profile(profile)
    if same_file(output, path):
        raise InputError("is the transcript itself; name another file with -o", file=str(path))
    check_plain(output)
    if output.is_file() and output.stat().st_size and not overwrite:
        raise InputError("exists already; name another file, or replace it with --overwrite", file=str(output))
    header = Header(
        format=FORMAT,
        run=uuid.uuid4().hex,
        recorder=__version__,
        profile=profile,
        info="noted",
        meta={"imported": path.name},
    )
    events = parse(TextFile(path), profile, file=str(path), partial=partial, warn=warn)
    write_capture(output, header, events if partial else _looked_at(events, profile, path))


def _looked_at(events: Iterator[AnyEvent], profile: str, path: Path) -> Iterator[AnyEvent]:
    greetings = Greetings(profile)
    for event in events:
        greetings.see(event)
        yield event
    if late := greetings.late:
        warn(f"{path}: {late}, unlike the others; if their logs begin late, import it with --partial")
