"""What the protocols mean: one entry a protocol.

Rule: a new protocol is one file with a `PROFILE`, one line here, and its test.
"""

from __future__ import annotations

from recorder.errors import InputError
from recorder.model import Header
from recorder.profiles import aeternity
from recorder.profiles.base import Profile, Volatile

PROFILES: dict[str, Profile] = {
    "aeternity": aeternity.PROFILE,
    "generic": Profile(),
}

__all__ = ["PROFILES", "Profile", "Volatile", "check_profile", "profile_of"]


def check_profile(name: str) -> None:
    """Refuse a profile that there is not.

    Raises:
        InputError: with those that there are.
    """
    if name not in PROFILES:
        raise InputError(f"no profile {name!r}; there is {', '.join(PROFILES)}")


def profile_of(header: Header) -> Profile:
    """What the frames of a capture mean; nothing in particular, where another recorder knew more profiles."""
    return PROFILES.get(header.profile, PROFILES["generic"])
