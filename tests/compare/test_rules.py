"""Rules: where they look, what they let pass, and what is refused in their file."""

import pytest

from recorder.compare.terms import Detail
from recorder.errors import InputError
from recorder.rules import Rules

AMOUNT = Detail("params.amount", "", "", "value", 100, 104)
FEE = Detail("params.tx.transaction.fee", "transaction.fee", "channel_create_tx", "value", 17, 18)
TEXT = Detail("error.message", "", "", "value", "Rejected", "Rejected: no")
MISSING = Detail("params.data.updates[1].to", "", "", "missing", "x", None)
TYPE = Detail("params.amount", "", "", "type", 100, "100")


def rules(text):
    """The rules of a file."""
    return Rules.parse(text, "r.toml")


def allows(text, detail, names=("channels.update",)):
    """Whether one rule lets a difference pass."""
    return rules(f"[[rule]]\n{text}").allowing(names, detail) is not None


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ('path = "params.amount"\nignore = true', AMOUNT),
        ('path = "$.params.amount"\nignore = true', AMOUNT),
        ('path = "params.*"\nignore = true', AMOUNT),
        ('path = "params"\nignore = true', AMOUNT),
        ('path = "**.to"\nignore = true', MISSING),
        ('path = "params.data.updates[*].to"\nignore = true', MISSING),
        ('path = "params.data.updates"\nignore = true', MISSING),
        ('method = "channels.up*"\nignore = true', AMOUNT),
        ('method = "channels.up*"\npath = "params.amount"\npresent = true', AMOUNT),
        ('path = "params.amount"\npresent = true', TYPE),
        ('field = "fee"\nignore = true', FEE),
        ('field = "channel_create_tx.fee"\npresent = true', FEE),
        ('path = "params.amount"\ntolerance = 4', AMOUNT),
        ('path = "params.amount"\ntolerance = "4%"', AMOUNT),
        ('path = "error.message"\nregex = "Rejected.*"', TEXT),
        ('path = "params.amount"\nregex = "1\\\\d\\\\d"', AMOUNT),
    ],
)
def test_a_rule_lets_pass(rule, detail):
    """By path, method or field; in each of its ways."""
    assert allows(rule, detail)


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ('path = "amount"\nignore = true', AMOUNT),
        ('path = "params.*"\nignore = true\nmethod = "channels.message"', AMOUNT),
        ('path = "params.a"\nignore = true', AMOUNT),
        ('path = "*"\ntolerance = 9', AMOUNT),
        ('path = "params"\ntolerance = 9', AMOUNT),
        ('field = "amount"\nignore = true', AMOUNT),
        ('field = "channel_deposit_tx.fee"\nignore = true', FEE),
        ('path = "params.amount"\ntolerance = 3', AMOUNT),
        ('path = "params.amount"\ntolerance = "3.9%"', AMOUNT),
        ('path = "params.amount"\ntolerance = 9', TYPE),
        ('path = "**.to"\npresent = true', MISSING),
        ('path = "**.to"\nregex = ".*"', MISSING),
        ('path = "error.message"\nregex = "Rejected"', TEXT),
        ('method = "channels.*"\nunordered = true', AMOUNT),
    ],
)
def test_a_rule_lets_nothing_else_pass(rule, detail):
    """A pattern is for the whole path, and a value that is missing is not present."""
    assert not allows(rule, detail)


def test_whole_frames():
    """A rule that names a method alone is about its frames."""
    found = rules('[[rule]]\nmethod = "a.*"\nignore = true\n[[rule]]\nmethod = "b"\nunordered = true')
    assert found.ignoring(("a.x",)).source == "r.toml rule 1"
    assert found.freeing(("a result", "b")).source == "r.toml rule 2"
    assert (found.ignoring(("b",)), found.freeing(("a.x",))) == (None, None)


def test_rules_add_up():
    """Those of a fixture and those of its project."""
    one = rules('[[rule]]\nmethod = "a"\nignore = true')
    assert len((one + one + Rules()).rules) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[rule", "r.toml: is no TOML: "),
        ("rules = 1", "r.toml: unknown key 'rules'; rules stand under [[rule]]"),
        ("rule = 1", "r.toml: 'rule' must be a list of tables; write [[rule]]"),
        ('[[rule]]\nmethods = "a"\nignore = true', "r.toml: rule 1: unknown key 'methods'; there is path, method, "),
        ('[[rule]]\nmethod = "a"', "r.toml: rule 1: give one of ignore, present, unordered, tolerance, regex"),
        ('[[rule]]\nmethod = "a"\nignore = true\npresent = true', "r.toml: rule 1: give one of ignore"),
        ("[[rule]]\nignore = true", "r.toml: rule 1: say where: method, and one of path and field"),
        ('[[rule]]\npath = "a"\nfield = "b"\nignore = true', "r.toml: rule 1: say where"),
        ("[[rule]]\npath = 1\nignore = true", "r.toml: rule 1: 'path' must be a text"),
        ('[[rule]]\npath = "a"\nunordered = true', "r.toml: rule 1: 'unordered' is about frames"),
        ('[[rule]]\nmethod = "a"\ntolerance = 1', "r.toml: rule 1: 'tolerance' is about values"),
        ('[[rule]]\npath = "a"\nignore = false', "r.toml: rule 1: 'ignore' must be true; leave the rule out"),
        ('[[rule]]\npath = "a"\ntolerance = -1', "r.toml: rule 1: 'tolerance' must be a number, or a share"),
        ('[[rule]]\npath = "a"\ntolerance = "many"', "r.toml: rule 1: 'tolerance' must be a number, or a share"),
        ('[[rule]]\npath = "a"\nregex = "("', "r.toml: rule 1: 'regex' is no regular expression: "),
        ('[[rule]]\npath = "a"\nregex = 1', "r.toml: rule 1: 'regex' is no regular expression: "),
    ],
)
def test_what_is_refused(text, line):
    """A rule that does nothing hides what it was written for: each mistake is told, with file and key."""
    with pytest.raises(InputError) as error:
        rules(text)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
