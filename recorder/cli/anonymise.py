"""`recorder anonymise`: writes a copy of a capture that can be published.

Rule: see the package; each value that cannot be replaced is reported on a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recorder.api import anonymise as anonymised
from recorder.api import load
from recorder.cli.output import Mask, Output, Overwrite, check_capture
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.interchange.files import same_file, write_capture
from recorder.suspects import looks_secret
from recorder.wording import counted


def anonymise(
    path: Annotated[Path, typer.Argument(metavar="CAPTURE", help="The capture to read.")],
    output: Output,
    mask: Mask = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a copy of a capture that can be published.

    Accounts, ids, hashes and hosts are replaced; the copy can still be played.
    """
    if same_file(output, path):
        raise InputError("is the capture itself; name another file with -o", file=str(path))
    check_capture(output, overwrite=overwrite)
    with load(path) as capture:
        made = anonymised(capture, mask or ())
    for note in made.notes:
        warn(f"{path}: {note}")
    write_capture(output, made.header, made)
    tell(f"{output}: {counted(made.replaced, 'value')} replaced")
    for line in looks_secret(output, made.header.profile):
        tell(line)
