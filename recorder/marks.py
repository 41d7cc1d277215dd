"""Requests to a running recorder, for scenarios and notes: a plain HTTP client of its reserved path.

Rule: curl can do the same; the recorder itself checks what is posted (`proxy.control`).
"""

from __future__ import annotations

import http.client
import json

from recorder.errors import InputError
from recorder.settings import Address

TIMEOUT = 10  # seconds


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
