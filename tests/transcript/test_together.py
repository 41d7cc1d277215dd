"""Several transcripts made in one reading: each as if it were made alone."""

import pytest

from recorder.capture import FORMAT, frame
from recorder.errors import InputError
from recorder.model import Closed, Header, Note, Opened
from recorder.transcript import session_names, together, views
from recorder.transcript.template import Template

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="aeternity")
SESSIONS = 40
EVENTS = [
    *(Opened(session=number, party=f"p\ud800{number}", url="ws://n/") for number in range(SESSIONS)),
    Note(text="of nobody"),
    *(
        frame(f'{{"é":{at}}}'.encode(), session=at % SESSIONS, direction="to_node", time=at)
        for at in range(SESSIONS * 5)
    ),
    Note(text="of one", party=f"p\ud800{7}"),
    *(Closed(session=number) for number in range(SESSIONS)),
    Note(text="of nobody, at the end"),
]
NAMES = session_names(HEADER, EVENTS, "session")


def alone(form, name, events=EVENTS):
    """A transcript made of what belongs to it."""
    items = (view for view in views(HEADER, events) if NAMES.get(view.session, name) == name)
    return "".join(form.render(HEADER, items))


def made(form, events=EVENTS, names=NAMES):
    """All transcripts, by name."""
    return {name: "".join(text) for name, text in together.render_together(form, HEADER, views(HEADER, events), names)}


@pytest.mark.untraced
@pytest.mark.parametrize("held", [together.IN_MEMORY, 1000, 1])
@pytest.mark.parametrize("template", ["transcript", "timestamped", "summary"])
def test_each_is_what_it_would_be_alone(monkeypatch, held, template):
    """In the order of the sessions, whether its text fits into memory or not."""
    monkeypatch.setattr(together, "IN_MEMORY", held)
    form = Template(template)
    assert made(form) == {name: alone(form, name) for name in NAMES.values()}
    assert list(made(form)) == list(NAMES.values())


@pytest.mark.parametrize(
    "source",
    [
        "{% for event in events %}{{ loop.index }} {{ loop.last }} {{ event.kind }}\n{% endfor %}the end",
        "{% for event in events if event.kind == 'frame' %}{{ event.message.é }},{% else %}none{% endfor %}",
        "{{ events | map(attribute='kind') | join(',') }}",
        "{% set all = events | list %}{{ all | length }}{% for one in all %}{{ one.kind | upper }}{% endfor %}",
        "{% macro line(event) %}{{ event.party }}{% endmacro %}{% for event in events %}{{ line(event) }}{% endfor %}",
        "{% for event in events %}{% include 'part.j2' %}{% endfor %}",
        "{% for event in events %}{% if loop.first %}{{ event.kind }}{% endif %}{% endfor %}",
        "{{ (events | first).kind }}",
        "{{ header.run }}",
    ],
)
def test_a_template_of_ones_own_gives_the_same(tmp_path, source):
    """Loops that look ahead, filters, macros, parts; one that is done before its events are."""
    (tmp_path / "own.j2").write_text(source)
    (tmp_path / "part.j2").write_text("{{ event.kind }};")
    form = Template(str(tmp_path / "own.j2"))
    assert made(form) == {name: alone(form, name) for name in NAMES.values()}


def test_a_mistake_is_named_by_file_and_line(tmp_path):
    """As in a transcript made alone."""
    (tmp_path / "own.j2").write_text("{% for event in events %}\n{{ event.text }}\n{% endfor %}")
    with pytest.raises(InputError) as caught:
        made(Template(str(tmp_path / "own.j2")))
    assert str(caught.value).startswith(f"{tmp_path / 'own.j2'}:2: ")


def test_what_prints_nothing_is_not_there():
    """A session of which nothing was selected has no transcript; a name that several share has one."""
    names = {1: "one", 2: "both", 3: "both", 4: "four"}
    events = [frame(b"1", session=number, direction="to_node") for number in (3, 1, 2)]
    texts = made(Template("transcript"), events, names)
    assert list(texts) == ["one", "both"]
    assert texts["both"].index("client-3") < texts["both"].index("client-2")
