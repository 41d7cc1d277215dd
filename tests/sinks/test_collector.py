"""Spans and metrics reach a collector over real sockets; what it refuses is told apart from what did not reach it."""

import pytest
from collecting import OPENED, answer, frame, receiving, telemetry, told
from ports import free_port

from recorder.sinks.collector import Collector, Unreached


@pytest.fixture
def made():
    """One call, and its metrics."""
    return telemetry(OPENED, frame(b'{"id":1,"method":"take"}'), answer(b'{"id":1,"result":1}'))


@pytest.fixture
def sending():
    """Makes collectors, and closes them."""
    opened = []

    def _sending(url):
        opened.append(Collector(url))
        return opened[-1]

    yield _sending
    for one in opened:
        one.close()


def test_spans_and_metrics_arrive(made, sending, monkeypatch):
    """With the headers that the environment gives, under the path of the URL."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=open%20sesame")
    with receiving() as server:
        collector = sending(f"{server.url}/")
        assert collector.spans(made.take()) == ""
        assert collector.metrics(made.metrics()) == ""
        call, session = server.spans
        assert (call.name, call.parent_span_id, session.name) == ("take", session.span_id, "session")
        assert told(call.attributes)["rpc.method"] == "take"
        assert server.metrics["rpc.client.call.duration"].histogram.data_points[0].count == 1
        assert {headers["x-key"] for headers in server.headers} == {"open sesame"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_collector_may_want_it_later(made, sending, status):
    """It says so by its status."""
    with receiving() as server:
        server.status = status
        with pytest.raises(Unreached, match=f"it answers {status}"):
            sending(server.url).spans(made.take())


def test_a_collector_may_refuse_it(made, sending):
    """For good."""
    with receiving() as server:
        server.status = 400
        assert sending(server.url).spans(made.take()) == "it answers 400 Bad Request"


def test_a_collector_may_be_gone_or_slow(made, sending):
    """And be there again, on a new connection."""
    spans = made.take()
    port = free_port()
    collector = sending(f"http://127.0.0.1:{port}")
    with pytest.raises(Unreached, match="refused"):
        collector.spans(spans)
    with receiving(port) as server:
        assert collector.spans(spans) == ""
        server.answers.clear()
        with pytest.raises(Unreached, match="timed out"):
            collector.spans(spans, 0.05)
        server.answers.set()
        assert collector.spans(spans) == ""
        server.leaves = True
        assert collector.spans(spans) == collector.spans(spans) == ""  # on a connection that it has closed
