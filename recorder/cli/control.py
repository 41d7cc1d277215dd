"""`recorder scenario` and `recorder note`: said to a recorder that runs.

Rule: a plain HTTP client of the reserved path; whatever these commands can do, curl can.
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


def post(action: str, body: dict[str, str], address: Address) -> None:
    """Have a recorder put an event on its timeline; it is in the capture when this returns.

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
            f"no recorder answers at {address} ({trouble}); say where it listens with --to HOST:PORT"
        ) from trouble
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise InputError(f"the recorder at {address} refused: {error}")
