"""Findings as other programs read them, whatever stands in them."""

import json
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from recorder.reporting import Case, Located, github, junit, sarif

HOSTILE = "a%b\r\nc: d, e"


def test_a_finding_is_one_command_of_github():
    """What would end it, or its properties, is escaped."""
    (line,) = github([Located(HOSTILE, 3, 5, "stale", HOSTILE, "warning")])
    assert line == ("::warning file=a%25b%0D%0Ac%3A d%2C e,line=3,col=5,title=stale::a%25b%0D%0Ac: d, e")


def test_sarif_names_each_rule():
    """A rule's id has no spaces, in its list as at a finding."""
    (run,) = json.loads(sarif([Located("a\\b", 3, 5, "wrong direction", "x")], "tool", {"wrong direction": "It is."}))[
        "runs"
    ]
    assert run["tool"]["driver"]["rules"] == [{"id": "wrong-direction", "shortDescription": {"text": "It is."}}]
    assert run["results"][0]["ruleId"] == "wrong-direction"
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "a/b"}


@given(st.text(max_size=20), st.text(max_size=20))
def test_junit_is_xml_whatever_is_said(name, said):
    """And counts what failed, what was not run, and of what nobody knows."""
    cases = [Case(name), Case(name, f"x{said}", said), Case(name, skipped=f"x{said}"), Case(name, error=f"x{said}")]
    root = ET.fromstring(junit(name, cases))
    assert [root.get(count) for count in ("tests", "failures", "skipped", "errors")] == ["4", "1", "1", "1"]


def test_cases_of_a_suite_may_have_classes_of_their_own():
    """So that equal names do not clash; the class of the others is the suite."""
    root = ET.fromstring(junit("all", [Case("sum", group="a.jsonl"), Case("sum", group="b.jsonl"), Case("sum")]))
    assert [case.get("classname") for case in root] == ["a.jsonl", "b.jsonl", "all"]
