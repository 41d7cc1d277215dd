"""Options of commands that write a capture.

Rule: light, for who is recorded waits: imports no part of the recorder.
"""

from __future__ import annotations

from typing import Annotated

import typer

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the capture if it exists.")]
