"""The command `recorder`, and `python -m recorder`."""

from __future__ import annotations

import os
import sys

from recorder.errors import RecorderError


def main() -> None:
    """Run a command; what the user must mend is one line on standard error and exit code 2."""
    from recorder.cli.app import app  # noqa: PLC0415 - so that an error while importing is caught too

    try:
        app()
    except RecorderError as error:
        print(f"recorder: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
