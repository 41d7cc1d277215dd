"""WebSocket close codes: RFC 6455, section 7.4.1, and IANA's registry.

Rule: only codes, each with one name, and how a Close frame carries them. A session that ends without a Close frame has `ABNORMAL`, which is never sent.
"""

from __future__ import annotations

import struct

NORMAL = 1000
GOING_AWAY = 1001
NO_CODE = 1005
"""A Close frame without a code; never sent either."""

ABNORMAL = 1006
"""The transport ended without a Close frame."""

POLICY_VIOLATION = 1008
"""Also for a session that is refused when it is open already."""

INTERNAL_ERROR = 1011
BAD_GATEWAY = 1014
"""The server behind this one could not be reached."""

CODES = range(1000, 5000)
"""Codes with a defined meaning."""

SENDABLE = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Codes that may stand in a Close frame."""

STATUS = struct.Struct("!H")
"""A code in a Close frame; a reason follows."""


def parse_close(payload: bytes) -> tuple[int, str]:
    """Code and reason of a Close frame; `NO_CODE` when it carries none."""
    if len(payload) < STATUS.size:
        return NO_CODE, ""
    return STATUS.unpack_from(payload)[0], payload[STATUS.size :].decode(errors="replace")
