"""Access control of the page: only this machine, only the page itself, and the token if there is one.

Rule: pure; decides from the headers, before anything else of a request is used. DNS rebinding shows in `Host`, another
site's page in `Origin` and `Sec-Fetch-Site`: both are refused. There are no CORS headers, so no other origin is allowed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from recorder.settings import ip_of, is_everywhere, is_loopback

OWN_SITES = frozenset({"same-origin", "none"})
"""Values of `Sec-Fetch-Site` if the request comes from the page itself, or from a typed address."""

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
"""Headers of every response."""


@dataclass(frozen=True)
class Asked:
    """The parts of a request that decide about access.

    Args:
        headers: the headers, by lower-case names.
        changes: whether the request changes something (POST).
        token: its token, from the URL, a header or a cookie.
    """

    headers: Mapping[str, str]
    changes: bool = False
    token: str = ""


@dataclass(frozen=True)
class Guard:
    """Refuses requests without access.

    Args:
        host: the address that the server listens on.
        port: its port.
        token: the required token; empty if none is required.
    """

    host: str
    port: int
    token: str = ""

    def refusal(self, asked: Asked) -> tuple[int, str] | None:
        """The status and the reason of a refusal; None if the request is allowed."""
        if not self._is_own(asked.headers.get("host", "")):
            return 403, "the Host header is not an address of this page; open the address that `recorder view` printed"
        if self.token and not hmac.compare_digest(asked.token.encode(), self.token.encode()):
            return 401, "the token is missing or wrong; open the address that `recorder view` printed"
        own, origin = f"http://{asked.headers.get('host', '')}", asked.headers.get("origin")
        if asked.headers.get("sec-fetch-site", "none") not in OWN_SITES or origin not in {None, own}:
            return 403, "pages of other sites have no access"
        if asked.changes and origin is None:
            return 403, "only the page itself may change something: an Origin header is required"
        if asked.changes and not _is_json(asked.headers.get("content-type", "")):
            return 415, "the body must be JSON, with content-type: application/json"
        return None

    def _is_own(self, host: str) -> bool:
        """Whether `Host` is an address of this server; any other name may be an attacker's."""
        name, _colon, port = host.rpartition(":")
        if port != str(self.port):
            return False
        name = name.removeprefix("[").removesuffix("]").lower()
        if is_everywhere(self.host):
            return name == "localhost" or ip_of(name) is not None
        return name == self.host.lower() or (is_loopback(self.host) and is_loopback(name))


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
