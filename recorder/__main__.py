"""The command `recorder`, and `python -m recorder`."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path

from recorder.errors import RecorderError
from recorder.escaping import escape

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as in shells."""


def main() -> None:
    """Run a command; a usage or setup error is one line on standard error, and exit code 2."""
    if sys.stdout is None:  # a service may run without one
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as we run
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from recorder.cli.app import app  # noqa: PLC0415 - the commands alone need it; Ctrl-C may come meanwhile

        try:
            app()
        finally:
            sys.stdout.flush()
    except RecorderError as error:
        _end(2, str(error))
    except KeyboardInterrupt:
        _end(INTERRUPTED)
    except BrokenPipeError:  # the reader has stopped reading (`| head`)
        _end(1)
    except OSError as error:  # for example, standard output is on a full disk
        _end(2, ": ".join(str(part) for part in (error.filename, error.strerror or error) if part is not None))


def _end(code: int, reason: str = "") -> None:
    if reason:
        print(f"recorder: {escape(reason)}", file=sys.stderr)
    else:  # what is still buffered has no reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


if __name__ == "__main__":
    main()
