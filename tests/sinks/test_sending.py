"""A capture is sent while it is written: nothing is lost while the collector is gone, and the end never waits for long."""

import pytest
from collecting import HEADER, OPENED, answer, frame, receiving, told
from ports import free_port

from recorder import capture
from recorder.errors import InputError
from recorder.model import Closed
from recorder.sinks import sending
from recorder.sinks.collector import Collector
from recorder.sinks.sending import BATCH, Sending

CALL = [frame(b'{"id":1,"method":"take"}'), answer(b'{"id":1,"result":1}')]
CLOSED = Closed(time=3, session=1, code=1000)


class Scene:
    """A capture, a clock, and a recording that ends.

    Args:
        path: of the capture.
        url: of the collector.
        script: what happens, one step each time that the sending waits; after the last the recording has ended.
    """

    def __init__(self, path, url, script=()):
        self.path, self.script = path, iter(script)
        path.write_bytes(capture.dump(HEADER))
        self.said, self.now, self.ended = [], 0.0, False
        self.sending = Sending(path, Collector(url), self.said.append, self.over, lambda: self.now)

    def add(self, *events):
        """Write events."""
        with self.path.open("ab") as file:
            file.write(capture.dump_all(events))

    def over(self, seconds):
        """Wait: what happens next happens, and time passes."""
        self.now += seconds
        if not self.ended and seconds:
            step = next(self.script, None)
            if step is None:
                self.ended = True
            else:
                step()
        return self.ended

    def run(self):
        """Ship to the end."""
        try:
            self.sending.run()
        finally:
            self.sending.close()
        return self.said


def test_what_is_written_is_sent_when_it_is_due(tmp_path):
    """Spans after a second at the most; the rest at the end, with the metrics."""
    with receiving() as server:
        scene = Scene(tmp_path / "run.jsonl", server.url)

        def due():
            scene.now += sending.EVERY

        def sent():
            assert [span.name for span in server.spans] == ["take"]
            scene.add(CLOSED)

        scene.script = iter([lambda: scene.add(OPENED, *CALL), due, lambda: None, sent])
        assert scene.run() == [f"2 spans sent to {server.url}"]
        assert [span.name for span in server.spans] == ["take", "session"]
        assert told(server.spans[0].attributes)["recorder.line"] == 3
        assert "rpc.client.call.duration" in server.metrics


def test_it_rests_while_the_capture_grows(tmp_path):
    """So that traffic finds a processor; in a lull it goes on at once."""
    with receiving() as server:
        scene = Scene(tmp_path / "run.jsonl", server.url)
        scene.add(OPENED, *CALL * 400)
        rests = []

        def over(seconds):
            if 0 < seconds != sending.IDLE:
                rests.append(seconds)
                if len(rests) < 3:
                    scene.add(*CALL)
            scene.ended = len(rests) == 3
            return scene.ended

        def clock():
            scene.now += 0.001
            return scene.now

        scene.sending.close()
        scene.sending = Sending(scene.path, Collector(server.url), scene.said.append, over, clock)
        scene.sending._size = 0
        assert scene.run() == [f"403 spans sent to {server.url}"]
        assert len(rests) == 3
        assert all(seconds >= 0.001 * sending.REST for seconds in rests)


def test_a_line_is_read_when_it_is_whole(tmp_path):
    """However many turns it takes."""
    with receiving() as server:
        scene = Scene(tmp_path / "run.jsonl", server.url)
        data = capture.dump_all([OPENED, *CALL])

        def write(piece):
            with scene.path.open("ab") as file:
                file.write(piece)

        scene.script = iter([lambda: write(data[:40]), lambda: write(data[40:50]), lambda: write(data[50:])])
        scene.run()
        assert [span.name for span in server.spans] == ["take", "session"]


def test_what_a_collector_misses_waits_for_it(tmp_path):
    """It is said once; when the collector is there, everything is sent, and no memory is taken meanwhile."""
    port = free_port()
    scene = Scene(tmp_path / "run.jsonl", f"http://127.0.0.1:{port}")
    scene.add(OPENED, *CALL * (2 * BATCH))
    held = []

    def look():
        held.append(len(scene.sending._spans))

    scene.script = iter([look, look, look])
    assert scene.run() == [
        f"cannot send to http://127.0.0.1:{port}: Connection refused; what is not sent yet waits in the capture",
        scene.said[-1],
    ]
    assert len(held) == 3
    assert len({*held}) == 1
    with receiving(port) as server:
        again = Scene(tmp_path / "other.jsonl", server.url)
        again.add(OPENED, *CALL * (2 * BATCH), CLOSED)
        server.status = 503

        def back():
            server.status = 200

        again.script = iter([lambda: None, back])
        assert again.run()[-1] == f"{2 * BATCH + 1:,} spans sent to {server.url}"
        assert len({span.span_id for span in server.spans}) == 2 * BATCH + 1


def test_the_end_does_not_wait_for_a_collector_that_is_gone(tmp_path):
    """What was not sent is counted."""
    url = f"http://127.0.0.1:{free_port()}"
    scene = Scene(tmp_path / "run.jsonl", url)
    scene.add(OPENED, *CALL, CLOSED)
    assert scene.run()[-1] == f"0 spans sent to {url}, 2 not sent"
    assert scene.now <= sending.IDLE + sending.PATIENCE + sending.AGAIN


def test_what_a_collector_refuses_is_counted(tmp_path):
    """It is not sent again."""
    with receiving() as server:
        server.status = 400
        scene = Scene(tmp_path / "run.jsonl", server.url)
        scene.add(OPENED, *CALL, CLOSED)
        assert scene.run() == [
            f"cannot send to {server.url}: it answers 400 Bad Request",
            f"0 spans sent to {server.url}, 2 refused",
        ]
        assert len(server.headers) == 2  # spans and metrics, once each


def test_what_is_no_line_ends_it(tmp_path):
    """As after a full disk."""
    scene = Scene(tmp_path / "run.jsonl", "http://127.0.0.1:1")
    with scene.path.open("ab") as file:
        file.write(b'{"event":"fr\n')
    with pytest.raises(InputError, match="malformed event"):
        scene.run()
