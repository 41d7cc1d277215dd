"""What a node says of where it is, is no difference between two runs; other addresses are compared."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import frame
from recorder.compare import compare
from recorder.model import Header, Opened
from recorder.timeline import read


def run(file, urls, result, *, upstreams=(), hosts=()):
    """A run with a session at each URL; in the first, a call has this result."""
    events = [
        Opened(session=number, party=f"p{number}", url=url, headers=[("Host", host) for host in hosts])
        for number, url in enumerate(urls, 1)
    ]
    events.append(frame(b'{"id":1,"method":"where"}', session=1, direction="to_node"))
    answer = msgspec.json.encode({"id": 1, "result": {"at": result}})
    events.append(frame(answer, session=1, direction="from_node"))
    return read(Header(format=2, run="r", recorder="0", upstreams=list(upstreams)), events, file)


def same(ours, theirs, *, urls=("ws://127.0.0.1:8080/rpc", "ws://127.0.0.1:34567/rpc")):
    """Whether two runs at these URLs are the same with these results."""
    return compare(run("a", [urls[0]], ours), run("b", [urls[1]], theirs)).same


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("http://127.0.0.1:8080/files/1", "http://127.0.0.1:34567/files/1"),
        ("http://localhost:8080/files/1", "http://localhost:34567/files/1"),
        ("http://localhost:8080/", "http://127.0.0.1:34567/"),
        ("127.0.0.1:8080", "127.0.0.1:34567"),
        ("listening on 0.0.0.0:8080.", "listening on 0.0.0.0:34567."),
        (8080, 34567),
    ],
)
def test_a_node_may_tell_where_it_listens(ours, theirs):
    """In a URL, in a text, or as the number of its port; under each name that it has on its machine."""
    assert same(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("http://127.0.0.1:8080/files/1", "http://127.0.0.1:34567/files/2"),
        ("http://127.0.0.1:9000/files/1", "http://127.0.0.1:9001/files/1"),
        ("http://127.0.0.1:80801/", "http://127.0.0.1:345671/"),
        ("x127.0.0.1:8080", "x127.0.0.1:34567"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/"[:-2]),
        ("none", "nothing"),
        (8080, 8081),
        ("8080", 34567),
    ],
)
def test_another_address_is_a_difference(ours, theirs):
    """Of another server, or of another thing on this one."""
    assert not same(ours, theirs)


def test_nodes_with_names_have_addresses_too():
    """As what is tried out somewhere else before; a longer name is another's. No port of theirs is known."""
    urls = "wss://node.example/v3", "wss://user:pass@staging.example/v3"
    assert same("https://node.example/x", "https://staging.example/x", urls=urls)
    assert not same("https://a.node.example/x", "https://a.staging.example/x", urls=urls)
    assert not same("https://node.example.org/x", "https://staging.example.org/x", urls=urls)
    assert not same("https://node.example:81/x", "https://staging.example:81/x", urls=urls)
    assert not same(443, 444, urls=urls)


def test_a_node_may_know_the_name_that_its_client_calls_it():
    """That of the recorder, where clients' own hosts are kept."""
    ours = run("a", ["ws://127.0.0.1:8080/"], "ws://127.0.0.1:9000/x", hosts=["127.0.0.1:9000"])
    theirs = run("b", ["ws://127.0.0.1:8080/"], "ws://127.0.0.1:9555/x", hosts=["127.0.0.1:9555"])
    assert compare(ours, theirs).same


def test_of_several_nodes_each_is_its_own():
    """The node that was told of must be the one that is told of now; they are paired in the order of the header."""
    here = "ws://127.0.0.1:1001/a", "ws://127.0.0.1:1002/b"
    there = "ws://127.0.0.1:2001/a", "ws://127.0.0.1:2002/b"
    recorded = run("a", here, "127.0.0.1:1002", upstreams=here)
    assert compare(recorded, run("b", there, "127.0.0.1:2002", upstreams=there)).same
    assert not compare(recorded, run("b", there, "127.0.0.1:2001", upstreams=there)).same
    assert not compare(recorded, run("b", there, "127.0.0.1:2002", upstreams=there[::-1])).same


def test_what_was_recorded_over_pipes_has_no_address():
    """Nor has a document."""
    for url in ("stdio:server", ""):
        assert not same("127.0.0.1:8080", "127.0.0.1:34567", urls=(url, url))


def test_it_is_said_what_was_allowed():
    """Among the decisions, with both values."""
    decisions = compare(run("a", ["ws://n:1/"], "n:1"), run("b", ["ws://m:2/"], "m:2")).decisions
    assert ("address", "a:4 result.at: n:1 recorded, m:2 came: each where its node is") in decisions


@given(st.text(), st.text())
def test_whatever_stands_around_an_address_must_be_the_same(before, after):
    """And then the texts are the same."""
    ours, theirs = (f"{before} 127.0.0.1:{port}/{after}" for port in (8080, 34567))
    assert same(ours, theirs)
    assert not same(ours, f"{theirs}.")
