"""The command `recorder`, and `python -m recorder`."""

from __future__ import annotations

import os
import sys

from recorder.errors import RecorderError


def main() -> None:
    """Run a command; what the user must mend is one line on standard error and exit code 2."""
    from recorder.cli.app import app  # noqa: PLC0415 - the commands alone need it

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except RecorderError as error:
        print(f"recorder: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # standard output on a full disk, say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"recorder: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
