"""The user's own templates: what they get, and how their mistakes are said."""

import pytest

from recorder.capture import FORMAT, frame
from recorder.errors import InputError
from recorder.model import Header, Opened
from recorder.timeline.annotating import Annotations
from recorder.transcript import data_folder, views
from recorder.transcript.template import BATCH, Template

HEADER = Header(format=FORMAT, run="r", recorder="0", meta={"ticket": "x-1"})
EVENTS = [
    Opened(session=1, party="a", url="ws://n/"),
    frame(b'{"method":"m"}', session=1, direction="to_node", time=1_000_000_000),
]


def render(folder, source, **others):
    """What an own template makes of the events."""
    for name, text in {"own": source, **others}.items():
        (folder / f"{name}.j2").write_text(text)
    return "".join(Template(str(folder / "own.j2")).render(HEADER, views(HEADER, EVENTS)))


def test_a_template_gets_header_meta_and_events(tmp_path):
    """All three names of the README, with members by dot."""
    source = "{{ header.run }} {{ meta.ticket }}{% for event in events %} {{ event.kind }}{% endfor %}"
    assert render(tmp_path, source) == "r x-1 opened frame"


def test_what_is_absent_is_printed_as_nothing(tmp_path):
    """A pair that was not given, a member that a message does not have; a zero is there."""
    source = "{{ meta.absent }}|{% for event in events if event.kind == 'frame' %}{{ event.message.absent }}|{{ event.session - 1 }}{% endfor %}"
    assert render(tmp_path, source) == "||0"
    assert render(tmp_path, "{{ meta.absent or 'unknown' }}{% if meta.absent is none %}!{% endif %}") == "unknown!"


def test_what_is_absent_has_absent_members(tmp_path):
    """At any depth, by dot and by key: who prints a code needs no test for each message without an error."""
    source = "{% for event in events if event.kind == 'frame' %}{{ event.message.error.data['a'].b }}|{% endfor %}"
    assert render(tmp_path, source) == "|"


def test_a_template_may_include_others_beside_it(tmp_path):
    """A project's templates share their parts."""
    assert render(tmp_path, "{% include 'part.j2' %}", part="part of {{ meta.ticket }}") == "part of x-1"


def test_blocks_alone_on_a_line_leave_no_trace(tmp_path):
    """What a template looks like is what it prints; its last newline too."""
    assert render(tmp_path, "{% if true %}\n  {% if true %}\nx\n  {% endif %}\n{% endif %}\n") == "x\n"


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("\n\n{% for %}", 3, "Expected"),
        ("\n{{ nobody }}", 2, "'nobody' is undefined"),
        (
            "\n{% for event in events %}\n{{ event.wrong }}\n{% endfor %}",
            3,
            "opened events have no 'wrong'",
        ),
        ("{% for event in events %}\n\n{{ event.kind|nofilter }}{% endfor %}", 3, "nofilter"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("\n{{ 'x'|int(1, 2, 3, 4) }}", 2, "argument"),
        ("\n{{ header.wrong }}", 2, "the header has no 'wrong'"),
        ("\n{{ header.run.x }}", 2, "has no attribute 'x'"),
        ("\n{{ [1][7] }}", 2, ""),
        ("\n{% include 'none.j2' %}", 2, "'none.j2' not found"),
    ],
)
def test_a_templates_mistake_is_named_by_file_and_line(tmp_path, source, line, words):
    """Syntax, names, attributes, filters, arithmetic: where it is, in one line."""
    with pytest.raises(InputError) as caught:
        render(tmp_path, source)
    assert str(caught.value).startswith(f"{tmp_path / 'own.j2'}:{line}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_in_an_included_template_is_named_there(tmp_path):
    """The file to mend is the one that is wrong."""
    with pytest.raises(InputError) as caught:
        render(tmp_path, "{% include 'part.j2' %}", part="\n{% for %}")
    assert str(caught.value).startswith(f"{tmp_path / 'part.j2'}:2: ")


def test_an_unknown_template_is_answered_with_those_there_are(tmp_path):
    """By name or by path, the choice is said."""
    for name in ("nothing", "", str(tmp_path / "nothing.j2"), str(tmp_path)):
        with pytest.raises(
            InputError,
            match="there is annotated, html, sequence, summary, table, timestamped, transcript, or give the path",
        ):
            Template(name)


def test_a_template_that_is_no_text_is_said_so(tmp_path):
    """A mistaken path is no traceback."""
    (tmp_path / "own.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        Template(str(tmp_path / "own.j2"))


def test_text_comes_in_batches():
    """A long capture is rendered piece by piece, never held whole."""
    events = [EVENTS[1]] * BATCH
    pieces = list(Template("transcript").render(HEADER, views(HEADER, events)))
    assert len(pieces) > 2
    assert "".join(pieces).count("#### client-1 ---> node\n") == BATCH


def test_every_template_renders_every_kind_of_event():
    """The project's own templates have no mistakes of their own."""
    for path in data_folder("templates").glob("*.md.j2"):
        form = Template(path.name.removesuffix(".md.j2"))
        assert "".join(
            form.render(
                HEADER, views(HEADER, EVENTS, annotations=Annotations(HEADER.profile) if form.annotated else None)
            )
        )


def test_only_templates_that_print_annotations_have_them(tmp_path):
    """A template that names them, or includes what may; the others do not pay for it."""
    own = tmp_path / "own.j2"
    annotated = {"{{ event.kind }}": False, "{{ event.annotation.short }}": True, "{% include 'part.j2' %}": True}
    for source, wanted in annotated.items():
        own.write_text(source)
        assert Template(str(own)).annotated is wanted
    assert [Template(name).annotated for name in ("transcript", "annotated")] == [False, True]


def test_the_timestamped_template_is_the_older_form():
    """Six signs and the time behind each heading."""
    shown = "".join(Template("timestamped").render(HEADER, views(HEADER, EVENTS[1:])))
    assert shown.startswith("\n###### client-1 ---> node (1970-01-01 00:00:01.00)\n```javascript\n")
