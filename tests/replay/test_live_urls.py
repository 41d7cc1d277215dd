"""Which recorded session a live URL is: by its path, and by as few differences as can be."""

import pytest

from recorder.bindings import Bindings, Kinds
from recorder.difference import path_text
from recorder.profiles import PROFILES
from recorder.profiles.parts import Substitution
from recorder.replay.live_urls import differences, live_path, same_path
from recorder.timeline.handed_out import HANDED

KINDS = Kinds(PROFILES["aeternity"])


class Capitals(Substitution):
    """A protocol whose accounts are written in capitals when they are live."""

    def parameters(self, party):
        """Who it is, and the accounts."""
        return {"role": party, "initiator_id": "AK_A", "responder_id": "AK_B"}

    def text(self, recorded):
        """An account in capitals."""
        return recorded.upper() if recorded.startswith("ak_") else recorded


def bound(*pairs):
    """Bindings of values that were handed out."""
    bindings = Bindings()
    for recorded, live in pairs:
        bindings.bind(HANDED, recorded, live)
    return bindings


@pytest.mark.parametrize(
    ("recorded", "live", "same"),
    [
        ("ws://node/rpc", "/rpc", True),
        ("ws://node/rpc?a=1", "/rpc?b=2", True),
        ("ws://node", "/", True),
        ("ws://node/rpc", "/", False),
        ("ws://node/rpc", "/rpc/", False),
        ("", "/anything", True),
        ("ws://node/page/old", "/page/new", True),
        ("ws://node/page/old", "/page/old", False),
    ],
)
def test_a_path_is_the_same_or_it_is_not(recorded, live, same):
    """Parameters do not count; a URL that nobody recorded was any; what was handed out is what it is now."""
    assert same_path(recorded, live, bound(("old", "new"))) is same


@pytest.mark.parametrize(
    ("recorded", "live", "paths"),
    [
        ("ws://node/?a=1", "/?a=1", []),
        ("ws://node/?a=1&port=1", "/?a=1&port=2&host=there", []),
        ("ws://node/?a=1&b=2", "/?a=3&c=2", ["url.a", "url.b", "url.c"]),
        ("ws://node/", "/?a=1", []),
    ],
)
def test_parameters_differ_by_name(recorded, live, paths):
    """Where a peer listens differs everywhere; where none are recorded any will do."""
    assert [path_text(one.path) for one in differences(recorded, live, Bindings(), KINDS)] == paths


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
        ("ws://node/devtools/page/old?token=old&x=older", "/devtools/page/new?token=new&x=older"),
        ("http://node/page/old?key=1&&key=2", "/page/new?key=1&&key=2"),
        ("http://node/messages?session=%6fld&x=a%2Fb&old", "/messages?session=new&x=a%2Fb&old"),
    ],
)
def test_a_session_opens_where_it_did(recorded, live):
    """With live values in the place of recorded ones; nothing is made up but for a session without a URL."""
    assert live_path(recorded, "initiator", bound(("old", "new")), Capitals(Bindings())) == live


@pytest.mark.parametrize(("recorded", "live"), [("", "/"), ("ws://node/rpc", "/rpc"), ("http://node/a", "/a")])
def test_a_protocol_that_knows_nobody(recorded, live):
    """Has no parameters to add."""
    assert live_path(recorded, "client-1", Bindings(), Substitution(Bindings())) == live


def test_a_protocol_may_have_a_kind_of_its_own_for_what_is_in_a_path():
    """The path has it all the same; an ordinary word that is bound elsewhere stays."""
    bindings = Bindings()
    bindings.bind("target", "2ABEF055529A292675D7933DFAC4D2EE", "99BEF055529A292675D7933DFAC4D2EE")
    bindings.bind("kind", "page", "tab")
    url = "ws://node/devtools/page/2ABEF055529A292675D7933DFAC4D2EE"
    assert live_path(url, "a", bindings, Substitution(bindings)) == "/devtools/page/99BEF055529A292675D7933DFAC4D2EE"
    assert same_path(url, "/devtools/page/99BEF055529A292675D7933DFAC4D2EE", bindings)
