"""A capture as conversations: what is told back to the journal gives the same events."""

from collections import Counter

from recorder.capture import frame
from recorder.interchange.conversations import WebSocket, conversations
from recorder.model import Closed, Note, Opened, Refused, Scenario

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
TELL = b'{"jsonrpc":"2.0","method":"told"}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'
SOCKET = Opened(time=1, session=1, party="client-1", url="ws://n/")
HTTP = Opened(time=2, session=2, party="client-2", url="http://n/", headers=[("a", "b")])
PIPE = Opened(time=3, session=3, party="client-3", url="stdio:server")


def test_a_websocket_holds_its_frames_and_its_end():
    """Whatever happens in between, and in which scenario it began."""
    sent, closed = frame(ASK, time=4, session=1, direction="to_node"), Closed(time=5, session=1)
    assert conversations([Scenario(name="one"), SOCKET, HTTP, sent, closed], Counter()) == [
        WebSocket(SOCKET, "one", [sent], closed)
    ]


def test_a_session_whose_beginning_is_not_there_is_a_websocket():
    """Somebody has cut the capture; its URL is unknown."""
    sent, closed = frame(ASK, time=4, session=7, direction="to_node"), Closed(time=5, session=7)
    opened = Opened(time=4, session=7, party="client-7")
    assert conversations([sent, closed], Counter()) == [WebSocket(opened, "", [sent], closed)]


def test_an_exchange_holds_its_answers():
    """Events of a stream may come while another call is answered."""
    asked = [frame(ASK, time=4 + n, session=2, direction="to_node", exchange=n) for n in (1, 2)]
    answers = [frame(TELL, time=9, session=2, direction="from_node", exchange=n) for n in (1, 2, 1)]
    found = conversations([HTTP, *asked, *answers], Counter())
    told = [(one.asked, one.answers) for one in found]
    assert told == [(asked[0], [answers[0], answers[2]]), (asked[1], [answers[1]])]
    assert found[0].request == ("POST", "http://n/", [("a", "b")], ASK, "")


def test_a_call_in_a_query_is_in_the_url():
    """It was a GET."""
    asked = frame(b'{"method":"sum","id":"1","params":[1]}', session=2, direction="to_node", exchange=1, query="json")
    (found,) = conversations([HTTP, asked], Counter())
    assert found.request[:2] == ("GET", "http://n/?method=sum&id=1&params=%5B1%5D")
    assert found.answer is None


def test_who_listens_has_asked_to():
    """By a GET; and who leaves has deleted the session; both under the name that the node has given it, as in the last call."""
    asked = frame(ASK, time=3, session=2, direction="to_node", exchange=1, headers=[("mcp-session-id", "s")])
    begun = frame(b"", time=4, session=2, direction="from_node", headers=[("content-type", "text/event-stream")])
    told = frame(TELL, time=5, session=2, direction="from_node")
    closed = Closed(time=6, session=2)
    _call, listening, leaving = conversations([HTTP, asked, begun, told, closed], Counter())
    assert (listening.asked, listening.answers) == (None, [begun, told])
    assert listening.request[0] == "GET"
    assert listening.request.headers == [("a", "b"), ("mcp-session-id", "s")]
    assert leaving.request[0] == "DELETE"
    assert leaving.request.headers == [("a", "b"), ("mcp-session-id", "s")]
    assert leaving.time == 6


def test_what_no_conversation_holds_is_counted():
    """Notes, and what went over pipes; a refused handshake is one by itself."""
    lost, refused = Counter(), Refused(status=401, url="ws://n/")
    piped = frame(ASK, session=3, direction="to_node")
    assert conversations([PIPE, piped, piped, Note(text="x"), refused], lost) == [refused]
    assert lost == {"notes": 1, "events of stdio": 2}
