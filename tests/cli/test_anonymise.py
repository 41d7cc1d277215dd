"""`recorder anonymise`: a capture that may be published, and is the same to `diff`."""

import pytest


def test_a_capture_is_published(run, seed):
    """It says how much it has replaced, plays, and is the same run; twice the same bytes."""
    done = run("anonymise", seed, "-o", "fixture.jsonl")
    assert (done.code, done.out, done.err) == (0, "fixture.jsonl: 9 values replaced\n", "")
    once = (seed.parent / "fixture.jsonl").read_bytes()
    assert run("diff", seed, "fixture.jsonl").out == "0 differences in 22 frames\n"
    assert run("anonymise", seed, "-o", "fixture.jsonl", "--overwrite").code == 0
    assert (seed.parent / "fixture.jsonl").read_bytes() == once


def test_what_looks_like_a_secret_is_named_and_masked(run, tmp_path):
    """As it is when a recording ends."""
    (tmp_path / "a.jsonl").write_text(
        '{"format":2,"run":"r","recorder":"0"}\n'
        '{"event":"opened","session":1,"party":"client","url":"ws://node/"}\n'
        '{"event":"frame","session":1,"direction":"to_node","json":{"id":1,"method":"a","params":["token:hunter2"]}}\n'
    )
    assert "--mask 'token:*' masks it" in run("anonymise", "a.jsonl", "-o", "b.jsonl").out
    done = run("anonymise", "a.jsonl", "-o", "b.jsonl", "--overwrite", "--mask", "token:*")
    assert "secret" not in done.out
    assert "token:«token 1»" in (tmp_path / "b.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run.jsonl", "-o", "run.jsonl"], "run.jsonl: is the capture itself; name another file with -o"),
        (["run.jsonl", "-o", "there"], "there: exists already; name another file, or replace it with --overwrite"),
        (
            ["run.jsonl", "-o", "a.zst"],
            "a.zst: captures are written uncompressed; name it .jsonl, and compress it afterwards",
        ),
        (["none.jsonl", "-o", "a.jsonl"], "none.jsonl: cannot read: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line(run, seed, arguments, line):
    """And nothing is written."""
    (seed.parent / "there").write_text("precious")
    done = run("anonymise", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"recorder: {line}\n")
    assert {path.name for path in seed.parent.iterdir()} == {"run.jsonl", "there"}
