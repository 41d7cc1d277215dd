"""`recorder check`: a capture held against an OpenRPC document.

Rule: see the package; the libraries of the extra are imported when the document is read.
"""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from recorder.cli.options import AnyCapture
from recorder.cli.results import JunitFile, results
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError, lacking
from recorder.interchange.files import Capture, read_head
from recorder.reporting import Format

Specification = Annotated[
    Path, typer.Option("--openrpc", metavar="FILE", help="The OpenRPC document that the traffic must obey.")
]


def check(
    path: AnyCapture,
    openrpc: Specification,
    format_: Annotated[Format, typer.Option("--format", help="How violations are printed.")] = "text",
    junit_file: JunitFile = None,
) -> None:
    """Check a capture against an OpenRPC document.

    Exit 1 if it does not obey the document.
    """
    with results(junit_file, path, path, openrpc) as reported:
        try:
            from recorder.openrpc.checking import Checking  # noqa: PLC0415 - its libraries are an extra
            from recorder.openrpc.document import LARGEST, Document  # noqa: PLC0415
            from recorder.openrpc.report import FORMATS, Kinds, failed, junit, summary  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise lacking("`recorder check`", str(error.name), "openrpc") from error

        kinds = Kinds()
        try:
            checking = Checking(Document(read_head(str(openrpc), LARGEST + 1), str(openrpc)))
            with Capture(path, warn) as capture:
                found = kinds.seen(checking.violations(capture.header.profile, capture))
                if format_ == "text":
                    deque(found, maxlen=0)
                    lines = [line for _method, line in kinds.lines(path)]
                else:
                    lines = [*FORMATS[format_](path, found)]
        except InputError as error:
            if format_ == "sarif":
                tell(failed(str(error)))
            raise
        reported.write(junit(path, kinds, checking.methods))
    for line in lines:
        tell(line)
    print(summary(kinds, checking.methods), file=sys.stdout if format_ == "text" else sys.stderr)
    raise typer.Exit(int(bool(kinds.total)))
