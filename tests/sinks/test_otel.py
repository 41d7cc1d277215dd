"""Calls become spans, as the conventions for JSON-RPC want them, linked to what caused them."""

import pytest
from collecting import OPENED, SECOND, answer, frame, telemetry
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind, StatusCode
from pages import ROOT

from recorder.api import statistics
from recorder.interchange.files import Capture
from recorder.model import Closed, Note, Opened, Refused, Scenario
from recorder.sinks import otel
from recorder.sinks.otel import address_of


def spans(*events, **how):
    """The spans of these events, in the order in which they end."""
    return telemetry(*events, **how).take()


def points(made, name):
    """The points of a metric, each with its attributes."""
    data = made.metrics()
    scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
    return [
        (dict(point.attributes), point)
        for scope in scopes
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    ]


def test_a_call_is_a_span_within_its_session():
    """With the attributes of the conventions, and the line in the capture."""
    call, session = spans(
        Scenario(name="s"), OPENED, frame(b'{"jsonrpc":"2.0","id":7,"method":"take"}'), answer(b'{"id":7,"result":1}')
    )
    assert (call.name, call.kind, call.status.status_code) == ("take", SpanKind.CLIENT, StatusCode.UNSET)
    assert (call.start_time, call.end_time) == (SECOND, 2 * SECOND)
    assert call.parent.span_id == session.context.span_id
    assert dict(call.attributes) == {
        "rpc.system.name": "jsonrpc",
        "rpc.method": "take",
        "jsonrpc.request.id": "7",
        "jsonrpc.protocol.version": "2.0",
        "server.address": "node",
        "server.port": 3014,
        "network.protocol.name": "websocket",
        "network.transport": "tcp",
        "recorder.direction": "to_node",
        "recorder.line": 4,
        "recorder.answer.line": 5,
        "recorder.scenario": "s",
    }
    assert (session.name, session.parent, session.start_time) == ("session", None, 1_000)
    assert session.attributes["recorder.party"] == "shop"
    resource = session.resource.attributes
    assert (resource["service.name"], resource["recorder.run"]) == ("recorder", "7f")


def test_the_user_may_name_the_service(monkeypatch):
    """As everywhere with OpenTelemetry."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-node")
    assert spans(OPENED)[0].resource.attributes["service.name"] == "shop-node"


def test_an_error_is_the_status_of_its_call():
    """With its code; the message is the description."""
    call, _session = spans(
        OPENED, frame(b'{"id":1,"method":"m"}'), answer(b'{"id":1,"error":{"code":-32000,"message":"sold out"}}')
    )
    assert (call.status.status_code, call.status.description) == (StatusCode.ERROR, "sold out")
    assert call.attributes["rpc.response.status_code"] == call.attributes["error.type"] == "-32000"


def test_an_id_alone_in_a_batch_is_no_call():
    """Where no request waits for it; the others of the batch are told."""
    batch = b'[{"id":5},{"id":1,"method":"a","jsonrpc":"2.0"}]'
    call, _session = spans(OPENED, frame(batch), answer(b'{"id":1,"result":1}'))
    assert (call.name, call.attributes["jsonrpc.protocol.version"]) == ("a", "2.0")


def test_a_refusal_over_http_is_an_error():
    """Though it is not JSON-RPC."""
    call, _session = spans(OPENED, frame(b'{"id":1,"method":"m"}', exchange=1), answer(b"no", exchange=1, status=503))
    assert (call.status.status_code, call.status.description) == (StatusCode.ERROR, "503 Service Unavailable")
    assert (call.attributes["http.response.status_code"], call.attributes["error.type"]) == (503, "503")


def test_a_call_that_its_http_answer_leaves_without_one_ends_with_that():
    """Nothing answers it any more."""
    asked = frame(b'{"id":1,"method":"m"}', exchange=1)
    call, _session = spans(OPENED, asked, answer(b"<html>", exchange=1), Closed(time=9 * SECOND, session=1))
    assert call.status.description == "never answered: the HTTP answer has none"
    assert call.end_time < 9 * SECOND


def test_a_call_that_is_never_answered_ends_with_its_session():
    """Or with the recording; its status says so."""
    asked = frame(b'{"id":1,"method":"m"}')
    call, session = spans(OPENED, asked, Closed(time=3 * SECOND, session=1, code=1006, by="node", lost="reset"))
    assert (call.status.status_code, call.end_time) == (StatusCode.ERROR, 3 * SECOND)
    assert call.status.description == "never answered: its session ended before an answer came"
    assert call.attributes["error.type"] == "unanswered"
    assert session.status.description == "closed by node, 1006, connection reset"
    call, _session = spans(OPENED, asked)
    assert call.status.description == "never answered: the recording ended before an answer came"


def test_a_notification_is_an_event_of_its_session():
    """Of its call, where it comes in the answer to that."""
    call, session = spans(
        OPENED,
        frame(b'{"method":"hello"}'),
        frame(b'{"id":1,"method":"m"}', exchange=2),
        answer(b'{"method":"progress"}', exchange=2),
        answer(b'{"id":1,"result":1}', exchange=2),
        Closed(time=3 * SECOND, session=1, code=1000),
    )
    assert [event.name for event in session.events] == ["hello"]
    assert session.status.status_code == StatusCode.UNSET
    assert [(event.name, event.timestamp, dict(event.attributes)) for event in call.events] == [
        ("progress", 2 * SECOND, {"recorder.line": 5, "recorder.direction": "from_node"})
    ]


@pytest.mark.parametrize("exchange", [0, 4])
def test_a_request_within_a_call_is_linked_to_it(exchange):
    """The node asks the party something before it answers."""
    inner, outer, _session = spans(
        OPENED,
        frame(b'{"id":1,"method":"outer"}', exchange=exchange),
        answer(b'{"id":1,"method":"inner"}', exchange=exchange),
        frame(b'{"id":1,"result":2}', exchange=exchange and 5),
        answer(b'{"id":1,"result":1}', exchange=exchange),
    )
    (link,) = inner.links
    assert (inner.name, outer.name) == ("inner", "outer")
    assert link.context.span_id == outer.context.span_id
    assert dict(link.attributes) == {"recorder.relation": "asked within"}
    assert "server.address" not in inner.attributes


def test_a_transaction_links_its_calls():
    """What a call has the node ask to be signed is sent back by another call: the committed example of two withdrawals."""
    with Capture(ROOT / "transcripts" / "two_withdrawals.jsonl") as recorded:
        made = spans(*recorded, header=recorded.header)
    by_id = {span.context.span_id: span for span in made}
    signed = [span for span in made if span.name == "channels.withdraw_tx"]
    assert len(signed) == 4
    for span in signed:
        (link,) = span.links
        cause = by_id[link.context.span_id]
        assert cause.name == "channels.withdraw"
        (pushed,) = cause.events
        assert (pushed.name, pushed.timestamp) == ("channels.sign.withdraw_tx", cause.end_time)
        assert span.status.status_code == StatusCode.UNSET  # it has no id, so nobody waits


def test_a_refused_handshake_is_a_session_that_failed():
    """It has no calls."""
    (span,) = spans(Refused(time=5, status=401, url="wss://node/x"))
    assert (span.name, span.status.description) == ("session", "401 Unauthorized")
    assert (span.attributes["server.address"], span.attributes["server.port"]) == ("node", 443)


def test_the_histogram_has_the_latencies():
    """In seconds, with the boundaries of the conventions; errors are counted, and what is open."""
    made = telemetry(
        OPENED,
        frame(b'[{"id":1,"method":"a"},{"id":2,"method":"a"},{"id":3,"method":"b"},{"id":4,"method":"b"}]'),
        answer(b'[{"id":1,"result":1},{"id":2,"result":1},{"id":3,"error":{"code":5}}]'),
        end=False,
    )
    took = {attributes["rpc.method"]: point for attributes, point in points(made, "rpc.client.call.duration")}
    assert (took["a"].count, took["a"].sum, took["a"].explicit_bounds) == (2, 2.0, otel.BUCKETS)
    assert took["b"].attributes["rpc.response.status_code"] == "5"
    assert sum(point.value for _attributes, point in points(made, "recorder.call.open")) == 1
    ((failed, point),) = points(made, "recorder.call.errors")
    assert (failed["rpc.method"], failed["error.type"], point.value) == ("b", "5", 1)
    made.end()
    assert sum(point.value for _attributes, point in points(made, "recorder.call.open")) == 0
    assert {attributes["error.type"] for attributes, _ in points(made, "recorder.call.errors")} == {"5", "unanswered"}


def test_metrics_tell_a_bounded_number_of_methods_apart(monkeypatch):
    """A peer may make them up."""
    monkeypatch.setattr(otel, "MANY_METHODS", 2)
    calls = [frame(b'{"id":%d,"method":"m%d"}' % (number, number)) for number in range(5)]
    answers = [answer(b'{"id":%d,"result":1}' % number) for number in range(5)]
    made = telemetry(OPENED, *calls, *answers)
    counted = {attributes["rpc.method"] for attributes, _point in points(made, "rpc.client.call.duration")}
    assert counted == {"m0", "m1", "_OTHER"}
    assert {span.attributes.get("rpc.method") for span in made.take()} == {"m0", "m1", "m2", "m3", "m4", None}


def test_what_is_open_is_bounded(monkeypatch):
    """The oldest call is given up, the oldest session ended."""
    monkeypatch.setattr(otel, "OPEN_LIMIT", 2)
    monkeypatch.setattr(otel, "MANY_SESSIONS", 2)
    made = spans(OPENED, *[frame(b'{"id":%d,"method":"m"}' % number) for number in range(4)], end=False)
    assert [span.status.description for span in made] == ["never answered: too many calls were open"] * 2
    opened = [Opened(time=1, session=number, party="p") for number in (1, 2, 3)]
    assert [span.attributes["recorder.session"] for span in spans(*opened, end=False)][-1:] == [1]


@pytest.mark.parametrize("path", sorted((ROOT / "transcripts").glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_spans_agree_with_the_statistics(path):
    """A span a call, an error status for each error."""
    with Capture(path) as recorded:
        made = spans(*recorded, header=recorded.header)
        counted = statistics(recorded)
    calls = [span for span in made if "rpc.method" in span.attributes]
    assert len(calls) == sum(method.calls for method in counted.methods.values())
    assert len(made) - len(calls) == counted.opened
    answered = [span for span in calls if span.status.status_code is StatusCode.ERROR]
    unanswered = [span for span in answered if span.attributes["error.type"] == "unanswered"]
    assert len(unanswered) == len(counted.unanswered)
    assert len(answered) - len(unanswered) == sum(method.errors for method in counted.methods.values())


ODD = (
    b'[{"id":1,"method":"m"},{"id":1,"method":"m"}]',
    b'[{"id":1,"result":2},{"id":1,"result":2},7]',
    b'{"id":1,"error":null}',
    b'{"id":1,"error":[1],"result":2}',
    b'{"id":1,"error":{"code":{},"message":7}}',
    b'{"id":1e999,"method":""}',
    b'{"id":1,"method":"m","jsonrpc":7}',
    b'{"method":"channels.sign.x_tx"}',
    b"[]",
    b"\xff",
    b"",
)


@given(
    st.lists(
        st.one_of(
            st.builds(
                frame,
                st.sampled_from(ODD) | st.binary(max_size=20),
                st.sampled_from(["to_node", "from_node"]),
                session=st.integers(1, 2),
                exchange=st.integers(0, 1),
                status=st.sampled_from([200, 500]),
                time=st.integers(0, 3),
            ),
            st.builds(
                Opened,
                session=st.integers(1, 2),
                party=st.just("p"),
                url=st.sampled_from(["", "ws://[", "x", "http://h/?role=initiator"]),
            ),
            st.builds(Closed, session=st.integers(1, 2)),
            st.just(Note(text="n")),
        ),
        max_size=12,
    )
)
def test_every_span_ends_once_whatever_a_peer_sends(events):
    """With no call or session left over."""
    made = telemetry(*events)
    ended = made.take()
    assert len({span.context.span_id for span in ended}) == len(ended)
    assert not made.take()
    assert sum(point.value for _attributes, point in points(made, "recorder.call.open")) == 0


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ws://[::1]:3014/x", ("::1", 3014, "websocket", "tcp")),
        ("http://node", ("node", 80, "http", "tcp")),
        ("stdio:server --x", (None, None, None, "pipe")),
        ("", (None, None, None, None)),
    ],
)
def test_where_a_node_is(url, told):
    """By the URL of the session."""
    names = ("server.address", "server.port", "network.protocol.name", "network.transport")
    assert tuple(address_of(url).get(name) for name in names) == told
