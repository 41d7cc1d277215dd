"""Names in the place of values, and the way back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import parse

import recorder
from recorder.capture import FORMAT, frame
from recorder.errors import InputError
from recorder.model import Frame, Header, Opened
from recorder.timeline import read
from recorder.transcript import Excerpt, data_folder
from recorder.transcript.aliases import Aliases, Unaliased, aliases_of, legend

ONE, TWO = "c7b1d6f0-1f0e-4d58-9c55-0d9e2d5a1b3c", "8b7e2a11-6c1b-4e0f-9d8c-2f5a7b3c4d5e"


def names(*frames, profile="auto"):
    """The names of what is bound in these frames: to the node and from it, in turn."""
    events = [Opened(session=1, party="a", url="ws://n/")]
    for number, said in enumerate(frames):
        direction = "from_node" if number % 2 else "to_node"
        events.append(frame(json.dumps(said).encode(), session=1, direction=direction))
    aliases = aliases_of(read(Header(format=FORMAT, run="r", recorder="0", profile=profile), events))
    return aliases.put


def test_what_is_handed_out_is_named_by_what_it_is_called():
    """A second value of the name has a number; what comes from one end alone has none."""
    put = names(
        {"id": 1, "method": "open"},
        {"id": 1, "result": {"session": ONE, "once": TWO}},
        {"id": 2, "method": "next", "params": {"session": ONE, "token": "b" * 20 + "7" * 20}},
        {"id": 2, "result": {"session": "8" + ONE[1:], "token": "b" * 20 + "7" * 20}},
        {"id": 3, "method": "next", "params": ["8" + ONE[1:]]},
    )
    assert put(f"{ONE} {'8' + ONE[1:]} {TWO}") == f"«session» «session-2» {TWO}"
    assert put("b" * 20 + "7" * 20) == "«token»"


def test_what_a_protocol_says_is_volatile_is_named():
    """Though one end alone says it; no number, no word, and nothing that is compared elsewhere."""
    loader, unique, page = "8F2CCF7936AF6C9492E2FC010E5627D0", "-28015918.488594", "-47789221.595825"
    params = {"loaderId": loader, "timestamp": 17950000.5, "frame": {"loaderId": "document"}}
    put = names(
        {"id": 1, "method": "Page.enable", "params": {"value": page}},
        {"method": "Page.frameNavigated", "params": params | {"context": {"uniqueId": unique}, "uniqueId": page}},
        profile="devtools",
    )
    assert put(f'"{loader}" {unique} {unique}7 {page}') == f'"«loaderId»" «uniqueId» {unique}7 {page}'
    assert put("17950000.5 document") == "17950000.5 document"


def test_accounts_are_named_by_whose_they_are():
    """In messages, in addresses, and in what is decoded of transactions."""
    capture = recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl")
    text = "".join(recorder.render(capture, "annotated", excerpt=Excerpt(alias=True)))
    body, _heading, ends = text.partition("\n#### aliases\n")
    assert "    to_id: «initiator» (initiator)\n" in body
    assert '"to": "«responder»"' in body
    assert "ak_" not in body
    assert ends.splitlines() == [
        "- «channel_id»: ch_2BMQYgssMhC6X6vrZ4vwdoqMo5yAasWyUCTqY1rB4MLtqYXZQU",
        "- «initiator»: ak_2MJU325LQVfAu36vjGvdVpVgiCDbjRsMAjHZc7ahzuLZHTjWYS",
        "- «responder»: ak_cU4JbcvVzqCtttniEVwvN1z6P7s4vgtTCjfDYfF1kbh7gCs7W",
    ]


def test_accounts_have_the_names_that_they_are_given():
    """As in decoded views, whatever the traffic tells of them."""
    account = "ak_2MJU325LQVfAu36vjGvdVpVgiCDbjRsMAjHZc7ahzuLZHTjWYS"
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        knowledge = recorder.api.Knowledge({"shop": account})
        text = "".join(recorder.render(capture, knowledge=knowledge, excerpt=Excerpt(alias=True)))
    assert f"- «shop»: {account}\n" in text
    assert "«initiator»" not in text


def test_what_can_be_read_is_not_hidden_behind_a_name():
    """Call data that comes back says which function is called with what."""
    channel, data = "ch_2BMQYgssMhC6X6vrZ4vwdoqMo5yAasWyUCTqY1rB4MLtqYXZQU", "cb_KxFE1kQfP4oEp9E="
    put = names(
        {"method": "channels.update.call_contract", "params": {"call_data": data, "channel_id": channel}},
        {"method": "channels.info", "params": {"channel_id": channel, "data": {"call_data": data}}},
    )
    assert (put(channel), put(data)) == ("«channel_id»", data)


@pytest.mark.parametrize("template", ["transcript", "timestamped"])
@pytest.mark.parametrize("path", sorted(data_folder("transcripts").glob("*.jsonl")), ids=lambda path: path.stem)
def test_an_aliased_transcript_gives_the_captures_values_back(path, template):
    """Every payload, of every protocol."""

    def payloads(excerpt):
        text = "".join(recorder.render(recorder.load(path), template, excerpt=excerpt))
        return [event.payload for event in parse(text.splitlines(keepends=True), "auto") if isinstance(event, Frame)]

    assert payloads(Excerpt(alias=True)) == payloads(Excerpt()) != []


def test_the_legend_names_what_is_in_the_transcript_alone():
    """Each part of a capture that is split has its own; where there is no name there is no legend."""
    capture = recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl")
    parts = recorder.api.render_split(capture, "session", excerpt=Excerpt(alias=True))
    legends = ["".join(pieces).partition("#### aliases\n")[2].count("\n") for _name, pieces in parts]
    assert legends == [2, 2], "the channel, and its own party"
    assert legend({}) == ""


@given(st.text(alphabet="«»ab- 1") | st.text() | st.lists(st.sampled_from(["«", "«ab 1»", "ab", "»"])).map("".join))
def test_any_text_comes_back(text):
    """One that has signs of aliases in it too."""
    aliases = Aliases([("ab", "a"), ("1", "b"), ("a»b", "a"), ("b b", "odd name")])
    lines = [f"{line}\n" for line in text.split("\n")]
    used = {}
    put = list(aliases.used(map(aliases.put, lines), used))
    if not any(line.startswith(("```", "#### aliases")) for line in put):
        assert list(Unaliased([*put, *legend(used).splitlines(keepends=True)], "x"))[: len(lines)] == lines


def test_the_mark_of_a_secret_stays_as_it_is():
    """It is a name already, and one that is told from aliases."""
    aliases, used = Aliases([("ab", "token")]), {}
    assert [*aliases.used([aliases.put("«token 1» ab «x»\n")], used)] == ["«token 1» «token» ««x»\n"]
    assert (
        next(iter(Unaliased(["«token 1» «token» ««x»\n", *legend(used).splitlines(keepends=True)], "x")))
        == "«token 1» ab «x»\n"
    )


def test_what_is_no_legend_is_refused():
    """With its line; in a block of code it is text."""
    with pytest.raises(InputError, match="x:2: is no line of a legend"):
        Unaliased(["#### aliases\n", "- «a»\n"], "x")
    assert list(Unaliased(["```\n", "#### aliases\n", "```\n"], "x")) == ["```\n", "#### aliases\n", "```\n"]


def test_a_capture_that_can_be_read_once_gets_no_names():
    """They are known from a first reading."""
    with recorder.load(data_folder("transcripts") / "inventory.jsonl") as capture:
        capture.path = "-"
        with pytest.raises(InputError, match="give its file"):
            recorder.render(capture, excerpt=Excerpt(alias=True))
