"""The JSON Schema of a capture's lines, from the types that read and write them.

Rule: what msgspec says of `recorder.model`, and what its types cannot say: a frame has one payload, a format is known.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

import msgspec

from recorder.capture import FORMAT
from recorder.model import AnyEvent, Header

PAYLOADS = ("json", "text", "binary")


def schema() -> dict[str, Any]:
    """What holds for each line: it is the header, or an event."""
    (header, events), components = msgspec.json.schema_components([Header, AnyEvent], ref_template="#/$defs/{name}")
    for component in components.values():
        component["description"] = inspect.cleandoc(component["description"])
    components["Frame"]["oneOf"] = [{"required": [name]} for name in PAYLOADS]
    components["Header"]["properties"]["format"] |= {"minimum": 1, "maximum": FORMAT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of a capture, format {FORMAT}",
        "anyOf": [header, events],
        "$defs": components,
    }


def text() -> str:
    """The schema as a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def markdown() -> str:
    """The schema to read, folded."""
    return f'<details markdown="1"><summary>JSON Schema of a line</summary>\n\n```json\n{text()}```\n\n</details>\n'
