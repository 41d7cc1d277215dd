"""A profile is data and functions; one that says nothing knows nothing."""

from recorder.model import Frame
from recorder.profiles import PROFILES, Profile


def test_a_profile_that_says_nothing_knows_nothing():
    """Without functions of its own a profile finds no role, no info line and no channel."""
    profile, frame = Profile(), Frame(session=1, direction="from_node", text="channels.info")
    assert (profile.role("ws://node?role=initiator"), profile.info(frame), profile.channel(frame)) == ("", "", "")


def test_every_profile_is_found_by_its_name():
    """The table has the profile that assumes nothing, and each protocol's."""
    assert {"aeternity", "ethereum", "mcp", "devtools", "generic"} == PROFILES.keys()
    assert type(PROFILES["generic"]) is Profile
