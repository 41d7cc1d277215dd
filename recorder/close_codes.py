"""Why a WebSocket was closed, as a number: RFC 6455, section 7.4.1, and IANA's registry.

Rule: codes alone, each by one name everywhere. What ends without a Close frame has `ABNORMAL`, which never travels.
"""

from __future__ import annotations

NORMAL = 1000
GOING_AWAY = 1001
NO_CODE = 1005
"""Of a Close frame that has none; it never travels either."""

ABNORMAL = 1006
"""The transport ended without a Close frame."""

POLICY_VIOLATION = 1008
"""Also for a session that is refused when it is open already."""

INTERNAL_ERROR = 1011
BAD_GATEWAY = 1014
"""The server behind this one could not be reached."""

CODES = range(1000, 5000)
"""Codes with a meaning; the others are nobody's."""

SENDABLE = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Codes that may stand in a Close frame."""
