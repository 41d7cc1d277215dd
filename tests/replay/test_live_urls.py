"""Which recorded session a live URL is: by its path, and by as few differences as can be."""

import pytest

from recorder.bindings import Bindings
from recorder.profiles import PROFILES
from recorder.replay.live_urls import differences, live_path, same_path

VOLATILE = PROFILES["aeternity"].volatile


@pytest.mark.parametrize(
    ("recorded", "live", "same"),
    [
        ("ws://node/rpc", "/rpc", True),
        ("ws://node/rpc?a=1", "/rpc?b=2", True),
        ("ws://node", "/", True),
        ("ws://node/rpc", "/", False),
        ("ws://node/rpc", "/rpc/", False),
        ("", "/anything", True),
    ],
)
def test_a_path_is_the_same_or_it_is_not(recorded, live, same):
    """Parameters do not count; a URL that nobody recorded was any."""
    assert same_path(recorded, live) is same


@pytest.mark.parametrize(
    ("recorded", "live", "paths"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1", "port": "1"}, {"a": "1", "port": "2", "host": "there"}, []),
        ({"a": "1", "b": "2"}, {"a": "3", "c": "2"}, ["url.a", "url.b", "url.c"]),
        ({}, {"a": "1"}, []),
    ],
)
def test_parameters_differ_by_name(recorded, live, paths):
    """Where a peer listens differs everywhere; where none are recorded any will do."""
    assert [one.path for one in differences(recorded, live, Bindings(), VOLATILE)] == paths


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (
            "ws://node/channel?role=initiator&initiator_id=ak_a&empty=",
            "/channel?role=initiator&initiator_id=AK_A&empty=",
        ),
        ("ws://node", "/"),
        ("ws://node/rpc", "/rpc"),
        ("", "/channel?role=initiator&initiator_id=AK_A&responder_id=AK_B"),
        ("http://node/rpc?key=ak_a", "/rpc?key=ak_a"),
        ("https://node", "/"),
    ],
)
def test_a_session_opens_where_it_did(recorded, live):
    """With live values in the place of recorded ones; nothing is made up but for a session without a URL."""
    accounts = {"initiator": "ak_a", "responder": "ak_b"}

    def rewrite(text):
        return text.upper() if text.startswith("ak_") else text

    assert live_path(recorded, "initiator", accounts, rewrite) == live
