"""What the protocols mean: one entry a protocol.

Rule: a new protocol is one file with a `PROFILE`, one line here, and its test.
"""

from __future__ import annotations

from recorder.profiles import aeternity
from recorder.profiles.base import Profile, Volatile

PROFILES: dict[str, Profile] = {
    "aeternity": aeternity.PROFILE,
    "generic": Profile(),
}

__all__ = ["PROFILES", "Profile", "Volatile"]
