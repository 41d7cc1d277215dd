"""The protocols, one entry each.

Rule: a new protocol is one file or folder with a `PROFILE`, one line here, and its test. A session's protocol is
detected from its traffic, unless a person named one, which is then in the capture's header.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recorder.errors import InputError
from recorder.model import Frame, Opened
from recorder.profiles import aeternity, bidi, devtools, ethereum, lsp, mcp
from recorder.profiles.base import Profile

GENERIC = Profile()

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        aeternity.PROFILE,
        ethereum.PROFILE,
        mcp.PROFILE,
        lsp.PROFILE,
        devtools.PROFILE,
        bidi.PROFILE,
        GENERIC,
    )
}

AUTO = "auto"
"""Instead of a profile's name: each session's is detected from its traffic."""

FIRST = 8
"""How many messages of a session are used to detect its protocol."""

__all__ = [
    "AUTO",
    "FIRST",
    "GENERIC",
    "PROFILES",
    "Profile",
    "channel_of",
    "check_profile",
    "endpoint_events",
    "openings",
    "own_names",
    "profile_for",
    "role_of",
    "secrets_of",
    "session_headers",
]


def check_profile(name: str) -> None:
    """Refuse an unknown profile.

    Raises:
        InputError: it names the known ones.
    """
    if name not in PROFILES and name != AUTO:
        raise InputError(f"unknown profile {name!r}; use one of {', '.join([AUTO, *PROFILES])}")


def profile_for(name: str, opened: Opened, messages: Sequence[Any] = ()) -> Profile:
    """The profile of a session: the one with this name, or the one detected from its opening and its first messages.

    A name that this recorder does not know gives the generic profile.
    """
    if name != AUTO:
        return PROFILES.get(name, GENERIC)
    return next((profile for profile in PROFILES.values() if profile.claims(opened, messages)), GENERIC)


def role_of(name: str, url: str) -> str:
    """The role that a session's URL gives to its party, in the protocol of this name, or in any."""
    return next(filter(None, (profile.role(url) for profile in _named(name))), "")


def channel_of(name: str, frame: Frame) -> str:
    """The channel that a frame names, in the protocol of this name, or in any."""
    return next(filter(None, (profile.channel(frame) for profile in _named(name))), "")


def session_headers(name: str) -> list[str]:
    """The HTTP headers that name sessions, in the protocol of this name, or in any."""
    return [profile.session_header for profile in _named(name) if profile.session_header]


def openings(name: str) -> frozenset[str]:
    """The methods of calls that begin a session over HTTP, in the protocol of this name, or in any."""
    return frozenset(filter(None, (profile.opening for profile in _named(name))))


def endpoint_events(name: str) -> frozenset[str]:
    """The types of events that name an endpoint to post to, in the protocol of this name, or in any."""
    return frozenset(filter(None, (profile.endpoint_event for profile in _named(name))))


def own_names(name: str) -> frozenset[str]:
    """Names that are no secrets, in small letters, in the protocol of this name, or in any."""
    headers = {header.lower() for header in session_headers(name)}
    return frozenset(headers).union(*(profile.own for profile in _named(name)))


def secrets_of(name: str) -> list[str]:
    """The secrets in messages, written as for `--mask`, in the protocol of this name, or in any."""
    return [secret for profile in _named(name) for secret in profile.secrets]


def _named(name: str) -> Iterable[Profile]:
    return PROFILES.values() if name == AUTO else (PROFILES.get(name, GENERIC),)
