"""`recorder scenario` and `recorder note`: requests to a running recorder.

Rule: a plain HTTP client of the reserved path; curl can do the same.
"""

from __future__ import annotations

import http.client
import json
from typing import Annotated

import typer

from recorder.errors import InputError
from recorder.settings import DEFAULT_LISTEN, Address

TIMEOUT = 10  # seconds

To = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the recorder listens.")]


def scenario(
    name: Annotated[str, typer.Argument(help="The name of the scenario: it has all traffic from now on.")],
    to: To = DEFAULT_LISTEN,
) -> None:
    """Start a scenario in the capture that a running recorder writes."""
    post("scenario", {"name": name}, Address.parse(to))


def note(
    text: Annotated[str, typer.Argument(help="The text of the note.")],
    party: Annotated[str, typer.Option(help="The party that the note belongs to.")] = "",
    to: To = DEFAULT_LISTEN,
) -> None:
    """Add a note to the capture that a running recorder writes."""
    post("note", {"text": text, "party": party}, Address.parse(to))


def post(action: str, body: dict[str, str], address: Address) -> None:
    """Ask a recorder to put an event on its timeline; it is in the capture when this returns.

    Raises:
        InputError: no recorder answers there, or it refused.
    """
    connection = http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT)
    try:
        connection.request("POST", f"/.recorder/{action}", json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
        error = json.loads(response.read()).get("error", response.reason)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as trouble:
        raise InputError(
            f"no recorder answers at {address} ({trouble}); give its address with --to HOST:PORT"
        ) from trouble
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise InputError(f"the recorder at {address} refused: {error}")
