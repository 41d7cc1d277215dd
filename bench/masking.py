"""What masking costs where nothing is masked: the same frames recorded with it and without, in turns.

Rule: one process, the same session code for both, sinks that do nothing; a ratio is of two figures of one round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import median

import traffic

from recorder.errors import CaptureWriteError
from recorder.interchange.files import Capture
from recorder.journal.session import Journal, Session, WireMessage
from recorder.masking import Masking
from recorder.model import AnyEvent, Frame
from recorder.transcript import data_folder

SIZES = (300, 4096)
FRAMES, ROUNDS = 128 * 150, 15


class _Nowhere:
    def write(self, events: Sequence[AnyEvent]) -> None:
        """Take a batch."""


def _failed(error: CaptureWriteError) -> None:
    raise error


def _session(*, off: bool) -> Session:
    return Journal([_Nowhere()], failed=_failed, masking=Masking(off=off)).session("ws://127.0.0.1:3014/")


def _seconds(session: Session, messages: list[WireMessage]) -> float:
    turns = FRAMES // len(messages) // 2
    began = time.process_time()
    for _ in range(turns):
        session.take("to_node", messages)
        session.take("from_node", messages)
    return (time.process_time() - began) / (turns * 2 * len(messages))


def recorded() -> list[bytes]:
    """What real clients and nodes have said: the frames of this project's own recordings, each as often as it was."""
    paths = sorted(data_folder("transcripts").glob("*.jsonl"))
    return [event.payload for path in paths for event in Capture(path) if isinstance(event, Frame) and event.json]


def measure(payloads: Sequence[bytes], rounds: int) -> tuple[float, float]:
    """Microseconds a frame that masking takes, and recording without it: in the middle round."""
    messages = [WireMessage("text", payload) for payload in payloads]
    taken: dict[bool, list[float]] = {True: [], False: []}
    sessions = {off: _session(off=off) for off in taken}
    for number in range(rounds):
        for off in (True, False) if number % 2 else (False, True):
            taken[off].append(_seconds(sessions[off], messages) * 1e6)
    more = median(on - off for on, off in zip(taken[False], taken[True], strict=True))
    return more, median(taken[True])


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    said = recorded()
    subjects = {f"{size} B": [traffic.message(size, number) for number in range(traffic.VARIANTS)] for size in SIZES}
    subjects[f"{len(said)} recorded frames, {sum(map(len, said)) / len(said):.0f} B on average"] = said
    for name, payloads in subjects.items():
        more, without = measure(payloads, rounds)
        print(f"{name}: masking takes {more:.2f} us a frame, recording it without {without:.2f} us")


if __name__ == "__main__":
    main()
