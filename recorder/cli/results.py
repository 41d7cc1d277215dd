"""The results of a command as a file for CI, as JUnit's XML.

Rule: the file tells of this run or is not there: a command that ends before it has results leaves its reason in it, for a
report of an earlier run would be taken for this one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from recorder.errors import InputError
from recorder.interchange.files import same_file, write_all
from recorder.reporting import Case, junit

JunitFile = Annotated[Path | None, typer.Option("--junit", help="Write the results to this file, as JUnit XML.")]


class Results:
    """Where a command writes its results.

    Args:
        file: the value of `--junit`.

    Attributes:
        cases: the results that there are so far, for a file that tells of a command that did not end.
    """

    def __init__(self, file: Path | None) -> None:
        self.file, self.written = file, False
        self.cases: list[Case] = []

    def write(self, text: str) -> None:
        """Write the results, if they are wanted.

        Raises:
            InputError: they cannot be written.
        """
        if self.file is not None:
            write_all([(self.file, [text])])
        self.written = True


@contextmanager
def results(file: Path | None, suite: str, *read: str | Path | None) -> Iterator[Results]:
    """A block that makes results; if it fails before it has written them, the file says why, behind those that there are.

    Args:
        file: the value of `--junit`.
        suite: the name of the test suite.
        read: the files that the command reads, as far as they are given.

    Raises:
        InputError: the file is a folder, or one of those that are read.
    """
    if file is not None and file.is_dir():
        raise InputError("is a folder; name a file with --junit", file=str(file))
    if file is not None and any(same_file(file, Path(path)) for path in read if path is not None):
        raise InputError("is read by this command; name another file with --junit", file=str(file))
    made = Results(file)
    try:
        yield made
    except BaseException as error:  # Ctrl-C, too
        if not made.written:
            with suppress(InputError):  # the first reason is the one to tell
                made.write(junit(suite, [*made.cases, Case(suite, error=_reason(error))]))
        raise


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "the command was interrupted"
    return str(error) or type(error).__name__
