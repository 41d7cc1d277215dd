"""Rules: where they look, what they let pass, and what is refused in their file."""

from decimal import Decimal

import pytest

from recorder.difference import Difference
from recorder.errors import InputError
from recorder.rules import Rules

AMOUNT = Difference(("params", "amount"), "value", 100, 104)
FEE = Difference(("params", "tx", "transaction", "fee"), "value", 17, 18, 2, "channel_create_tx")
TEXT = Difference(("error", "message"), "value", "Rejected", "Rejected: no")
MISSING = Difference(("params", "data", "updates", 1, "to"), "missing", "x", None)
TYPE = Difference(("params", "amount"), "type", 100, "100")
DOTTED = Difference(("result", "a.b", "c"), "value", 1, 2)
DECIMAL = Difference(("result",), "value", Decimal("1.5"), Decimal("1.6"))


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
        ("path = 'result[\"a.b\"].c'\nignore = true", DOTTED),
        ("path = 'result.*.c'\nignore = true", DOTTED),
        ('path = "result"\ntolerance = 0.1', DECIMAL),
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
        ('method = "channels.*"\nrepeats = true', AMOUNT),
        ('method = "channels.*"\noptional = true', AMOUNT),
        ('path = "params.amount"\nbind = true', AMOUNT),
        ('path = "result.a.b.c"\nignore = true', DOTTED),
        ('path = "result"\ntolerance = 0.09', DECIMAL),
    ],
)
def test_a_rule_lets_nothing_else_pass(rule, detail):
    """A pattern is for the whole path, and a value that is missing is not present."""
    assert not allows(rule, detail)


@pytest.mark.parametrize("passes", ["ignore", "unordered", "repeats", "optional"])
def test_whole_frames(passes):
    """A rule that names a method alone is about its frames."""
    found = rules(f'[[rule]]\nmethod = "a.*"\n{passes} = true')
    assert found.about(passes, ("a result", "a.x")).source == "r.toml rule 1"
    assert found.about(passes, ("b",)) is None
    assert found.about("optional" if passes == "ignore" else "ignore", ("a.x",)) is None


def test_a_rule_with_a_path_is_about_no_whole_frame():
    """It lets pass what is there, not that it is not."""
    assert rules('[[rule]]\nmethod = "a"\npath = "x"\nignore = true').about("ignore", ("a",)) is None


def test_what_is_bound_by_a_rule():
    """By method and path; nothing asks where no rule binds."""
    binding = rules('[[rule]]\nmethod = "get*"\npath = "result.*.token"\nbind = true').binding
    assert binding("getToken", ("result", "x", "token"))
    assert not binding("getToken", ("result", "token"))
    assert not binding("put", ("result", "x", "token"))
    assert rules('[[rule]]\nmethod = "get"\nignore = true').binding is None


@pytest.mark.parametrize("path", ["**", "$.a.b", ".a", "a[0][*].b", '["a.b"].c', 'a["q\\"]"]', "a*.$ref", "[0].result"])
def test_a_path_that_is_well_formed_is_taken(path):
    """As it is printed, and as others write it."""
    assert rules(f"[[rule]]\npath = '{path}'\nignore = true").rules[0].path == path


def test_rules_add_up():
    """Those of a fixture and those of its project."""
    one = rules('[[rule]]\nmethod = "a"\nignore = true')
    assert len((one + one + Rules()).rules) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[rule", "r.toml: is not TOML: "),
        ("rules = 1", "r.toml: unknown key 'rules'; rules stand under [[rule]]"),
        ("rule = 1", "r.toml: 'rule' must be a list of tables; write [[rule]]"),
        ('[[rule]]\nmethods = "a"\nignore = true', "r.toml: rule 1: unknown key 'methods'; there is path, method, "),
        ('[[rule]]\nmethod = "a"', "r.toml: rule 1: give one of ignore, present, unordered, repeats, "),
        ('[[rule]]\nmethod = "a"\nignore = true\npresent = true', "r.toml: rule 1: give one of ignore"),
        ("[[rule]]\nignore = true", "r.toml: rule 1: give a method, and path or field (not both)"),
        (
            "[[rule]]\noptional = true",
            "r.toml: rule 1: 'optional' applies to frames: give their method, and no path or field",
        ),
        ("[[rule]]\npresent = true", "r.toml: rule 1: 'present' applies to values: give their path or field"),
        *(
            (
                f"[[rule]]\npath = '{path}'\nignore = true",
                f"r.toml: rule 1: path {path!r}: write dots between names, ",
            )
            for path in ("a[", "a[x", "a[x]", "a[]b", "a[0]b", "a]", "a[-1]", "a..b", "a.", '["\\x"]', 'a["b]')
        ),
        ('[[rule]]\npath = "a"\nfield = "b"\nignore = true', "r.toml: rule 1: give a method"),
        ("[[rule]]\npath = 1\nignore = true", "r.toml: rule 1: 'path' must be a text"),
        ('[[rule]]\npath = "a"\nunordered = true', "r.toml: rule 1: 'unordered' applies to frames"),
        ('[[rule]]\nmethod = "a"\ntolerance = 1', "r.toml: rule 1: 'tolerance' applies to values"),
        ('[[rule]]\nmethod = "a"\nbind = true', "r.toml: rule 1: 'bind' applies to values"),
        (
            '[[rule]]\nfield = "a"\nbind = true',
            "r.toml: rule 1: 'bind' applies to values of a message: give their path",
        ),
        ('[[rule]]\npath = "a"\nrepeats = true', "r.toml: rule 1: 'repeats' applies to frames"),
        ('[[rule]]\nmethod = "a"\nrepeats = false', "r.toml: rule 1: 'repeats' must be true; leave the rule out"),
        ('[[rule]]\npath = "a"\nignore = false', "r.toml: rule 1: 'ignore' must be true; leave the rule out"),
        ('[[rule]]\npath = "a"\ntolerance = -1', "r.toml: rule 1: 'tolerance' must be a number, or a share"),
        ('[[rule]]\npath = "a"\ntolerance = "many"', "r.toml: rule 1: 'tolerance' must be a number, or a share"),
        ('[[rule]]\npath = "a"\nregex = "("', "r.toml: rule 1: 'regex' is not a regular expression: "),
        ('[[rule]]\npath = "a"\nregex = 1', "r.toml: rule 1: 'regex' is not a regular expression: "),
    ],
)
def test_what_is_refused(text, line):
    """A rule that does nothing hides what it was written for: each mistake is told, with file and key."""
    with pytest.raises(InputError) as error:
        rules(text)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
