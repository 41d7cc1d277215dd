"""`recorder scenario` and `recorder note`: requests to a running recorder.

Rule: a plain HTTP client of the reserved path; curl can do the same.
"""

from __future__ import annotations

from typing import Annotated

import typer

from recorder.marks import post
from recorder.settings import DEFAULT_LISTEN, Address

OTHERWISE = "give its address with --to HOST:PORT"

To = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the recorder listens.")]


def scenario(
    name: Annotated[str, typer.Argument(help="The name of the scenario: it has all traffic from now on.")],
    to: To = DEFAULT_LISTEN,
) -> None:
    """Start a scenario in the capture that a running recorder writes."""
    post("scenario", {"name": name}, Address.parse(to), OTHERWISE)


def note(
    text: Annotated[str, typer.Argument(help="The text of the note.")],
    party: Annotated[str, typer.Option(help="The party that the note belongs to.")] = "",
    to: To = DEFAULT_LISTEN,
) -> None:
    """Add a note to the capture that a running recorder writes."""
    post("note", {"text": text, "party": party}, Address.parse(to), OTHERWISE)
