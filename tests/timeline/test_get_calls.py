"""Calls in the query of a GET."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.jsonrpc import json_bytes, value_of
from recorder.timeline.get_calls import call_in, with_call, without_call

ENCODED = base64.b64encode(b'["a/b"]').decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "message", "form"),
    [
        ("method=sum&id=1&params=[1,2]", {"method": "sum", "id": "1", "params": [1, 2]}, "json"),
        ("jsonrpc=2.0&method=sum&params=%7B%22a%22%3A1%7D", {"jsonrpc": "2.0", "method": "sum", "params": {"a": 1}}, "json"),
        (f"method=aria2.tell&params={ENCODED}", {"method": "aria2.tell", "params": ["a/b"]}, "base64"),
        ("method=stop&x=1", {"method": "stop"}, "json"),
        ("method=say&params=hello", {"method": "say", "params": "hello"}, "json"),
        ('params=[{"method":"a"},{"method":"b"}]', [{"method": "a"}, {"method": "b"}], "json"),
    ],
)  # fmt: skip
def test_a_query_is_a_call(query, message, form):
    """With its params as JSON or base64 of it; a batch has nothing else."""
    body, found = call_in(f"http://n/rpc?{query}")
    assert (value_of(body), found) == (message, form)


@pytest.mark.parametrize(
    "url", ["/rpc", "/rpc?id=1", "/rpc?params=[1]", "/rpc?params=[]", "/rpc#method=x", "/a?my_method=x"]
)
def test_what_calls_nothing_is_no_call(url):
    """Without a method there is none."""
    assert call_in(url) == (b"", "")


def test_what_a_query_says_besides_is_of_the_url():
    """A key, or a callback."""
    assert without_call("http://n/rpc?key=k&method=a&id=1&params=[]&v=") == "http://n/rpc?key=k&v="
    assert without_call("http://n/rpc") == "http://n/rpc"


@given(
    st.builds(
        lambda method, params: {"method": method, "params": params}, st.text(min_size=1), st.lists(st.integers())
    ),
    st.sampled_from(["json", "base64"]),
    st.sampled_from(["http://n/rpc", "http://n/rpc?key=k"]),
)
def test_a_call_is_read_as_it_was_written(message, form, url):
    """Whatever its method is called."""
    written = with_call(url, json_bytes(message), form)
    body, found = call_in(written)
    assert (value_of(body), found, without_call(written)) == (message, form, url)


def test_a_batch_is_read_as_it_was_written():
    """In the params of nothing."""
    batch = b'[{"method":"a","id":1}]'
    assert call_in(with_call("/rpc", batch, "base64")) == (batch, "base64")


@given(st.text())
def test_no_query_raises(text):
    """Whatever a client asks for."""
    call_in(f"/rpc?method={text}&params={text}")
    without_call(f"/rpc?{text}")
