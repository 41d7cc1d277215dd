"""URLs, whatever stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.timeline import urls


@pytest.mark.parametrize(
    ("url", "path", "parameters"),
    [
        ("ws://n/c?a=1&a=2&b=", "/c", {"a": "2", "b": ""}),
        ("ws://n", "/", {}),
        ("", "/", {}),
        ("ws://n/c#?a=1", "/c", {}),
        ("ws://n/c?a=%2B+x", "/c", {"a": "+ x"}),
        ("ws://[oops/c?a=1", "/c", {"a": "1"}),
        ("//[x?a=1", "/", {"a": "1"}),
        ("//\u2100/c?a=1", "/c", {"a": "1"}),
    ],
)
def test_path_and_parameters(url, path, parameters):
    """Captures hold what clients sent and what somebody wrote down: none keeps the rest from being read."""
    assert (urls.path(url), urls.query(url)) == (path, parameters)


@pytest.mark.parametrize(
    ("node", "sessions", "reached"),
    [
        ("ws://n:1", ["http://n:1/rpc", "ws://other/"], "http://n:1"),
        ("wss://n:1", ["https://n:1/"], "https://n:1"),
        ("http://n:1", ["ws://n:1/"], "ws://n:1"),
        ("http://n:1", ["ws://n:1/", "http://n:1/"], "ws://n:1"),
        ("ws://n:1", ["", "http://other/"], "ws://n:1"),
        ("ws://n:1", [], "ws://n:1"),
    ],
)
def test_a_node_is_named_as_its_sessions_reached_it(node, sessions, reached):
    """Over HTTP where all did, as what was written before them need not say."""
    assert urls.as_reached(node, sessions) == reached


def test_where_a_peer_listens_is_not_told():
    """It differs everywhere."""
    assert urls.compared({"host": "h", "port": "1", "role": "r"}) == {"role": "r"}


@pytest.mark.parametrize(
    ("url", "http", "over_http", "over_websocket"),
    [
        ("http://n/", True, "http://n/", "ws://n/"),
        ("https://n/", True, "https://n/", "wss://n/"),
        ("ws://n/", False, "http://n/", "ws://n/"),
        ("wss://n/", False, "https://n/", "wss://n/"),
    ],
)
def test_transports(url, http, over_http, over_websocket):
    """The same node, over the other."""
    assert (urls.is_http(url), urls.over_http(url), urls.over_websocket(url)) == (http, over_http, over_websocket)


def test_what_is_secure():
    """TLS is spoken over either transport."""
    assert [urls.is_secure(f"{scheme}://n/") for scheme in ("http", "https", "ws", "wss")] == [False, True, False, True]


def test_targets():
    """What a request asks for: made, or as it stands in a URL."""
    assert urls.target("/c", {"a": "1 2"}) == "/c?a=1+2"
    assert urls.target("/c", {}) == "/c"
    assert urls.request_target("ws://n/c?a=1%202#x") == "/c?a=1%202"
    assert urls.request_target("ws://n") == "/"


@given(st.text())
def test_no_url_raises(url):
    """Whatever a peer sends for one."""
    assert urls.path(url)
    assert urls.compared(urls.query(url)) is not None
    assert urls.is_http(url) in {True, False}


def test_a_command_is_no_url_that_one_could_take_apart():
    """It stands in the place of an address: that it is another is no difference between two runs."""
    url = "stdio:/usr/bin/server --at 'http://n/?a=1#x'"
    assert (urls.parts(url).netloc, urls.path(url), urls.query(url)) == (
        "/usr/bin/server --at 'http://n/?a=1#x'",
        "/",
        {},
    )
    assert urls.is_stdio(url)
    assert not urls.is_http(url)
    assert urls.as_reached(url, [url]) == url


@pytest.mark.parametrize(
    ("url", "carrier"),
    [
        ("ws://n/", "ws"),
        ("wss://n/", "ws"),
        ("http:/p", "http"),
        ("https://n", "http"),
        ("stdio:", "stdio"),
        ("/p", ""),
    ],
)
def test_a_url_says_what_its_session_goes_over(url, carrier):
    """With TLS or without; a path alone does not."""
    assert urls.carrier(url) == carrier
