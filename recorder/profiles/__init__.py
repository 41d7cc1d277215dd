"""What the protocols mean: one entry a protocol.

Rule: a new protocol is one file or folder with a `PROFILE`, one line here, and its test. A session's protocol is told
from its own traffic; a capture whose header names one has been told by a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recorder.errors import InputError
from recorder.model import Frame, Opened
from recorder.profiles import aeternity, devtools, ethereum, mcp
from recorder.profiles.base import Profile

GENERIC = Profile()

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (aeternity.PROFILE, ethereum.PROFILE, mcp.PROFILE, devtools.PROFILE, GENERIC)
}

AUTO = "auto"
"""Instead of a profile's name: each session's is told from its traffic."""

FIRST = 8
"""Messages of a session that may tell its protocol."""

__all__ = [
    "AUTO",
    "FIRST",
    "GENERIC",
    "PROFILES",
    "Profile",
    "channel_of",
    "check_profile",
    "own_names",
    "profile_for",
    "role_of",
    "secrets_of",
    "session_headers",
]


def check_profile(name: str) -> None:
    """Refuse a profile that there is not.

    Raises:
        InputError: with those that there are.
    """
    if name not in PROFILES and name != AUTO:
        raise InputError(f"no profile {name!r}; there is {', '.join([AUTO, *PROFILES])}")


def profile_for(name: str, opened: Opened, messages: Sequence[Any] = ()) -> Profile:
    """What a session means: the profile of this name, or the one that its opening and its first messages tell.

    What a name means that this recorder does not know, it cannot say: nothing in particular.
    """
    if name != AUTO:
        return PROFILES.get(name, GENERIC)
    return next((profile for profile in PROFILES.values() if profile.claims(opened, messages)), GENERIC)


def role_of(name: str, url: str) -> str:
    """The role that a session's URL gives to its party, in the protocol of this name, or in any."""
    return next(filter(None, (profile.role(url) for profile in _named(name))), "")


def channel_of(name: str, frame: Frame) -> str:
    """The channel that a frame speaks of, in the protocol of this name, or in any."""
    return next(filter(None, (profile.channel(frame) for profile in _named(name))), "")


def session_headers(name: str) -> list[str]:
    """The HTTP headers that name sessions, in the protocol of this name, or in any."""
    return [profile.session_header for profile in _named(name) if profile.session_header]


def own_names(name: str) -> frozenset[str]:
    """Names that say no secret, in small letters, in the protocol of this name, or in any."""
    headers = {header.lower() for header in session_headers(name)}
    return frozenset(headers).union(*(profile.own for profile in _named(name)))


def secrets_of(name: str) -> list[str]:
    """What of messages is a secret, as `--mask` writes it, in the protocol of this name, or in any."""
    return [secret for profile in _named(name) for secret in profile.secrets]


def _named(name: str) -> Iterable[Profile]:
    return PROFILES.values() if name == AUTO else (PROFILES.get(name, GENERIC),)
