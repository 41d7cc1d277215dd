"""An HTTP API that is asked for JSON: real sockets, and what is no answer."""

import asyncio
import socket
from contextlib import closing

import pytest
from chain_api import ChainApi
from ports import free_port

from recorder.errors import InputError
from recorder.server.asking import Api
from recorder.tls import trust

LIMIT = 10


def asked(url, *questions, timeout=LIMIT):
    """The answers of an API, asked over one client."""

    async def scene():
        with closing(Api(url, timeout, trust(None), "mend it")) as api:
            return [await api(*question) for question in questions]

    return asyncio.run(asyncio.wait_for(scene(), LIMIT))


def test_a_status_and_a_value():
    """Whatever the status; what is posted comes as JSON, and stands below the API's own path."""
    echo = {("GET", "/below/one"): (200, {"balance": 10**32}), ("POST", "/below/two"): (425, [None])}
    with ChainApi(routes=echo) as api:
        answers = asked(f"{api.url}/below/", ("GET", "/one"), ("POST", "/two", {"a": 1}), ("GET", "/three"))
    assert answers == [(200, {"balance": 10**32}), (425, [None]), (404, {"reason": "Not found"})]


def test_nobody_there():
    """One line with what to do."""
    port = free_port()
    with pytest.raises(InputError, match=rf"^no answer from http://127.0.0.1:{port}/status: .*; mend it$"):
        asked(f"http://127.0.0.1:{port}", ("GET", "/status"))


def test_one_that_says_nothing():
    """It is given up after its time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InputError, match=rf"^no answer from {url}/status within 0.1 s; mend it$"):
            asked(url, ("GET", "/status"), timeout=0.1)


def test_one_that_speaks_no_json():
    """Its status is told, and no value."""
    with ChainApi(routes={("GET", "/status"): (502, b"<html>")}) as api:
        assert asked(api.url, ("GET", "/status")) == [(502, None)]
