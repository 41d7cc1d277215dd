"""A timeline in which a text stands wherever an end or a user may put one, for tests of what is made of it."""

import json
from functools import cache

from recorder.capture import FORMAT, frame
from recorder.model import AnyEvent, Closed, Header, Note, Opened, Refused, Scenario
from recorder.timeline.annotating import Annotations
from recorder.transcript import views
from recorder.transcript.template import Template

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "</pre><img src=x onerror=alert(1)>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "</title><base href='//x'>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "` onfocus=`alert(1)",
    "javascript:alert(1)",
    "</a><a href='javascript:alert(1)'>",
    "</svg><foreignObject><iframe srcdoc='x'>",
    "&lt;script&gt;&#60;img&#62;&amp;",
    "{{ 7 * 7 }}{% for x in y %}${alert(1)}",
    "<plaintext>",
    "<textarea>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<math><mi//xlink:href='data:x'>",
    "\u2028\u2029\u202e\ufeff\x00\x0b",
    "+ADw-script+AD4-",
    "«x» ««",
]


def everywhere(text: str) -> tuple[Header, list[AnyEvent]]:
    """The timeline and its header."""
    said = json.dumps({"id": 1, "method": text, "params": {text: text}}).encode()
    refused = json.dumps({"id": 1, "error": {"code": 1, "message": text}}).encode()
    header = Header(format=FORMAT, run="r", recorder="0", node=text or "node", meta={"title": text, "x": text})
    return header, [
        Refused(status=401, url=f"ws://n/{text}", party=text),
        Opened(session=1, party=text, url=f"ws://n-{text}/"),
        Opened(session=2, party="someone else", url="ws://other:1/"),
        Scenario(name=text),
        frame(said, session=1, direction="to_node"),
        frame(refused, session=1, direction="from_node"),
        Note(text=text),
        Note(text=text, party=text),
        *(frame(said, session=1, direction="to_node") for _again in range(7)),
        frame(f"x{text}".encode(), session=2, direction="to_node"),
        Closed(session=1, reason=text, by="node"),
    ]


_template = cache(Template)


def rendered(text: str, template: str) -> str:
    """What a template makes of it."""
    header, events = everywhere(text)
    return "".join(_template(template).render(header, views(header, events, annotations=Annotations("auto"))))
