"""`recorder check`, and the document that `recorder export` writes: exit code 0, 1 or 2."""

import json
import subprocess
import sys

import pytest


def test_a_capture_obeys_the_document_made_of_it(run, seed):
    """And breaks it where the document is another."""
    assert run("export", seed, "-o", "openrpc.json").code == 0
    done = run("check", seed, "--openrpc", "openrpc.json")
    assert (done.code, done.out) == (0, "22 messages of 6 methods: no violations\n")
    spec = json.loads((seed.parent / "openrpc.json").read_text())
    spec["methods"] = [one for one in spec["methods"] if one["name"] != "channels.withdraw"]
    (seed.parent / "openrpc.json").write_text(json.dumps(spec))
    done = run("check", seed, "--openrpc", "openrpc.json", "--format", "github", "--junit", "j.xml")
    assert done.code == 1
    assert "title=method::channels.withdraw: method: is not in the document" in done.out
    assert done.err == "22 messages of 6 methods: 4 violations\n"
    assert 'failures="1"' in (seed.parent / "j.xml").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run.jsonl", "--openrpc", "none.json"], "none.json: cannot read: No such file or directory"),
        (["run.jsonl", "--openrpc", "run.jsonl"], "run.jsonl: is not JSON: "),
        (["none.jsonl", "--openrpc", "spec.json"], "none.jsonl: cannot read: No such file or directory"),
        (["run.jsonl", "--openrpc", "large.json"], "large.json: has more than 64 MiB; give an OpenRPC document"),
        (["run.jsonl", "--openrpc", "."], ".: is a folder; name a file in it"),
        (["spec.json", "--openrpc", "spec.json"], "spec.json:1: not a capture: its first line has no format version"),
        (["run.jsonl", "--openrpc", "far.json"], "far.json: refers to http://127.0.0.1:1/x, which is not in it; "),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(run, seed, arguments, reason):
    """Nothing is printed."""
    (seed.parent / "spec.json").write_text('{"openrpc":"1.3.2","methods":[]}')
    with (seed.parent / "large.json").open("wb") as file:
        file.truncate(1 << 40)
    far = {"name": "amount", "schema": {"$ref": "http://127.0.0.1:1/x"}}
    method = {"name": "channels.withdraw", "params": [far]}
    (seed.parent / "far.json").write_text(json.dumps({"openrpc": "1.3.2", "methods": [method]}))
    done = run("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"recorder: {reason}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "library"),
    [
        (["check", "run.jsonl", "--openrpc", "s.json"], "jsonschema"),
        (["export", "run.jsonl", "-o", "openrpc.json"], "genson"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(seed, arguments, library):
    """The package alone does not bring them."""
    program = f"import sys; sys.modules[{library!r}] = None; from recorder.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=seed.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"needs {library}; install it with `pip install 'jsonrpc-recorder[openrpc]'`" in done.stderr
