"""What was recorded, grouped by how it is built: frames, whose ids are, words that are all there are."""

from recorded import CHANNEL, INITIATOR, RESPONDER, URL, call, info, recordings, said, transfer

from recorder.documents.recordings import codes


def test_messages_that_are_built_alike_are_one_group():
    """Their values are not looked at; each frame is known."""
    found = recordings(
        said((">", call("sum", {"a": 1})), (">", call("sum", {"a": 2})), (">", call("sum", {"a": None})))
    )
    groups = found.about(("call", "sum"))
    assert [[str(at) for at in group.frames] for group in groups] == [
        ["run1.jsonl:3", "run1.jsonl:4"],
        ["run1.jsonl:5"],
    ]


def test_answers_are_known_by_their_requests():
    """By id; a refusal counts for what was refused."""
    found = recordings(
        said(
            (">", call("sum", {}, id=1)),
            (">", call("mul", {}, id=2)),
            ("<", {"jsonrpc": "2.0", "id": 2, "result": 1}),
            ("<", {"jsonrpc": "2.0", "id": 1, "error": {"code": 7, "message": "x"}}),
        )
    )
    assert [group.count for group in found.about(("result", "mul"))] == [1]
    assert [group.count for group in found.about(("error", (7,)))] == [1]
    assert [group.only_refused for group in found.groups() if group.method] == [True, False]


def test_members_of_a_batch_are_messages():
    """Each of them, in one frame."""
    found = recordings(said((">", [call("sum", {}, id=1), call("mul", {}, id=2)])))
    assert found.methods == ["sum", "mul"]
    assert {at for group in found.groups() for at in group.frames} == {("run1.jsonl", 3, "client")}


def test_what_is_no_json_rpc_is_passed_over():
    """Traffic is never a reason to fail."""
    found = recordings(
        said((">", "no json"), (">", "[1, 2]"), ("<", '{"a": 1}'), (">", "[]"), ("<", '{"id": 1, "result"'))
    )
    assert [*found.groups()] == []


def test_an_error_s_code_may_be_anything():
    """What is neither a number nor a text tells no errors apart."""
    answers = [{"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "x"}} for code in ([1], {"a": 1}, None)]
    found = recordings(said(*(("<", answer) for answer in answers)))
    assert {group.key for group in found.groups()} == {("error", (None,))}


def test_what_is_nested_without_end_is_passed_over():
    """However deep, nothing fails."""
    deep = '{"jsonrpc": "2.0", "method": "x", "params": ' + "[" * 900 + "]" * 900 + "}"
    found = recordings(said((">", deep), (">", call("sum", {}))))
    assert "sum" in found.methods


def test_ids_are_known_by_the_url_that_gives_them():
    """Others by where they stand first."""
    found = recordings(
        said((">", transfer(INITIATOR, RESPONDER)), ("<", info("open")), url=URL.format("initiator"), party="initiator")
    )
    (sent,) = found.about(("call", "channels.update.new"))
    assert [*sent.ids] == [("initiator", ((("params", "from"), "initiator_id"), (("params", "to"), "responder_id")))]
    (told,) = found.about(("call", "channels.info"))
    assert [*told.ids] == [("initiator", ((("params", "channel_id"), 0),))]
    assert CHANNEL in str(told.value)


def test_words_are_closed_where_there_are_many_of_few():
    """In several kinds of messages; a name that says many things is open."""
    frames = [("<", call(f"m{number % 3}", {"op": "add", "word": f"w{number}"})) for number in range(30)]
    found = recordings(said(*frames))
    assert found.words("op") == {"add": 30}
    assert found.words("word") is None
    assert found.words("nothing") is None


def test_codes_tell_errors():
    """Its own, and those of its reasons."""
    assert codes({"code": 3, "data": [{"code": 1001}, "x", {"code": None}]}) == (3, 1001)
    assert codes({"code": -32000, "data": "x"}) == (-32000,)
    assert codes("no object") == ()
