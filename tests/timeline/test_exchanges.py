"""What answers what, message by message."""

import pytest

from recorder.model import OPPOSITE
from recorder.profiles import GENERIC, PROFILES, Profile
from recorder.timeline.exchanges import ANSWERED, Exchanges, bare, id_key, scope_of

HERE = scope_of(1, "to_node", 0)
AETERNITY = PROFILES["aeternity"]


def asked(*messages, profile=GENERIC, scope=HERE, limit=None):
    """Exchanges in which these were asked, each known by its scope among them."""
    exchanges = Exchanges(limit)
    for number, message in enumerate(messages):
        exchanges.asked(scope, message, profile, number)
    return exchanges


@pytest.mark.parametrize("identity", [1, -5, 1.5, "x", "", 10**30, True, [1], {"a": 1}])
def test_any_id_joins(identity):
    """Whatever a peer uses for one."""
    exchanges = asked({"method": "m", "id": identity})
    assert exchanges.knows(HERE, {"id": identity})
    assert exchanges.answered(HERE, {"id": identity, "result": 1}, GENERIC) == 0
    assert not exchanges.knows(HERE, {"id": identity})


def test_ids_are_compared_as_json_does():
    """The text is not the number; the number is however it is written."""
    assert id_key("1") != id_key(1) == id_key(1.0)
    assert id_key(True) != id_key(1)


@pytest.mark.parametrize(("asks", "answers"), [(7, "7"), ("7", 7), ("-7", -7)])
def test_an_answer_may_have_the_id_as_a_text(asks, answers):
    """Or as a number, where it was a text: servers do so; an answer with the very id comes first."""
    exchanges = asked({"method": "m", "id": asks})
    assert exchanges.answered(HERE, {"id": answers, "result": 1}, GENERIC) == 0
    both = asked({"method": "m", "id": asks}, {"method": "n", "id": answers})
    assert both.answered(HERE, {"id": answers, "result": 1}, GENERIC) == 1


@pytest.mark.parametrize("identity", ["07", "1e1", "x", "9" * 40])
def test_what_only_looks_like_the_id_is_another(identity):
    """A number has one decimal form here; a text that is none is compared with no number."""
    exchanges = asked({"method": "m", "id": None}, {"method": "m", "id": 7}, {"method": "m", "id": 10})
    assert exchanges.answered(HERE, {"id": identity, "result": 1}, GENERIC) is None


def test_a_request_is_answered_once():
    """The same id twice is two requests, answered in order; a third answer is nobody's."""
    exchanges = asked({"method": "a", "id": 1}, {"method": "b", "id": 1})
    found = [exchanges.answered(HERE, {"id": 1, "result": 0}, GENERIC) for _ in range(3)]
    assert found == [0, 1, None]


def test_places_are_apart():
    """Sessions, directions, and over HTTP exchanges; what a node asks over HTTP is answered in an exchange of its own."""
    exchanges = asked({"method": "a", "id": 1})
    for scope in (scope_of(2, "to_node", 0), scope_of(1, OPPOSITE["to_node"], 0), scope_of(1, "to_node", 3)):
        assert exchanges.answered(scope, {"id": 1, "result": 0}, GENERIC) is None
    assert scope_of(1, "from_node", 3) == scope_of(1, "from_node", 9)


def test_an_error_without_an_id_answers_its_body():
    """Over HTTP; on a WebSocket it is nobody's."""
    error = {"id": None, "error": {"code": -32700}}
    exchange = scope_of(1, "to_node", 4)
    assert asked({"method": "a", "id": 1}, scope=exchange).answered(exchange, error, GENERIC) == 0
    assert asked({"method": "a", "id": 1}).answered(HERE, error, GENERIC) is None


def test_a_request_whose_id_is_null_is_answered_under_null():
    """Over HTTP, and the notification beside it in the batch is not."""
    exchange = scope_of(1, "to_node", 4)
    exchanges = asked({"method": "log"}, {"method": "echo", "id": None}, scope=exchange)
    assert exchanges.answered(exchange, {"id": None, "result": 1}, GENERIC) == 1


INVALID, NULL = {"id": 8, "method": 1}, {"id": None, "method": "m"}
NOTE, CALL = {"method": "n"}, {"id": 1, "method": "m"}
ERROR_8, ERROR = {"id": 8, "error": {"code": -32600}}, {"id": None, "error": {"code": -32600}}


@pytest.mark.parametrize(
    ("messages", "answers", "found"),
    [
        ([NOTE, CALL, INVALID], [{"id": 1, "result": 1}, ERROR_8], [1, 2]),
        ([NOTE, CALL], [ERROR_8, {"id": 1, "result": 1}], [None, 1]),
        ([NULL, {"foo": 1}, CALL], [ERROR, {"id": None, "result": 1}], [1, 0]),
        ([CALL, {"foo": 1}], [ERROR, {"id": 1, "result": 1}], [1, 0]),
        ([CALL, NOTE], [ERROR, {"id": 1, "result": 1}], [None, 0]),
        ([CALL, {"id": False, "method": "m"}], [ERROR, {"id": 1, "result": 1}], [1, 0]),
    ],
)
def test_in_a_batch_an_answer_takes_no_others_place(messages, answers, found):
    """One without an id is to what was no request, else to one whose id is null."""
    there = scope_of(1, "to_node", 7)
    exchanges = asked(*messages, scope=there)
    assert [exchanges.answered(there, one, GENERIC, in_batch=True) for one in answers] == found


@pytest.mark.parametrize(
    ("messages", "answers", "found"),
    [
        ([CALL, {"foo": 1}, {}], [{"id": 1, "result": 1}, ERROR, ERROR, ERROR], [0, 1, 2, None]),
        ([NOTE, {"id": None, "method": "m"}], [{"id": None, "result": 1}], [1]),
        ([NOTE, CALL], [ERROR], [None]),
    ],
)
def test_over_a_websocket_what_is_invalid_in_a_batch_is_answered_in_a_batch(messages, answers, found):
    """Under the id null, as the examples of JSON-RPC 2.0 have it; alone such an error is nobody's."""
    exchanges = Exchanges(None)
    for number, message in enumerate(messages):
        exchanges.asked(HERE, message, GENERIC, number, in_batch=True)
    assert exchanges.answered(HERE, ERROR, GENERIC) is None
    assert [exchanges.answered(HERE, one, GENERIC, in_batch=True) for one in answers] == found


def test_a_request_may_be_answered_again():
    """By a further result under its id: in its exchange, where it answers no other request of its batch, or in its session."""
    exchange = scope_of(1, "to_node", 4)
    first, again = {"id": 1, "result": 1}, {"id": 1, "result": 2}
    exchanges = asked({"method": "a", "id": 1}, {"method": "b", "id": 2}, scope=exchange)
    assert exchanges.answered_again(exchange, first) is None
    assert exchanges.answered(exchange, first, GENERIC) == 0
    assert exchanges.answered(exchange, again, GENERIC) is None
    assert exchanges.answered_again(exchange, again) == 0
    assert exchanges.answered_again(scope_of(1, "to_node", 5), again) is None
    exchanges = asked({"method": "a", "id": 1})
    exchanges.answered(HERE, first, GENERIC)
    assert exchanges.answered_again(HERE, again) == 0
    assert exchanges.answered_again(HERE, {"id": 2, "result": 2}) is None


def test_requests_that_may_be_answered_again_are_bounded():
    """The one that was answered longest ago is forgotten first."""
    exchanges = Exchanges()
    scopes = [scope_of(1, "to_node", number) for number in range(1, ANSWERED + 2)]
    for scope in scopes:
        exchanges.asked(scope, {"method": "m", "id": 1}, GENERIC, scope)
        exchanges.answered(scope, {"id": 1, "result": 0}, GENERIC)
        exchanges.answered_again(scopes[0], {"id": 1, "result": 0})
    known = [exchanges.answered_again(scope, {"id": 1}) is not None for scope in scopes[:3]]
    assert known == [True, False, True]


def test_a_protocol_may_answer_without_ids():
    """By the method's reply, by what an error quotes; the first that was asked first."""
    request = {"method": "channels.update.new", "params": {"amount": 1}}
    other = {"method": "channels.get.poi", "params": {}}
    exchanges = asked(request, other, request, profile=AETERNITY)
    error = {"id": None, "error": {"code": 3, "request": request}}
    assert exchanges.answered(HERE, {"method": "channels.get.poi.reply"}, AETERNITY) == 1
    assert [exchanges.answered(HERE, error, AETERNITY) for _ in range(3)] == [0, 2, None]


def test_a_push_takes_its_cause():
    """Nothing else answers that any more."""
    exchanges = asked({"method": "channels.deposit"}, profile=AETERNITY)
    push = {"method": "channels.sign.deposit_tx"}
    assert [exchanges.caused(HERE, push, AETERNITY) for _ in range(2)] == [0, None]


def test_what_is_remembered_is_bounded():
    """The oldest is forgotten first."""
    exchanges = asked(*({"method": "m", "id": number} for number in range(4)), limit=3)
    assert [exchanges.answered(HERE, {"id": number, "result": 0}, GENERIC) for number in (0, 1, 3)] == [None, 1, 3]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"id": 1, "a": 2}, {"a": 2}),
        ({"error": {"request": {"id": 1, "method": "m"}}}, {"error": {"request": {"method": "m"}}}),
        ({"error": {"request": 3}}, {"error": {"request": 3}}),
        ({"params": {"id": 1}}, {"params": {"id": 1}}),
        ({"method": "$/cancelRequest", "params": {"id": 1}}, {"method": "$/cancelRequest", "params": {}}),
        ({"method": "$/cancelRequest", "params": [1]}, {"method": "$/cancelRequest", "params": [1]}),
        ([{"id": 1}], [{"id": 1}]),
    ],
)
def test_bare(message, found):
    """Without its own id, and that of a request that an error quotes or a cancellation names."""
    assert bare(message) == found


def test_what_was_answered_is_remembered_by_no_other_key():
    """A session may go on for ever."""
    exchanges = Exchanges()
    for number in range(1_000):
        exchanges.asked(HERE, {"id": number, "method": "m"}, AETERNITY, number)
        assert exchanges.answered(HERE, {"id": number, "result": 1}, AETERNITY) == number
    assert [*exchanges._open, *exchanges._waiting, *exchanges._unnamed] == []


class Quoting(Profile):
    """A protocol whose answers quote their request, and which counts how often a request was looked at for that."""

    def __init__(self):
        self.looked = 0

    def asks(self, message):
        """By its method, told twice."""
        self.looked += 1
        return [message.get("method")] * 2

    def answers(self, message):
        """By the method that it quotes, if it does."""
        return [message.get("quoted")] if "quoted" in message else []


def test_a_profile_is_asked_for_keys_only_if_a_message_could_be_matched_by_them():
    """And once for each request: what is answered by its id costs nothing more."""
    profile, exchanges = Quoting(), Exchanges()
    for number in range(3):
        exchanges.asked(HERE, {"id": number, "method": f"m{number}"}, profile, number)
    assert exchanges.answered(HERE, {"id": 0, "result": 1}, profile) == 0
    assert profile.looked == 0
    assert [exchanges.answered(HERE, {"quoted": f"m{number}"}, profile) for number in (2, 0, 1)] == [2, None, 1]
    assert profile.looked == 2
    assert [*exchanges._open, *exchanges._waiting, *exchanges._unnamed] == []


def test_what_is_forgotten_is_found_by_no_key():
    """Neither by its id, nor in its exchange, nor by its profile's keys."""
    scope, profile, exchanges = scope_of(1, "to_node", 7), Quoting(), Exchanges(1)
    exchanges.asked(scope, {"id": 1, "method": "a"}, profile, "a")
    assert exchanges.answered(scope_of(1, "to_node", 8), {"quoted": "a"}, profile) is None
    exchanges.asked(HERE, {"id": 1, "method": "b"}, profile, "b")
    for answer in ({"id": 1}, {"quoted": "a"}, {}):
        assert exchanges.answered(scope, answer, profile) is None
    assert exchanges.answered(HERE, {"quoted": "b"}, profile) == "b"


def test_an_id_that_is_used_twice_is_told():
    """As long as the first is open, in its own scope."""
    exchanges, message = Exchanges(), {"id": 1, "method": "a"}
    scopes = HERE, scope_of(2, "to_node", 0), HERE
    assert [exchanges.asked(scope, message, GENERIC, 0) for scope in scopes] == [False, False, True]
    for _ in range(2):
        exchanges.answered(HERE, {"id": 1, "result": 0}, GENERIC)
    assert not exchanges.asked(HERE, message, GENERIC, 0)


def test_an_answer_in_a_stream_finds_its_request():
    """What is asked over HTTP may be answered in no exchange, by its id; another exchange answers only its own."""
    exchange = scope_of(1, "to_node", 4)
    exchanges = asked({"method": "a", "id": 1}, {"method": "b", "id": 2}, scope=exchange)
    assert exchanges.answered(scope_of(1, "to_node", 5), {"id": 2, "result": 0}, GENERIC) is None
    assert exchanges.answered(scope_of(2, "to_node", 0), {"id": 2, "result": 0}, GENERIC) is None
    assert exchanges.answered(HERE, {"id": 2, "result": 0}, GENERIC) == 1
    assert exchanges.answered(HERE, {"id": 2, "result": 0}, GENERIC) is None
    assert exchanges.answered(exchange, {"id": 1, "result": 0}, GENERIC) == 0
