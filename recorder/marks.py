"""Sends scenarios and notes to a running recorder, as HTTP requests to its reserved path.

Rule: nothing that curl could not do; the recorder checks what it receives (`proxy.control`).
"""

from __future__ import annotations

import http.client
import json

from recorder.errors import InputError
from recorder.settings import Address

TIMEOUT = 10  # seconds


def post(action: str, body: dict[str, str], address: Address, otherwise: str = "") -> None:
    """Add an event to the capture of a recorder; it is written when this returns.

    Args:
        action: `scenario` or `note`.
        body: what it says.
        address: of the recorder.
        otherwise: what a user may do where there is none.

    Raises:
        InputError: there is no recorder at the address, or it refused the event.
    """
    connection = http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT)
    try:
        connection.request("POST", f"/.recorder/{action}", json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
        error = json.loads(response.read()).get("error", response.reason)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as trouble:
        advice = f"; {otherwise}" if otherwise else ""
        raise InputError(f"no recorder answers at {address} ({trouble}){advice}") from trouble
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise InputError(f"the recorder at {address} refused: {error}")
