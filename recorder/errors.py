"""Every error this project raises on purpose: one base, and three classes by what the user can do about them.

Rule: an error carries data (file, line, path, offset) and builds its one line of text from it; the line says
what to do next. Malformed *traffic* is never an error: it is recorded as it is.
"""

from __future__ import annotations

import os


class RecorderError(Exception):
    """Base of all errors of this project; its `str()` is one line for a terminal."""


class InputError(RecorderError):
    """An input that cannot be used: a file, an address, an option, a template.

    Args:
        reason: what is wrong and what to do about it.
        file: the file, if there is one.
        line: the line in that file, counted from 1; 0 for none.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0) -> None:
        self.reason, self.file, self.line = reason, file, line
        where = f"{file}:{line}: " if line else f"{file}: " if file else ""
        super().__init__(where + reason)


def reason_of(error: OSError) -> str:
    """Why the operating system refused: in its own words, where it has a number for it."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or str(error)


def lacking(what: str, library: str, extra: str) -> InputError:
    """The error for something that needs a library of an extra of this package, which is not installed."""
    return InputError(f"{what} needs {library}; install it with `pip install 'jsonrpc-recorder[{extra}]'`")


class CaptureWriteError(RecorderError):
    """The capture cannot be written any more (disk full, file size limit), so the traffic must stop.

    Args:
        file: the capture.
        cause: the operating system's error.
    """

    def __init__(self, file: str, cause: OSError) -> None:
        self.file, self.cause = file, cause
        super().__init__(f"{file}: cannot write the capture: {cause.strerror or cause}")


class DecodeError(RecorderError):
    """Bytes or text that the æternity node would reject.

    Args:
        reason: what is wrong.
        path: the element, as in `signed_tx.transaction.channel_id`; empty for the whole.
        offset: position in the decoded bytes (in the text, for an error of the text encoding).
    """

    def __init__(self, reason: str, *, path: str = "", offset: int = 0) -> None:
        self.reason, self.path, self.offset = reason, path, offset
        where = f"{path}: " if path else ""
        super().__init__(f"{where}{reason} (offset {offset})")
