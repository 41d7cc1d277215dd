"""Where a mock node listens: which node is at which address, and what cannot be told apart."""

import pytest
from dialogues import closed, opened

from recorder.errors import InputError
from recorder.model import Header
from recorder.server.addresses import ALL, nodes_at, urls_at
from recorder.timeline import read


def script(*urls, upstreams=()):
    """A capture with a session for each URL."""
    events = [event for number, url in enumerate(urls, 1) for event in (opened(number, url=url), closed(number))]
    return read(Header(format=1, run="x", recorder="0", upstreams=upstreams), events, "run.jsonl")


def test_each_node_has_its_address_in_the_order_of_the_header():
    """Also one that nobody spoke to; nodes that it does not name follow. One address is for all of them."""
    made = script("http://b:2/rpc", "ws://c:3/rpc", "http://a:1/api", upstreams=["ws://a:1", "ws://z:9", "http://b:2"])
    assert nodes_at(made, 4, anywhere=False) == ["a:1", "z:9", "b:2", "c:3"]
    assert nodes_at(made, 1, anywhere=False) == [ALL]
    assert urls_at(made, "a:1", "127.0.0.1", 7) == ["http://127.0.0.1:7"]
    assert urls_at(made, "z:9", "::1", 8) == ["ws://[::1]:8"]
    assert urls_at(made, ALL, "127.0.0.1", 7) == ["ws://127.0.0.1:7", "http://127.0.0.1:7"]


@pytest.mark.parametrize(
    ("urls", "addresses", "anywhere", "said"),
    [
        (
            ["ws://a/x", "ws://b/y"],
            3,
            False,
            "has 2 nodes: a, b; give one --listen, or one for each of them, in this order",
        ),
        (["ws://a/x"], 2, False, "has 1 node: a; give one --listen"),
        ([""], 2, False, "has 0 nodes; give one --listen"),
        (
            ["ws://a/x", "ws://b/x"],
            2,
            False,
            "a and b cannot be told apart, as clients of both ask for /x; give one --listen",
        ),
        (
            ["ws://a/x", "ws://b/y"],
            2,
            True,
            "a and b cannot be told apart, as clients of both ask for /x; give one --listen",
        ),
    ],
)
def test_addresses_that_fit_no_nodes_are_refused(urls, addresses, anywhere, said):
    """A client would be taken for one of the other node; where any path will do, the transport alone tells them apart."""
    with pytest.raises(InputError, match=said):
        nodes_at(script(*urls), addresses, anywhere=anywhere)
    assert nodes_at(script("ws://a/x", "http://b/x"), 2, anywhere=True) == ["a", "b"]
