import os
import sys

import pytest


@pytest.mark.untraced
def test_the_load_without_a_proxy_counts_what_the_node_answers():
    """The floor: the generator and the node alone, in every mode."""
    from load import Spec
    from subjects import Load, Node

    with Node() as node, Load() as load:
        for mode, window, sessions in (("pipelined", 64, 1), ("pipelined", 4, 20), ("pingpong", 1, 1)):
            spec = Spec(node.port, node.pid, mode, 300, sessions, window, unit="frames", warm=200, length=2_000)
            figures = load.measure(spec)
            assert 2_000 <= figures["frames"] <= 2_000 + 2 * window * sessions
            assert figures["rate"] > 0
            assert ("p50" in figures) is (window == 1)
        burst = load.measure(Spec(node.port, node.pid, "burst", 1 << 16, length=5e6, rate=1e8))
        assert burst["seconds"] >= 0.04


@pytest.mark.untraced
def test_a_subject_is_measured_and_must_have_written_what_it_carried(tmp_path):
    """A proxy that loses frames from its log is no rival, and no recorder."""
    from load import Spec
    from subjects import PASSTHROUGH, Load, Node, Subject

    def carry(claimed):
        with Node() as node, Load() as load, Subject(PASSTHROUGH, node.port, tmp_path) as subject:
            subject.listens(subject.port)
            spec = Spec(subject.port, subject.pid, "pingpong", 300, unit="frames", warm=10, length=100)
            figures = load.measure(spec)
            assert figures["cpu"] > 0
            subject.carried = figures["frames"] * claimed

    carry(300)
    with pytest.raises(ValueError, match="did not write"):
        carry(3_000)


def test_a_process_that_fails_is_an_error():
    """No figure comes from a subject that did not live through its measurement."""
    from subjects import Child

    with (
        pytest.raises(ChildProcessError, match="code 3"),
        Child([sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"], talks=True),
    ):
        pass


def test_linux_says_what_a_process_uses():
    """CPU to the microsecond, memory now and at its highest since the last reset."""
    import process

    me = os.getpid()
    before = process.cpu_seconds(me)
    block = bytearray(os.urandom(1 << 24))
    assert process.cpu_seconds(me) > before
    now = process.rss(me)  # before the peak is read, which it may raise
    assert process.peak_rss(me) >= now > len(block)
    del block
    process.reset_peak(me)
    assert process.peak_rss(me) <= process.rss(me) + (1 << 22)


def test_the_generated_capture_loads(tmp_path):
    """What is rendered in the benchmark is a capture like any other."""
    import rendering

    from recorder import capture
    from recorder.model import Frame, Opened

    path = tmp_path / "big.jsonl"
    rendering.generate(path, 1_000_000)
    assert 1_000_000 <= path.stat().st_size < 2_000_000
    with path.open("rb") as file:
        header, events = capture.load(file)
        kinds = [type(event) for event in events]
    assert header.profile == "aeternity"
    assert kinds[:2] == [Opened, Opened]
    assert set(kinds[2:]) == {Frame}
