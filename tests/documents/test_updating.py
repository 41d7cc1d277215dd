"""Rewriting: as little as makes an example true, in its own style, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import (
    CAPTURES,
    CHANNEL,
    CHANNELS,
    GENERIC,
    INITIATOR,
    RESPONDER,
    URL,
    call,
    fenced,
    recordings,
    said,
    transfer,
)

from recorder.documents import check
from recorder.documents.updating import update

STRANGER = "ak_26zhrAPuCdcFD5f68BgRrHza8LS1wUrKKLHco21mjcBqcfwdU"
CONFLICT = call("channels.conflict", {"channel_id": CHANNEL, "data": {"round": 7}}, version=1)


def updated(text, against=GENERIC, language="json"):
    """What a block becomes; the document around it stays, and a second time nothing changes."""
    document = f"Words. \n{fenced(text, language)}\nMore\twords."
    found = update(document, "g.md", against, CAPTURES)
    assert update(found.text, "g.md", against, CAPTURES).text == found.text
    assert {one.verdict for one in check(found.text, "g.md", against, CAPTURES)} <= {"true", "unseen"} or found.left
    before, after = document.split("```"), found.text.split("```")
    assert (before[0], before[2]) == (after[0], after[2])
    return after[1].removeprefix(language + "\n").removesuffix("\n")


FIXED = {
    "a trailing comma": (
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1},}',
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1}}',
    ),
    "a missing comma": (
        '{"jsonrpc": "2.0"\n "method": "tick",\n "params": {"at": 1}}',
        '{"jsonrpc": "2.0",\n "method": "tick",\n "params": {"at": 1}}',
    ),
    "a missing brace": (
        '{"jsonrpc": "2.0", "params":\n  "at": 1\n}, "method": "tick"}',
        '{"jsonrpc": "2.0", "params": {\n  "at": 1\n}, "method": "tick"}',
    ),
    "an arrow": (
        '{"jsonrpc": "2.0", "method">> => "tick", "params": {"at": 1}}',
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1}}',
    ),
    "no end": (
        '{\n  "jsonrpc": "2.0", "method": "tick",\n  "params": {\n    "at": 1',
        '{\n  "jsonrpc": "2.0", "method": "tick",\n  "params": {\n    "at": 1\n  }\n}',
    ),
    "other quotes": (
        "{'jsonrpc': '2.0', 'method': 'tick', 'params': {'at': 1}}",
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1}}',
    ),
    "names without quotes": (
        '{jsonrpc: "2.0", method: "tick", params: {at: 1}}',
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1}}',
    ),
    "a renamed member": (
        '{"jsonrpc":"2.0","method":"tick","params":{"att":1}}',
        '{"jsonrpc":"2.0","method":"tick","params":{"at":1}}',
    ),
    "a member too many": (
        '{"jsonrpc":"2.0","method":"tick","params":{"at":1,"more":[2]}}',
        '{"jsonrpc":"2.0","method":"tick","params":{"at":1}}',
    ),
    "another type": (
        '{"jsonrpc":"2.0","method":"tick","params":{"at":"1"}}',
        '{"jsonrpc":"2.0","method":"tick","params":{"at":1}}',
    ),
    "a missing member": (
        '{"jsonrpc": "2.0", "method": "tick", "params": {}}',
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 5}}',
    ),
    "all of it missing": (
        '{\n\t"jsonrpc" : "2.0",\n\t"method" : "tick"\n}',
        '{\n\t"jsonrpc" : "2.0",\n\t"method" : "tick",\n\t"params" : {\n\t\t"at" : 5\n\t}\n}',
    ),
    "a position": (
        '{"jsonrpc": "2.0", "method": "log", "params": ["x"]}',
        '{"jsonrpc": "2.0", "method": "log", "params": ["x", "started"]}',
    ),
    "two mistakes": (
        '{"jsonrpc": "2.0", "method": "tick", "params": {"att": 1},}',
        '{"jsonrpc": "2.0", "method": "tick", "params": {"at": 1}}',
    ),
    "a method nobody recorded": ('{"jsonrpc": "2.0", "method": "mul",}', '{"jsonrpc": "2.0", "method": "mul"}'),
}


@pytest.mark.parametrize("name", FIXED)
def test_an_example_is_fixed(name):
    """Each byte that is not wrong stays."""
    wrong, right = FIXED[name]
    assert updated(wrong) == right


LEFT = {
    "no value": '{"jsonrpc": "2.0", "method": "tick", "params": }',
    "a comment": '{"jsonrpc": "2.0", "method": "tick", // now\n "params": {"at": 1}}',
    "what is unseen": '{"jsonrpc": "2.0", "method": "mul"}',
    "what is true": '{"jsonrpc":"2.0" , "params": {"at": 1e0}, "method": "tick"}',
}


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_told_is_left(name):
    """As it was, byte for byte."""
    assert updated(LEFT[name]) == LEFT[name]


def test_what_a_check_still_finds_is_left():
    """What only people can mend; and what is rewritten, and is true no more than before."""
    documents = {
        "unseen": fenced(call("mul", {})),
        "wrong direction": fenced(call("sum", {"a": 1, "b": 2}), before="The node sends:"),
    }
    for verdict, document in documents.items():
        found = update(document, "g.md", GENERIC, CAPTURES)
        assert (found.text, found.changed, [one.verdict for one in found.left]) == (document, [], [verdict])
    found = update(fenced(FIXED["a method nobody recorded"][0]), "g.md", GENERIC, CAPTURES)
    assert ([one.verdict for one in found.changed], [one.verdict for one in found.left]) == (["broken"], ["unseen"])


def test_what_would_be_no_example_any_more_is_left():
    """Alone: the others are rewritten."""
    older = {"method": "note", "at": 1, "by": "x", "params": {}}
    against = recordings(said(("<", older), ("<", call("tick", {"at": 5}))))
    document = fenced(older | {"jsonrpc": "2.0"}) + fenced(call("tick", {"at": "5"}))
    found = update(document, "g.md", against, CAPTURES)
    assert (found.text, len(found.changed), len(found.left)) == (document.replace('"5"', "5"), 1, 1)


def test_members_are_added_where_they_were_recorded():
    """With the block's indentation, in the recorded order."""
    right = json.loads(json.dumps(CONFLICT))
    right["params"]["data"] = {"error_code": 42, "round": 7}
    assert updated(json.dumps(CONFLICT, indent=4), CHANNELS) == json.dumps(right, indent=4)


def test_what_is_left_out_stays_left_out():
    """And what is added is left out as the document does it."""
    text = "tx_" + "ABCD" * 40
    against = recordings(
        said((">", call("channels.send", {"tx": text, "to": RESPONDER, "more": text})), url=URL.format("initiator"))
    )
    wrong = f'{{"jsonrpc": "2.0", "method": "channels.send", "params": {{"tx": "tx_+N8L...", "to": "{RESPONDER}"}}}}'
    assert updated(wrong, against) == wrong.replace("}}", ', "more": "tx_ABCD..."}}')


def test_the_document_s_ids_are_written():
    """An account that is another's becomes the one that the document has for it."""
    url = fenced(f"wscat --connect '{URL.format('initiator').replace(INITIATOR, STRANGER)}'", "")
    document = url + fenced(transfer(RESPONDER, STRANGER))
    found = update(document, "g.md", CHANNELS, CAPTURES)
    assert found.text == url + fenced(transfer(STRANGER, RESPONDER))
    assert (len(found.changed), found.left) == (1, [])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("first", "further"), [("> ", "> "), ("- ", "  "), ("> 1. ", ">    ")])
def test_what_contains_a_block_contains_what_is_added(first, further, newline):
    """Quotes, lists, and Windows' line ends."""
    lines = ["```json", "{", '  "jsonrpc": "2.0",', '  "method": "tick"', "}", "```", ""]
    fixed = [*lines[:3], '  "method": "tick",', '  "params": {', '    "at": 5', "  }", *lines[4:]]

    def document(lines):
        return newline.join([first + lines[0], *(further + line if line else line for line in lines[1:])])

    assert update(document(lines), "g.md", GENERIC, CAPTURES).text == document(fixed)


@given(st.text(alphabet='{}[]",:. \n\tajtick12', max_size=40))
def test_nothing_but_mistakes_is_touched(junk):
    """Whatever stands in a block, what comes out is true, unseen, or as it was; twice is once."""
    document = f'x\n\n```json\n{{"jsonrpc": "2.0", "method": "tick", "params": {{"at": 1}} {junk}\n```\n'
    found = update(document, "g.md", GENERIC, CAPTURES)
    assert found.text == document or {one.verdict for one in found.left} <= {"unseen"}
    assert update(found.text, "g.md", GENERIC, CAPTURES).text == found.text


def test_the_answer_of_the_request_before_it_gets_its_id():
    """Where it has another one."""
    asked = fenced(call("sum", {"a": 1, "b": 2}, id=0))
    document = asked + fenced('{"jsonrpc": "2.0", "id": "x", "result": {"sum": 1, "steps": [], "note": null}}')
    found = update(document, "g.md", GENERIC, CAPTURES)
    assert (found.text, found.left) == (document.replace('"x"', "0"), [])
