"""Who may ask: this machine, its own page, and whoever has the token.

Rule: pure; decided from a request's headers before anything is looked at. A name that was rebound to this machine is in
`Host`, another site's page in `Origin` and `Sec-Fetch-Site`: both are refused, and nothing is ever allowed to another
origin.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

OWN_SITES = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says where the page itself asks, or somebody typed the address."""

COOKIE, PARAMETER = "recorder_token", "token"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Of every answer, whatever it is."""


@dataclass(frozen=True)
class Asked:
    """A request, as far as it tells who asks.

    Args:
        headers: by their names in small letters.
        changes: whether it would change something.
        token: that it brings, in its URL, a header or a cookie.
    """

    headers: Mapping[str, str]
    changes: bool = False
    token: str = ""


@dataclass(frozen=True)
class Guard:
    """Refuses whom the page is not for.

    Args:
        host: the address that is listened on.
        port: the port.
        token: that must be brought; empty where none is needed.
    """

    host: str
    port: int
    token: str = ""

    def refusal(self, asked: Asked) -> tuple[int, str] | None:
        """The status and the reason of a refusal; None where the request is answered."""
        if not self._is_own(asked.headers.get("host", "")):
            return 403, "this address is not the recorder's: open the one that it printed"
        if self.token and not hmac.compare_digest(asked.token.encode(), self.token.encode()):
            return 401, "open the address with the token that `recorder view` was given"
        own, origin = f"http://{asked.headers.get('host', '')}", asked.headers.get("origin")
        if asked.headers.get("sec-fetch-site", "none") not in OWN_SITES or origin not in {None, own}:
            return 403, "no other page may read this"
        if asked.changes and origin is None:
            return 403, "only the page itself may do that"
        if asked.changes and not _is_json(asked.headers.get("content-type", "")):
            return 415, "the body must be JSON, with content-type: application/json"
        return None

    def _is_own(self, host: str) -> bool:
        """Whether `Host` is an address that is listened on, and no name that somebody else may have chosen."""
        name, _colon, port = host.rpartition(":")
        if not port.isascii() or not port.isdigit() or int(port or 0) != self.port:
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if name == self.host.lower() or (name == "localhost" and _is_loopback(self.host)):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        everywhere = self.host in {"", "0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        return everywhere or (address.is_loopback and _is_loopback(self.host))


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches what listens there."""
    return _is_loopback(host) and host not in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not listened on
