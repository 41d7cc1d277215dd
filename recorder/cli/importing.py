"""`recorder import`: transcripts to captures.

Rule: see the package; a transcript is read twice, so that it need not be held.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from recorder import __version__
from recorder.capture import FORMAT
from recorder.cli.options import Overwrite, ProfileName
from recorder.cli.terminal import warn
from recorder.errors import InputError
from recorder.interchange.files import TextFile, same_file, write_capture
from recorder.interchange.markdown import parse
from recorder.model import Header
from recorder.profiles import AUTO, check_profile
from recorder.settings import check_plain


def import_(
    path: Annotated[Path, typer.Argument(metavar="TRANSCRIPT", help="A published transcript (Markdown).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The capture to write.")],
    profile: ProfileName = AUTO,
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
    write_capture(output, header, parse(TextFile(path), profile, file=str(path), warn=warn))
