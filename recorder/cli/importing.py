"""`recorder import` and `recorder export`: other tools' files to captures, and captures to other tools' files.

Rule: see the package; what a format is, is for `interchange.formats` to say.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from recorder.cli.options import CaptureName, ProfileName
from recorder.cli.output import Mask, MaskNone, Output, Overwrite, check_capture, check_new
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, same_file, staging, write_capture
from recorder.interchange.formats import Source, format_for, format_of, named, readable, writable
from recorder.masking import Masking
from recorder.profiles import AUTO, check_profile
from recorder.sinks.capture_file import new_header

Partial = Annotated[
    bool, typer.Option("--partial", help="The log may begin late: messages before it count as unknown, not as missing.")
]
KeyLog = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The keys of TLS for a capture of the network, as SSLKEYLOGFILE names them."),
]
Sent = Annotated[
    bool | None,
    typer.Option(
        "--sent/--received",
        help="All messages went to the node, or came from it, in a file that does not say which did.",
        show_default=False,
    ),
]


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A published transcript, another tool's file, or a folder of them; - for standard input.",
        ),
    ],
    output: Output,
    format_: Annotated[
        str, typer.Option("--format", help=f"What the file is: {', '.join(readable())}.", show_default="by its content")
    ] = "",
    profile: ProfileName = AUTO,
    sent: Sent = None,
    partial: Partial = False,
    keylog: KeyLog = None,
    mask: Mask = None,
    mask_none: MaskNone = False,
    overwrite: Overwrite = False,
) -> None:
    """Read a transcript, or another tool's file, into a capture."""
    check_profile(profile)
    if same_file(output, path):
        raise InputError("is the file itself; name another file with -o", file=str(path))
    check_capture(output, overwrite=overwrite)
    masking = Masking(mask or (), profile, off=mask_none)
    with _at_hand(path) as file:
        called = "standard input" if file is not path else ""
        source = Source(file, called, profile, partial=partial, sent=sent, keys=keylog, masking=masking, warn=warn)
        known = named(format_) if format_ else format_of(source)
        header = new_header(
            profile=profile,
            info="noted" if known.noted else "derived",
            meta={"imported": called or path.name},
        )
        write_capture(output, header, known.load().read(source))


@contextmanager
def _at_hand(path: Path) -> Iterator[Path]:
    """The file to read; of standard input a copy, because formats look at what they read more than once."""
    if str(path) != STDIN:
        yield path
        return
    with NamedTemporaryFile(prefix="recorder-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def export(
    path: CaptureName,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write, or the folder; its name says the format.")
    ],
    format_: Annotated[
        str, typer.Option("--format", help=f"What to write: {', '.join(writable())}.", show_default="by the name")
    ] = "",
    overwrite: Overwrite = False,
) -> None:
    """Write a capture as another tool's file."""
    known = named(format_, written=True) if format_ else format_for(output)
    if same_file(output, Path(path)):
        raise InputError("is the capture itself; name another file with -o", file=path)
    if not overwrite and output.is_dir() and any(output.iterdir()):
        raise InputError("is a folder with files; name another, or add to it with --overwrite", file=str(output))
    check_new(output, overwrite=overwrite)
    with Capture(path, warn) as capture, staging() as stage:
        lost = known.load().write(capture, output, stage)
    if lost:
        tell(f"{output}: {known.title} cannot hold {', '.join(f'{what} ({count:,})' for what, count in lost.items())}")
