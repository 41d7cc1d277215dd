"""What was recorded is written into a message in the message's own style, with a pin and without."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Captures, call, fenced, recordings, said

from recorder.documents.updating import update

PAYMENT = {"id": "pay_1", "amount": 10, "currency": "EUR", "status": "pending", "fees": [{"of": "us", "cents": 12}]}
STEPS = [*said((">", call("pay", id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "result": PAYMENT}))]
AGAINST, SOURCE = recordings(STEPS), Captures(**{"run.jsonl": STEPS})
PIN = "<!-- recorder: run.jsonl method='result of pay'{} -->"


def written(result, pin="", language="jsonc"):
    """What an answer with this result becomes."""
    message = result if "jsonrpc" in result else f'{{"jsonrpc":"2.0","id":1,"result":{result}}}'
    asked = fenced(call("pay", id=1))
    found = update(asked + fenced(message, language, before=pin), "g.md", AGAINST, SOURCE)
    assert found.left == []
    text = found.text.split(f"```{language}\n")[-1].removesuffix("\n```\n")
    return text if "jsonrpc" in result else text.removeprefix('{"jsonrpc":"2.0","id":1,"result":').removesuffix("}")


REST = '"amount": 10, "currency": "EUR", "fees": [{"of": "us", "cents": 12}]'
COMMENTED = """{
  "id": "pay_1", // opaque
  "amount": 10,    // in centsADDED
  "status": "pending", // or "done"
  "fees": [] // none
}"""
STYLES = {
    "a new name": (f'{{"id": "pay_1", {REST}, "state": "pending"}}', f'{{"id": "pay_1", {REST}, "status": "pending"}}'),
    "a new name beside what is left out": ('{ ..., "state": "pending" }', '{ ..., "status": "pending" }'),
    "a new name in an item": (
        '{ "fees": [ { ..., "cent": 12 } ], ... }',
        '{ "fees": [ { ..., "cents": 12 } ], ... }',
    ),
    "a member too many beside what is left out": ('{ ..., "zzz": 1 }', "{ ... }"),
    "lines as they were broken": (
        '{ "id": "pay_1", "amount": 10,\n  "status": "pending",\n\n  "fees":\n  [...] }',
        '{ "id": "pay_1", "amount": 10, "currency": "EUR",\n  "status": "pending",\n\n  "fees":\n  [...] }',
    ),
    "comments": (COMMENTED.replace("ADDED", ""), COMMENTED.replace("ADDED", '\n  "currency": "EUR",')),
    "what stands for any value": (
        '{"id": "...", "amount": <n>, "currenc": "...", "status": …, "fees": [...]}',
        '{"id": "...", "amount": <n>, "currency": "...", "status": …, "fees": [...]}',
    ),
}


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("pinned", [False, True])
def test_the_style_stays(name, pinned):
    """Only what differs is another afterwards, whether the example is pinned or not."""
    before, after = STYLES[name]
    expected = after.replace('"fees": []', '"fees": [{"of":"us","cents":12}]') if pinned else after
    found = written(before, PIN.format("") if pinned else "")
    assert re.sub(r"\[\s*\{\s*\"of\":\"us\",\s*\"cents\":12\s*\}\s*\]", '[{"of":"us","cents":12}]', found) == expected


def test_a_pinned_example_keeps_its_own_marks():
    """What it leaves out stays left out as it does it, and what is added is cut as the pin says."""
    text = '{"id":"pay...","status":"pending","amount":9,"fees":[...]}'
    assert written(text, PIN.format(" elide=3")) == (
        '{"id":"pay...","status":"pending","amount":10,"currency":"EUR","fees":[...]}'
    )


def test_items_of_a_pinned_list_come_and_go():
    """In their places; an item beside what is left out is mended where it fits best."""
    events = [*said((">", call("pay", id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "result": [{"a": 1}, {"b": 2}, 3]}))]
    source = Captures(**{"run.jsonl": events})
    lists = {
        '[{"a": 1}]': '[{"a": 1}, {"b": 2}, 3]',
        '[{"a": 1}, {"b": 9}, 3, 4, 5]': '[{"a": 1}, {"b": 2}, 3]',
        '[..., {"b": 9}]': '[..., {"b": 2}]',
        '[{"a": 1}, ..., 3, 4]': '[{"a": 1}, ..., 3]',
        "[]": '[{"a": 1}, {"b": 2}, 3]',
    }
    for before, after in lists.items():
        document = fenced(f'{{"jsonrpc": "2.0", "id": 1, "result": {before}}}', before=PIN.format(""))
        found = update(document, "g.md", recordings(events), source)
        assert found.text == document.replace(before, after)


def test_a_literal_of_javascript_stays_one():
    """What is added has the names and the quotes that stand there; what needs others has them."""
    text = "{jsonrpc: '2.0', id: 1, result: {id: 'pay_1', amount: 10, state: 'pending', fees: [...]}}"
    assert written(text, language="js") == text.replace("amount: 10, state", "amount: 10, currency: 'EUR', status")
    events = [*said((">", call("pay", {"a-b": 1, "it": "it's"}, id=1)))]
    document = fenced("{jsonrpc: '2.0', method: 'pay', id: 1, params: {}}", "js")
    found = update(document, "g.md", recordings(events), SOURCE)
    assert found.text == document.replace("{}", "{'a-b': 1, it: \"it's\"}")


PARTS = st.sampled_from(
    ['"id": "pay_1"', '"amount": 7', '"state": "x"', '"fees": []', '"fees": [..., {"cents": 1}]', '"more": [1]', "..."]
)


@given(
    st.lists(PARTS, max_size=5, unique_by=lambda one: one[:5]),
    st.sampled_from([", ", ",\n  ", ", // so\n  "]),
    st.booleans(),
)
def test_what_is_written_is_true_and_has_no_dangling_comma(parts, comma, pinned):
    """Whatever the example has of the message, in whatever layout, with a pin and without."""
    found = written(f"{{{comma[1:]}{comma.join(parts)}\n}}", PIN.format("") if pinned else "")
    assert re.search(r",(\s|//[^\n]*)*[,}\]]", found) is None
    if "..." not in found:
        plain = json.loads(re.sub(r"//[^\n]*", "", found))
        assert plain == PAYMENT or (not pinned and plain.keys() == PAYMENT.keys())
