"""The texts that a comparison binds, by the protocol and by what is handed out."""

import json

from recorder.bindings.bound import bound
from recorder.capture import FORMAT, frame
from recorder.model import Closed, Header, Opened
from recorder.timeline import read

LOADER, SESSION = "8F2CCF7936AF6C9492E2FC010E5627D0", "c7b1d6f0-1f0e-4d58-9c55-0d9e2d5a1b3c"


def found(*messages, profile="devtools", **opened):
    """What is bound and what is compared in these messages of a node."""
    frames = [frame(json.dumps(one).encode(), session=1, direction="from_node") for one in messages]
    events = [Opened(session=1, party="a", url="ws://n/?mode=fast", **opened), *frames, Closed(session=1)]
    return bound(read(Header(format=FORMAT, run="r", recorder="0", profile=profile), events))


def test_what_a_protocol_says_is_volatile_is_bound():
    """Though it comes once, from one end; a number is none of the texts."""
    params = {"loaderId": LOADER, "timestamp": 12.5, "type": "Document", "frame": {"depth": 3}}
    texts, compared = found({"method": "Page.frameNavigated", "params": params})
    assert (texts, compared) == ({LOADER}, {"Document", "3", "fast"})


def test_what_is_handed_out_is_bound():
    """Of any protocol; in headers too."""
    push = {"method": "tick", "params": {"session": SESSION}}
    texts, compared = found(push, push, profile="generic", headers=[("X-Session", SESSION), ("X-Other", "any")])
    assert (texts, compared) == ({SESSION}, {"fast"})


def test_a_text_may_be_bound_here_and_compared_there():
    """A page's own text is not the protocol's."""
    value = {"result": {"value": LOADER}, "id": 1}
    texts, compared = found(value, {"method": "Page.frameNavigated", "params": {"loaderId": LOADER}})
    assert LOADER in texts & compared
