"""A profile is data and functions; one that says nothing knows nothing."""

import pytest

from recorder.model import Frame
from recorder.profiles import PROFILES, Profile


def test_a_profile_that_says_nothing_knows_nothing():
    """Without functions of its own a profile finds no role, no info line and no channel."""
    profile, frame = Profile(), Frame(session=1, direction="from_node", text="channels.info")
    assert (profile.role("ws://node?role=initiator"), profile.info(frame), profile.channel(frame)) == ("", "", "")


def test_a_profile_knows_what_it_overrides():
    """Also what the profile that it builds on does; functions alone."""

    class Named(Profile):
        name = "named"

        def channel(self, frame):
            return frame.text

    class Further(Named):
        pass

    assert Named().overrides == Further().overrides == {"channel"}
    assert Profile().overrides == frozenset()


def test_every_profile_is_found_by_its_name():
    """The table has the profile that assumes nothing, and each protocol's."""
    assert {"aeternity", "ethereum", "mcp", "lsp", "devtools", "bidi", "generic"} == PROFILES.keys()
    assert type(PROFILES["generic"]) is Profile


@pytest.mark.parametrize(
    ("message", "identity"),
    [
        ({"method": "$/cancelRequest", "params": {"id": "a"}}, "a"),
        ({"method": "$/cancelRequest", "params": ["a"]}, None),
        ({"method": "$/cancelRequest"}, None),
        ({"method": "cancel", "params": {"id": "a"}}, None),
    ],
)
def test_a_request_is_called_off_as_in_the_base_protocol_of_language_servers(message, identity):
    """By its id, in one notification; any other message calls nothing off."""
    assert Profile().calls_off(message) == identity
