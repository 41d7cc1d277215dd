"""JSON Schema of values that were seen.

Rule: genson infers it; this module only tells it which objects are maps, whose keys are data (ids, hashes, addresses), and
what is nested too deeply to be described. Every value that was added fits the schema.
"""

from __future__ import annotations

from typing import Any

from genson import SchemaBuilder

from recorder.openrpc.messages import UNREAD
from recorder.openrpc.shapes import ANY_KEY, DEEPEST, is_data

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


class Schema:
    """The schema of values, as they are added."""

    def __init__(self) -> None:
        self._builder = SchemaBuilder(schema_uri=DRAFT_7)
        self._known = self._unread = False

    def add(self, value: Any) -> None:
        """Add a value: what `json.loads` gives, or `UNREAD`."""
        if value is UNREAD:
            self._unread = True
        else:
            self._builder.add_object(_marked(value, DEEPEST))
            self._known = True

    def value(self) -> Any:
        """The schema; `True`, which everything fits, where nothing was added, or something that nobody can read."""
        if self._unread or not self._known:
            return True
        found = _unmarked(self._builder.to_schema())
        found.pop("$schema", None)
        return found


def is_flat(value: Any, depth: int = DEEPEST) -> bool:
    """Whether a value is described whole."""
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_flat(one, depth - 1) for one in inner)


def _marked(value: Any, depth: int) -> Any:
    if not isinstance(value, (dict, list)):
        return value
    if not depth:
        return type(value)()
    if isinstance(value, list):
        return [_marked(one, depth - 1) for one in value]
    found = {name: _marked(one, depth - 1) for name, one in value.items() if not is_data(name)}
    if len(found) < len(value):
        found[ANY_KEY] = [_marked(one, depth - 1) for name, one in value.items() if is_data(name)]
    return found


def _unmarked(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_unmarked(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _unmarked(one) for name, one in schema.items()}
    properties = found.get("properties")
    if isinstance(properties, dict) and ANY_KEY in properties:
        found["additionalProperties"] = properties.pop(ANY_KEY)["items"]
        if not properties:
            del found["properties"]
        required = [name for name in found.get("required", []) if name != ANY_KEY]
        found.pop("required", None)
        found |= {"required": required} if required else {}
    return found
