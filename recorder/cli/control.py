"""`recorder scenario` and `recorder note`: said to a recorder that runs.

Rule: whatever these commands can do, curl can.
"""

from __future__ import annotations

from typing import Annotated

import typer

from recorder.marks import post
from recorder.settings import DEFAULT_LISTEN, Address

To = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the recorder listens.")]


def scenario(
    name: Annotated[str, typer.Argument(help="From here on, the traffic belongs to this scenario.")],
    to: To = DEFAULT_LISTEN,
) -> None:
    """Begin a scenario in the capture that is being recorded."""
    post("scenario", {"name": name}, Address.parse(to))


def note(
    text: Annotated[str, typer.Argument(help="A line for the transcript.")],
    party: Annotated[str, typer.Option(help="Whose line it is.")] = "",
    to: To = DEFAULT_LISTEN,
) -> None:
    """Put a note into the capture that is being recorded."""
    post("note", {"text": text, "party": party}, Address.parse(to))
