"""Traffic to show, and a page that is served: a real server on a free port, asked by a real client."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from recorder.capture import FORMAT, frame
from recorder.live.server import serve
from recorder.live.shown import Shown
from recorder.live.source import Source
from recorder.model import SECOND, Closed, Header, Note, Opened, Scenario
from recorder.settings import Address, ViewSettings

HEADER = Header(format=FORMAT, run="r", recorder="0")
NOON = 1_795_000_000 * SECOND
MS = SECOND // 1000


def said(value, ms, *, session=1, to_node=True, **fields):
    """A frame, so many milliseconds after noon."""
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    direction = "to_node" if to_node else "from_node"
    return frame(payload, session=session, direction=direction, time=NOON + ms * MS, **fields)


OPENED = Opened(session=1, party="alice", url="ws://127.0.0.1:3014/", time=NOON)
UNUSUAL = [
    [OPENED, said({"id": 1, "method": "m"}, 1)]
    + [said({"id": 1, "result": number}, 2 + number, to_node=False) for number in range(2)],
    [OPENED, said({"id": 1, "method": "m"}, 1), said({"id": "1", "result": 1}, 2, to_node=False)],
    [
        OPENED,
        said([{"id": 1, "method": "m"}, {"id": 2, "method": "n"}], 1, exchange=1),
        said({"id": None, "error": {"code": 1}}, 2, to_node=False, exchange=1),
    ],
    [
        OPENED,
        said({"id": 1, "method": "m", "params": {"who": "one"}}, 1, exchange=1),
        said(b"", 2, to_node=False, exchange=1),
    ],
    [
        OPENED,
        said([{"id": 1, "method": "m"}, {"id": 2, "method": "n"}], 1, exchange=1),
        said([{"id": 1, "result": 1}], 2, to_node=False, exchange=1),
    ],
    [OPENED, said({"id": 1, "method": "m"}, 1, exchange=1), said({"result": 1}, 2, to_node=False, exchange=1)],
]
"""A further result, an answer under another id, an error to a whole batch, an empty answer, one that leaves out a call, one
without an id: each at the end of its traffic."""


def traffic():
    """A session as clients have them: answered, refused, hung, out of place, marked."""
    return [
        OPENED,
        Scenario(name="stock", time=NOON),
        said({"jsonrpc": "2.0", "id": 1, "method": "stock.take", "params": {"sku": "A-1", "count": 3}}, 1),
        said({"jsonrpc": "2.0", "id": 1, "result": {"left": 7}}, 13, to_node=False),
        said({"jsonrpc": "2.0", "id": 2, "method": "stock.take", "params": {"sku": "B-2", "count": 12}}, 20),
        said({"jsonrpc": "2.0", "id": 2, "error": {"code": 3, "message": "Sold out"}}, 800, to_node=False),
        said({"jsonrpc": "2.0", "method": "stock.changed", "params": [1]}, 801, to_node=False),
        said({"jsonrpc": "2.0", "method": "stock.changed", "params": [2]}, 802, to_node=False),
        said({"jsonrpc": "2.0", "method": "stock.changed", "params": [3]}, 803, to_node=False),
        Note(text="now it hangs", party="alice", time=NOON + 804 * MS),
        said({"jsonrpc": "2.0", "id": 3, "method": "orders.close"}, 805),
        said({"jsonrpc": "2.0", "id": 99, "result": 1}, 806, to_node=False),
        Opened(session=2, party="bob", url="ws://127.0.0.1:3015/", time=NOON + 900 * MS),
        said({"jsonrpc": "2.0", "id": 3, "method": "stock.list"}, 901, session=2),
        Closed(session=2, code=1006, by="node", lost="reset", time=NOON + 950 * MS),
    ]


@dataclass
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self):
        """Its JSON."""
        return json.loads(self.body)


class Asking:
    """A client of a page's server."""

    def __init__(self, port):
        self.port = port

    def __call__(self, path, method="GET", body=None, headers=None, **parameters):
        """Ask; parameters go into the URL."""
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


@contextmanager
def serving(*paths, host="127.0.0.1", token="", **options):
    """A page of captures, served by a thread; a client of it."""
    follow = options.pop("follow", False)
    marks = options.pop("marks", None)
    sources = [Source(str(path), follow=follow) for path in paths]
    settings = ViewSettings(captures=(), listen=Address(host, 0), token=token, marks=marks)
    begun, port, loop, until = threading.Event(), [], [], []

    async def run():
        loop.append(asyncio.get_running_loop())
        until.append(asyncio.Event())

        def started(address):
            port.append(int(address.partition("://")[2].partition("/")[0].rpartition(":")[2]))
            begun.set()

        shown = [Shown(one, marks=marks is not None) for one in sources]
        await serve(shown, settings, started, until[0], **options)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert begun.wait(20)
    try:
        yield Asking(port[0])
    finally:
        loop[0].call_soon_threadsafe(until[0].set)
        thread.join(20)
        for one in sources:
            one.close()
