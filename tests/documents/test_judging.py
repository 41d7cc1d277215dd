"""Verdicts: what is true, and of what is not, where and why; protocols' own ways are asked for, never known."""

import json

import pytest
from recorded import (
    CAPTURES,
    CHAIN,
    CHANNEL,
    CHANNELS,
    GENERIC,
    INITIATOR,
    RESPONDER,
    TOOLS,
    URL,
    call,
    fenced,
    info,
    judged,
    recordings,
    said,
    transfer,
)

from recorder.documents import check

STRANGER = "ak_26zhrAPuCdcFD5f68BgRrHza8LS1wUrKKLHco21mjcBqcfwdU"
WRONG = "ak_2MGLPW2CHTDXJhqFJezqSwYSNwbZokSKkG7wSbGtVmeyjGfHtn"
RESULT = {"jsonrpc": "2.0", "id": 7, "result": {"sum": 9, "steps": [{"op": "add", "took": 1}], "note": None}}


def verdict(value, against=GENERIC, **how):
    """The verdict of one example, and its first reason."""
    (found,) = judged(fenced(value, **how), against)
    return found


def result(**changes):
    """The recorded result with some members changed."""
    return RESULT | {"result": RESULT["result"] | changes}


TRUE = {
    "the same with other values": call("sum", {"a": 70, "b": -1}, id=9),
    "in another order": {"params": {"b": 2, "a": 1}, "method": "sum", "id": 1, "jsonrpc": "2.0"},
    "a call as a notification": call("sum", {"a": 1, "b": 2}),
    "with what some recordings have": call("sum", {"a": 1, "b": 2, "round": False}, id=1),
    "positions": call("log", ["warning", "x"]),
    "a push": call("tick", {"at": 6}),
    "a result": RESULT,
    "a result with several elements": result(steps=[{"op": "add", "took": 1}] * 3),
    "a result without elements": result(steps=[]),
    "null where another recording has a text": result(steps=[], note=None),
    "an error": {"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Invalid params: b"}},
    "left out": '{"jsonrpc": "2.0", "method": "sum", "params": {"a": 1, ...}, "id": 1}',
    "left out altogether": '{"jsonrpc": "2.0", "method": "sum", "params": {...}, "id": 1}',
    "a placeholder": '{"jsonrpc": "2.0", "method": "sum", "params": <two numbers>, "id": 1}',
    "a placeholder for the method": '{"jsonrpc": "2.0", "method": <method>, "params": {"at": 1}}',
    "items left out": '{"jsonrpc": "2.0", "id": 7, "result": {"sum": 1, "steps": [...], "note": null}}',
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_recorded_is_true(name):
    """Values that differ as they do between runs are no finding."""
    assert verdict(TRUE[name]) == ("true", "")


STALE = {
    "missing": (result() | {"result": {"sum": 1, "steps": []}}, "result.note is missing (null is recorded)"),
    "extra": (result(more=1), "result.more is in no such recorded message"),
    "renamed": (
        {"jsonrpc": "2.0", "id": 7, "result": {"summ": 9, "steps": [], "note": None}},
        "result.summ is called 'sum' in what is recorded",
    ),
    "of another type": (result(sum="9"), "result.sum is a text; a number is recorded"),
    "in an element": (result(steps=[{"op": "add"}]), "result.steps[0].took is missing (4 is recorded)"),
    "missing from every call": (call("sum", {"b": 2}, id=1), "params.a is missing (1 is recorded)"),
    "missing from a call, but where it was refused": (
        call("sum", {"a": 1}, id=1) | {"params": {"round": True, "a": 1}},
        "params.b is missing (2 is recorded)",
    ),
    "parameters of what has none": (call("tick", {}), "params.at is missing (5 is recorded)"),
    "a position": (call("log", ["info"]), 'params[1] is missing ("started" is recorded)'),
    "a type of a call": (call("sum", {"a": [], "b": 2}, id=1), "params.a is a list; a number is recorded"),
    "another version": (call("tick", {"at": 5}) | {"jsonrpc": "1.0"}, 'jsonrpc is "1.0"; "2.0" is recorded'),
}


@pytest.mark.parametrize("name", STALE)
def test_what_is_not_as_recorded_is_stale(name):
    """Each path, with what is recorded there."""
    value, why = STALE[name]
    assert verdict(value) == ("stale", why)


def test_parameters_that_say_nothing_may_be_missing():
    """Of a call without any there may be an empty list, an empty object, or no member."""
    for own in (call("ping", id=1), call("ping", [], id=1), call("ping", {}, id=1)):
        against = recordings(said((">", own)))
        for other in ([], {}, None):
            assert verdict(call("ping", other, id=2), against) == ("true", "")
        assert verdict(call("ping", [1], id=2), against)[0] in {"stale", "unseen"}


def test_the_keys_of_a_table_are_values():
    """Numbers, and the protocol's encoded texts: as many as there are, but of one kind, and each with its own value."""
    balances = {"jsonrpc": "2.0", "id": 1, "result": {INITIATOR: {"5": 1}, "total": 2}}
    against = recordings(said((">", info("x")), (">", call("sum", id=1)), ("<", balances)))
    tables = {
        "true": [
            {STRANGER: {"7": 1, "8": 2}, "total": 2},
            {"total": 2},
            {STRANGER: {"7": 1}, RESPONDER: {}, "total": 1},
        ],
        "stale": [{STRANGER: {"7": "1"}, "total": 2}, {STRANGER: {"a": 1}, "total": 2}, {CHANNEL: {}, "total": 2}, {}],
    }
    for expected, results in tables.items():
        for one in results:
            assert verdict(balances | {"result": one}, against)[0] == expected


def test_an_answer_without_an_id_answers_the_call_before_it():
    """Of another method it would say another thing; what it does not show it has to leave out."""
    document = fenced(
        f'--> {json.dumps(call("sum", {"a": 1, "b": 2}, id=4))}\n<-- {{"result": {{"sum": "9", ...}}, ...}}', ""
    )
    (found,) = judged(document, GENERIC)
    assert found == ("stale", "result.sum is a text; a number is recorded")
    (found,) = judged(document.replace('"9"', "9"), GENERIC)
    assert found == ("true", "")


def test_the_urls_of_a_table_are_values():
    """As those of files are in which an editor changes something: each with its own value, under whatever path."""
    edits = {"jsonrpc": "2.0", "id": 1, "result": {"changes": {"file:///home/me/a.sh": [{"text": "b"}]}}}
    against = recordings(said((">", call("rename", id=1)), ("<", edits)))
    other = {"file:///a.sh": [{"text": "c"}], "file:///b.sh": [{"text": "c"}]}
    assert verdict(edits | {"result": {"changes": other}}, against) == ("true", "")
    assert verdict(edits | {"result": {"changes": {"file:///a.sh": 1}}}, against)[0] == "stale"


UNSEEN = {
    "a method": (call("mul", {}), "no recording has mul"),
    "a method that is misspelt": (call("tack", {"at": 1}), "no recording has tack"),
    "what a client adds": (call("sum", {"a": 1, "b": 2, "mod": 3}, id=1), "params.mod is in no such recorded message"),
    "an error": ({"jsonrpc": "2.0", "id": 1, "error": {"code": 4, "message": "x"}}, "no recording has an error 4"),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_recording_has_is_unseen(name):
    """Nobody can say whether it is so."""
    value, why = UNSEEN[name]
    assert verdict(value) == ("unseen", why)


def test_what_no_node_adds_is_stale():
    """A node's messages are all there is; a client may give more than was tried."""
    assert verdict(call("tick", {"at": 1, "of": 2}))[0] == "stale"


def test_no_json_is_broken_whatever_else_it_is():
    """The place is that of the mistake."""
    document = fenced('{"jsonrpc": "2.0",\n "method": "mul" "params": {}}')
    (found,) = check(document, "g.md", GENERIC, CAPTURES)
    assert (found.verdict, found.reasons[0].what) == ("broken", "no comma before what follows; a `,` is missing")
    assert found.block.position_of(found.reasons[0].offset) == (5, 18)


def test_a_nearest_frame_is_named():
    """The one that is most alike, with its capture and line."""
    (found,) = check(fenced(result(steps=[], note="rounded", more=1)), "g.md", GENERIC, CAPTURES)
    assert str(found.worst.at) == "run1.jsonl:6"
    assert found.worst.match.pairs[-1].path == ("result", "note")


PAYMENT = {"id": "pay_1", "amount": 10, "state": "pending"}
PAYMENTS = said(
    (">", call("pay", {"amount": 10}, id=1)),
    ("<", {"jsonrpc": "2.0", "id": 1, "result": PAYMENT}),
    (">", call("pay", {"amount": 5000}, id=2)),
    ("<", {"jsonrpc": "2.0", "id": 2, "error": {"code": 1101, "message": "Insufficient funds"}}),
    (">", call("subscribe", id=3)),
    ("<", {"jsonrpc": "2.0", "id": 3, "result": "sub_1"}),
)
PAID = recordings([*PAYMENTS])


def test_the_nearest_message_is_the_one_that_shares_most():
    """A short answer of another method, with one finding, is further away than a member that is called otherwise."""
    found = verdict({"jsonrpc": "2.0", "id": 1, "result": {"id": "pay_2", "amount": 10, "status": "pending"}}, PAID)
    assert found == ("stale", "result.status is called 'state' in what is recorded")


SPELT = {
    "a letter less": ({"state": "acceptd"}, "stale"),
    "another word, since there may be others": ({"state": "rejected"}, "true"),
    "as it was recorded": ({"state": "accepted"}, "true"),
    "numbered": ({"state": "accepted2"}, "true"),
    "what a client has sent": ({"customer": "Robert"}, "true"),
    "what both have sent": ({"mode": "repeat"}, "true"),
    "a name under which other texts are sent too": ({"said": "Sold-outt"}, "true"),
}


@pytest.mark.parametrize("name", SPELT)
def test_a_word_of_a_node_is_spelt_as_it_is_recorded(name):
    """Once is enough to know how it is spelt; what clients say, and texts of other kinds, people may write as they like."""
    changes, expected = SPELT[name]
    order = {"state": "accepted", "customer": "Roberto", "said": "Sold-out", "mode": "repeats"}
    against = recordings(
        said(
            (">", call("order", {"by": "Roberto", "how": "repeat"}, id=1)),
            ("<", {"jsonrpc": "2.0", "id": 1, "result": order}),
            ("<", call("told", {"said": "We are closed.", "mode": "repeat"})),
        )
    )
    found = verdict({"jsonrpc": "2.0", "id": 1, "result": order | changes}, against)
    assert found[0] == expected
    assert found[1] in {"", 'result.state is "acceptd", which no recording says; is "accepted" meant?'}


def test_a_numbered_word_is_held_against_all_that_there_are():
    """Where the recordings are likely to have all of them."""
    against = recordings(said(*(("<", call(f"m{number % 3}", {"level": "level10"})) for number in range(30))))
    what = 'params.level is "levl10", which no recording says; is "level10" meant?'
    assert verdict(call("m1", {"level": "levl10"}), against) == ("stale", what)


@pytest.mark.parametrize("own", [{"a": 1}, [1], 7])
def test_a_result_of_no_recorded_kind_is_unseen(own):
    """Where no call says what it is of, nothing says that it is another method's."""
    other = {"a": 1} if own == 7 else "sub_1"
    against = recordings(said((">", call("x", id=3)), ("<", {"jsonrpc": "2.0", "id": 3, "result": other})))
    found = verdict({"jsonrpc": "2.0", "id": 1, "result": own}, against)
    assert found == ("unseen", "no recording has such a result")


@pytest.mark.parametrize("left_out", ['{..., "NAME": 1}', '{"NAME": 1, ...}', '{"more": [{..., "NAME": 1}], ...}'])
def test_what_is_left_out_hides_no_new_name(left_out):
    """A member beside `...` that is called otherwise now is found as such."""
    recorded = {"jsonrpc": "2.0", "id": 1, "result": {"status": 1, "fee": 2, "more": [{"status": 1, "fee": 2}]}}
    against = recordings(said((">", call("x", id=1)), ("<", recorded)))
    text = f'{{"jsonrpc": "2.0", "id": 1, "result": {left_out}}}'
    assert verdict(text.replace("NAME", "status"), against)[0] == "true"
    found, why = verdict(text.replace("NAME", "state"), against)
    assert (found, why.split(".")[-1]) == ("stale", "state is called 'status' in what is recorded")


ASKED = fenced(call("pay", {"amount": 5000}, id=1))
REFUSED = {"jsonrpc": "2.0", "id": 1, "error": {"code": 1001, "message": "Insufficient funds"}}
CODES = {
    "another code": (ASKED, {}, ("stale", "error.code is 1001; 1101 is recorded")),
    "another code, of a call that nobody shows": ("", {}, ("stale", "error.code is 1001; 1101 is recorded")),
    "another code, and other words": (ASKED, {"message": "Limit"}, ("unseen", "no recording has an error 1001")),
    "of a method that is never refused so": (
        fenced(call("subscribe", id=1)),
        {},
        ("unseen", "no recording has an error 1001"),
    ),
    "the code, and other words": (ASKED, {"code": 1101, "message": "Not enough"}, ("true", "")),
}


@pytest.mark.parametrize("name", CODES)
def test_an_error_in_the_same_words_has_its_code(name):
    """Where the recorded one has another, that is what changed; an error in other words is one that nobody recorded."""
    before, changes, (expected, why) = CODES[name]
    found = judged(before + fenced(REFUSED | {"error": REFUSED["error"] | changes}), PAID)[-1]
    assert found == (expected, why)


def test_an_error_with_a_reason_in_other_words_is_another_one():
    """What it says of itself may be the same of all of them."""
    error = {"code": 3, "message": "Rejected", "data": [{"code": 1, "message": "Not in state"}]}
    against = recordings(said((">", call("x", id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "error": error})))
    for words, found in (("Not in state", "stale"), ("Busy", "unseen")):
        other = error | {"data": [{"code": 2, "message": words}]}
        assert verdict({"jsonrpc": "2.0", "id": 1, "error": other}, against)[0] == found
    for data in ({}, {"data": []}):
        other = {"code": 4, "message": "Rejected"} | data
        assert verdict({"jsonrpc": "2.0", "id": 1, "error": other}, against)[0] == "unseen"


def test_codes_deep_in_the_data_of_an_error_are_values():
    """Only its own code and those of its reasons say which error it is."""
    error = {"code": 1, "message": "x", "data": {"code": 2, "more": {"code": 3}}}
    against = recordings(said((">", call("x", id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "error": error})))
    other = error | {"data": {"code": 2, "more": {"code": 4}}}
    assert verdict({"jsonrpc": "2.0", "id": 1, "error": other}, against) == ("true", "")
    other = error | {"data": {"code": 5, "more": {"code": 3}}}
    assert verdict({"jsonrpc": "2.0", "id": 1, "error": other}, against)[1] == "error.data.code is 5; 2 is recorded"


def test_a_result_is_of_the_request_that_was_shown():
    """With its id; a result of another method is not what was recorded of it."""
    document = fenced(call("eth_blockNumber", [], id=4)) + fenced({"jsonrpc": "2.0", "id": 4, "result": None})
    assert judged(document, CHAIN)[1] == ("stale", "result is null; a text is recorded")


def test_a_request_is_answered_once():
    """A later result with its id is of something else, which is not shown."""
    answer = fenced({"jsonrpc": "2.0", "id": 4, "result": "0x1"})
    document = fenced(call("eth_blockNumber", [], id=4)) + answer + fenced({"jsonrpc": "2.0", "id": 4, "result": 6})
    assert [one[0] for one in judged(document, CHAIN)] == ["true", "true", "stale"]
    against_all = fenced(call("tick", {"at": 1}, id=7)) + fenced(RESULT) + fenced(RESULT)
    assert judged(against_all, GENERIC)[1:] == [("unseen", "no recording has a result of tick"), ("true", "")]


def test_a_result_whose_request_nobody_recorded_is_unseen():
    """It is not held against results of others."""
    document = fenced(call("mul", [2, 3], id=4)) + fenced({"jsonrpc": "2.0", "id": 4, "result": 6})
    assert judged(document, GENERIC)[1] == ("unseen", "no recording has a result of mul")


def test_the_result_of_a_misspelt_call_is_held_against_those_of_what_is_meant():
    """Where it is one; the finding of the call is enough."""
    answer = {"jsonrpc": "2.0", "id": 4, "result": "0x5"}
    document = fenced(call("eth_blockNumbr", [], id=4)) + fenced(answer)
    assert judged(document, CHAIN) == [
        ("unseen", "no recording has eth_blockNumbr; is eth_blockNumber meant?"),
        ("true", ""),
    ]
    document = fenced(call("eth_blockNumbr", [], id=4)) + fenced(answer | {"result": {}})
    assert judged(document, CHAIN)[1] == ("unseen", "no recording has a result of eth_blockNumbr")


PAIRED = fenced(call("sum", {"a": 1, "b": 2}, id=1))
OTHER = json.dumps(RESULT | {"id": 2})
UNPAIRED = {
    "of the same id": (PAIRED, RESULT | {"id": 1}),
    "of an id that is left out": (PAIRED, OTHER.replace('"id": 2', '"id": <id>')),
    "behind another example": (PAIRED + fenced(call("tick", {"at": 1})), OTHER),
    "of another request that was shown": (fenced(call("sum", {"a": 1, "b": 2}, id=2)) + PAIRED, OTHER),
    "of another party's": (PAIRED.replace("\n\n```", "#### alice ---> node\n```"), f"#### bob <--- node\n{OTHER}"),
    "of a request that left its id out": (PAIRED.replace('"id": 1', '"id": <id>'), OTHER),
}


@pytest.mark.parametrize("name", UNPAIRED)
def test_a_result_need_not_be_of_the_request_before_it(name):
    """Where anything says otherwise."""
    before, value = UNPAIRED[name]
    assert judged(before + fenced(value, ""), GENERIC)[-1] == ("true", "")


def test_a_result_has_the_id_of_the_request_right_before_it():
    """Where no other method has such a result: then it is that one's answer."""
    assert judged(PAIRED + fenced(OTHER), GENERIC)[-1] == (
        "stale",
        "id is 2; that of the sum before it, which it answers, is 1",
    )
    answer = {"jsonrpc": "2.0", "id": 9, "result": "0x5"}
    asked = fenced(call("eth_blockNumber", [], id=1))
    assert judged(asked + fenced(answer), CHAIN)[-1] == ("true", "")  # a balance is such a text too


DIRECTIONS = {
    "as recorded": ("#### client ---> node", "true"),
    "the other way": ("#### client <--- node", "wrong direction"),
    "in words": ("The node responds:", "wrong direction"),
    "by nobody": ("An example:", "true"),
}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_who_sends_is_held_against_the_recordings(name):
    """Where the document says it."""
    before, expected = DIRECTIONS[name]
    assert verdict(call("sum", {"a": 1, "b": 2}, id=1), before=before)[0] == expected


def test_several_messages_in_a_block_have_one_verdict():
    """The most severe; the message that has it is named."""
    document = fenced(f"// a\n{json.dumps(call('tick', {'at': 1}))}\n// b\n{json.dumps(call('mul', {}))}", "")
    (found,) = check(document, "g.md", GENERIC, CAPTURES)
    assert (found.verdict, [one.verdict for one in found.judged]) == ("unseen", ["true", "unseen"])


def test_a_comment_leaves_a_block_alone():
    """With its reason, whatever is in it."""
    (found,) = check(fenced(call("mul"), before="<!-- recorder: ignore later -->"), "g.md", GENERIC, CAPTURES)
    assert found.left == "later"


# A protocol with accounts


CHANNEL_EXAMPLES = {
    "an event": (info("open"), "true", ""),
    "an event that no recording has": (info("closed"), "unseen", "no recording has channels.info closed"),
    "an event that is misspelt": (
        info("fsm_upp"),
        "unseen",
        "no recording has channels.info fsm_upp; is channels.info fsm_up meant?",
    ),
    "a text that is left out": (
        info("fsm_up", fsm_id="ba_14XZ..."),
        "true",
        "",
    ),
    "another kind of text": (
        info("fsm_up", fsm_id=CHANNEL),
        "stale",
        "params.data.fsm_id is a text ch…; a text ba… is recorded",
    ),
    "a plain text": (info("fsm_up", fsm_id="x"), "stale", "params.data.fsm_id is a plain text; a text ba… is recorded"),
    "a missing member": (
        call("channels.conflict", {"channel_id": CHANNEL, "data": {"round": 1}}, version=1),
        "stale",
        "params.data.error_code is missing (42 is recorded)",
    ),
    "accounts that nobody has told": (transfer(STRANGER, INITIATOR), "true", ""),
    "one account in two places": (
        transfer(STRANGER, STRANGER),
        "stale",
        'params.to is "ak_26zhrAPuCdcFD5f68BgRrHza8LS1wUrKKLHco21mjcBqcfwdU" as elsewhere in the message; others are recorded there',
    ),
    "a wrong checksum": (
        transfer(WRONG, RESPONDER),
        "broken",
        None,
    ),
}


@pytest.mark.parametrize("name", CHANNEL_EXAMPLES)
def test_a_protocol_s_texts_are_asked_for(name):
    """What is encoded, whose ids are, what tells events apart."""
    value, expected, why = CHANNEL_EXAMPLES[name]
    found = verdict(value, CHANNELS)
    assert found[0] == expected
    assert why is None or found[1] == why


def test_a_wrong_checksum_says_where():
    """The text and the offset in it."""
    why = verdict(transfer(WRONG, RESPONDER), CHANNELS)[1]
    assert "checksum" in why
    assert "(offset 3)" in why


def test_an_account_keeps_its_meaning_through_a_document():
    """Whom the URL calls the initiator is not the responder two blocks later."""
    url = fenced(f"wscat --connect '{URL.format('initiator')}'", "")
    good, bad = fenced(transfer(INITIATOR, RESPONDER)), fenced(transfer(RESPONDER, INITIATOR))
    assert [one[0] for one in judged(url + good, CHANNELS)] == ["true", "true"]
    assert judged(url + bad, CHANNELS)[1] == (
        "stale",
        "params.from is responder_id in this document; initiator_id is recorded there",
    )


@pytest.mark.parametrize("name", ["as recorded", "a parameter that is misspelt"])
def test_a_session_that_is_opened_and_spoken_in_is_held_whole(name):
    """Its URL, and each message behind it; a URL inside a message opens nothing."""
    url, expected, why = URLS[name]
    said = "\n".join(
        f"> {json.dumps(transfer(*who))}" for who in ((INITIATOR, RESPONDER), (INITIATOR, "ws://node/c?x=1"))
    )
    (found,) = check(fenced(f"$ wscat --connect '{url}'\n{said}", ""), "guide.md", CHANNELS, CAPTURES)
    assert [one.verdict for one in found.judged] == [expected, "true", "stale"]
    assert why in {"", *(reason.what for reason in found.judged[0].reasons)}


def test_an_account_is_known_by_an_earlier_example_too():
    """Where no URL is shown."""
    first = fenced(call("channels.message", {"to": STRANGER, "info": "x"}))
    assert judged(first + fenced(transfer(STRANGER, INITIATOR)), CHANNELS)[1][0] == "stale"


URLS = {
    "as recorded": (URL.format("responder"), "true", ""),
    "another host": (URL.format("responder").replace("node:3014", "localhost:9"), "true", ""),
    "left out in part": ("ws://node:3014/channel?role=initiator&...", "true", ""),
    "placeholders": (URL.replace("{}", "<role>").replace(INITIATOR, "<the initiator>"), "true", ""),
    "a parameter that is misspelt": (
        URL.format("initiator").replace("protocol", "protocoll"),
        "stale",
        "no recorded opening has the parameter protocoll; is protocol meant?",
    ),
    "a parameter that nobody gave": (
        URL.format("initiator") + "&ttl=1",
        "unseen",
        "no recorded opening has the parameter ttl",
    ),
    "a parameter that everybody gave": (
        URL.format("initiator").replace("&protocol=json-rpc", ""),
        "stale",
        "the parameter protocol is missing; every recorded opening has it",
    ),
    "another kind of text": (
        URL.format("initiator").replace(INITIATOR, CHANNEL),
        "stale",
        None,
    ),
}


@pytest.mark.parametrize("name", URLS)
def test_the_parameters_of_a_session_s_url_are_held_against_recorded_openings(name):
    """Their names, their kinds, and that none is missing."""
    url, expected, why = URLS[name]
    (found,) = judged(fenced(f"$ wscat --connect '{url}'", ""), CHANNELS)
    assert found[0] == expected
    assert why is None or found[1] == why


def test_a_finding_about_a_parameter_stands_at_the_parameter():
    """Not where another one ends with its name."""
    url = URL.format("initiator").replace(f"initiator_id={INITIATOR}&", "") + f"&initiator_id={CHANNEL}"
    url = url.replace("?", "?fork_initiator_id=1&")
    (found,) = check(fenced(f"$ wscat --connect '{url}'", ""), "guide.md", CHANNELS, CAPTURES)
    (reason,) = (one for one in found.judged[0].reasons if one.path == ("initiator_id",) and one.verdict == "stale")
    assert found.block.text[reason.offset :].startswith(f"initiator_id={CHANNEL}'")


# Other protocols


CHAIN_EXAMPLES = {
    "a command and its result": (
        (
            "// Request\ncurl -X POST --data '"
            '{"jsonrpc":"2.0","method":"eth_getBalance","params":["0x1", "latest"],"id":1}'
            '\'\n// Result\n{\n  "id":1,\n  "jsonrpc": "2.0",\n  "result": "0x02" // 2\n}'
        ),
        "true",
    ),
    "a quantity that is a number": (
        (
            '// Request\n{"jsonrpc":"2.0","method":"eth_blockNumber","params":[],"id":1}\n'
            '// Result\n{"id":1, "jsonrpc": "2.0", "result": 7}'
        ),
        "stale",
    ),
    "a quantity in decimal digits": ('{"id":1, "jsonrpc": "2.0", "result": "1207"}', "stale"),
    "a parameter too few": ('{"jsonrpc":"2.0","method":"eth_getBalance","params":["0x1"],"id":1}', "stale"),
}


@pytest.mark.parametrize("name", CHAIN_EXAMPLES)
def test_documents_of_a_chain(name):
    """In the form of their own pages."""
    text, expected = CHAIN_EXAMPLES[name]
    assert verdict(text, CHAIN, language="js")[0] == expected


TOOL_EXAMPLES = {
    "a tool's own arguments": (
        call("tools/call", {"name": "get_weather", "arguments": {"location": "x"}}, id=2),
        "true",
    ),
    "arguments under another name": (call("tools/call", {"name": "x", "args": {"location": "x"}}, id=2), "stale"),
    "a tool with its own schema": (
        {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"tools": [{"name": "w", "inputSchema": {"type": "object", "required": ["x"]}}]},
        },
        "true",
    ),
    "content of another kind": (
        {"jsonrpc": "2.0", "id": 2, "result": {"content": {"type": "text", "text": "x"}, "isError": False}},
        "stale",
    ),
    "a notification that was not recorded": (call("notifications/tools/list_changed"), "unseen"),
}


@pytest.mark.parametrize("name", TOOL_EXAMPLES)
def test_documents_of_tools(name):
    """What a tool takes and gives is its own."""
    value, expected = TOOL_EXAMPLES[name]
    assert verdict(value, TOOLS)[0] == expected


def test_an_error_s_quotation_is_held_against_requests():
    """It is a message of its own in an error."""
    refused = call("sum", {"a": "x", "b": 2})
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": 3, "message": "Rejected", "request": refused}}
    against = recordings(said((">", refused), ("<", error)))
    assert verdict(error, against)[0] == "true"
    stale = error | {"error": error["error"] | {"request": call("sum", {"a": "x"})}}
    assert verdict(stale, against) == ("stale", "error.request.params.b is missing (2 is recorded)")


def test_an_object_of_another_kind_than_the_recorded_ones_is_unseen():
    """Nobody knows whether it is true: most of its members stand in no recording. One that lacks little is stale."""
    other = verdict(call("tick", {"left": 1, "right": 2}))
    assert other == ("unseen", "params is of a kind that no recording has")
    assert verdict(call("tick", {"left": 1}))[0] == "stale"
