"""`--otel` refuses what it cannot do before anything is recorded."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ws://127.0.0.1:4318", "http://127.0.0.1:4318/?a=b"])
def test_a_collector_is_named_by_its_url(run, tmp_path, url):
    """In one line."""
    result = run("record", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--otel", url)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"recorder: --otel {url!r}: write it as http://HOST:PORT, or https://HOST/PATH\n"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("blocked", "library"),
    [
        ("opentelemetry", "opentelemetry-sdk"),
        ("opentelemetry.sdk", "opentelemetry-sdk"),
        ("opentelemetry.exporter", "opentelemetry-exporter-otlp-proto-common"),
    ],
)
def test_without_its_libraries_the_extra_is_named(tmp_path, blocked, library):
    """In one line; nothing is recorded."""
    code = f"import sys; sys.modules[{blocked!r}] = None; from recorder.__main__ import main; sys.exit(main())"
    options = ["record", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--otel", "http://127.0.0.1:4318"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"recorder: --otel needs {library}; install it with `pip install 'jsonrpc-recorder[otel]'`\n"
    assert not [*tmp_path.iterdir()]


def test_a_recording_without_it_imports_nothing_of_opentelemetry():
    """Nor does the command that has the option; it takes a third of a second."""
    code = "import sys, recorder.cli.record, recorder.cli.telemetry; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
