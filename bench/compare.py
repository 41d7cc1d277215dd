"""How long two captures take to compare: of many sessions, in another order, with fresh values in them.

Rule: each row is a process of its own, so that its peak is its own; reading both captures counts. What is compared is
generated: clients that send, ask about what they got, and poll; the other run has other hashes in another order.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recorder import capture
from recorder.compare import compare
from recorder.interchange.files import Capture
from recorder.model import SECOND, AnyEvent, Closed, Header, Opened
from recorder.timeline import Script, read

EXCHANGES = 25  # of a session
AT_ONCE = 20  # sessions that are open together
CHANGED = 1_000  # one answer in so many has changed
BACKWARDS = 3_000


@dataclass(frozen=True)
class Row:
    """What is measured.

    Args:
        label: what it is called.
        frames: of each capture.
        measure: does it, and says how many differences there were.
        files: the captures it is given.
        seconds: the target.
        megabytes: the target for the peak of memory; 0 where there is none.
    """

    label: str
    frames: int
    measure: Callable[[list[Path]], int]
    files: tuple[str, ...]
    seconds: float
    megabytes: int = 0


def _hash(*words: object) -> str:
    return "0x" + hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


def _call(run: str, session: int, number: int) -> tuple[str, object, object]:
    """A call, and what comes back: every fifth is a transaction, of which the next two speak."""
    sent = _hash(run, session, number - number % 5)
    block = _hash(run, "block", sent)
    calls: tuple[tuple[str, object, object], ...] = (
        ("eth_sendTransaction", [{"from": f"account {session}", "to": "bob", "value": number}], sent),
        (
            "eth_getTransactionReceipt",
            [sent],
            {"transactionHash": sent, "blockHash": block, "gasUsed": 21_000, "logs": []},
        ),
        ("eth_getBlockByHash", [block, False], {"hash": block, "transactions": [sent], "size": 500 + number}),
        ("eth_getBalance", [f"account {session}", "latest"], {"balance": 1000 * session + number, "unit": "wei"}),
        ("eth_getBalance", [f"account {session}", "latest"], {"balance": 1000 * session + number, "unit": "wei"}),
    )
    return calls[number % 5]


def events(frames: int, run: str, *, changed: bool = False, shuffled: bool = False) -> Iterator[AnyEvent]:
    """The events of a run of about so many frames.

    Args:
        frames: how many.
        run: what its hashes are made of.
        changed: whether some answers are others than in other runs.
        shuffled: whether its clients come in another order.
    """
    clients = list(range(frames // (2 * EXCHANGES)))
    if shuffled:
        random.Random(1).shuffle(clients)
    moment = 0
    for first in range(0, len(clients), AT_ONCE):
        group = dict(enumerate(clients[first : first + AT_ONCE], first + 1))
        for number in group:
            moment += 1000
            yield Opened(time=moment, session=number, party=f"client-{number}", url="ws://127.0.0.1:8545/")
        for at in range(EXCHANGES):
            for number, client in group.items():
                method, params, result = _call(run, client, at)
                if changed and (client * EXCHANGES + at) % CHANGED == 3:
                    result = "another"
                for direction, message in (
                    ("to_node", {"jsonrpc": "2.0", "id": at, "method": method, "params": params}),
                    ("from_node", {"jsonrpc": "2.0", "id": at, "result": result}),
                ):
                    moment += 1000
                    payload = json.dumps(message, separators=(",", ":")).encode()
                    yield capture.frame(payload, time=moment, session=number, direction=direction)
        yield from (Closed(time=moment, session=number, code=1000) for number in group)


def of_one_session(frames: int, began: int, *, changed: bool) -> Iterator[AnyEvent]:
    """A session of calls, each answered with an id and a time of its own run.

    Args:
        frames: how many.
        began: when, in seconds since 1970; the ids are made of it.
        changed: whether some answers are others than in other runs.
    """
    made = random.Random(began)
    yield Opened(time=began * SECOND, session=1, party="client", url="ws://127.0.0.1:8545/")
    for number in range(frames // 2):
        passed = began * SECOND + number * SECOND // 1_000
        value = -1 if changed and number % CHANGED == 3 else number
        identity = uuid.UUID(int=made.getrandbits(128), version=4)
        result = {"value": value, "messageId": str(identity), "at": passed // (SECOND // 1_000)}
        for direction, message in (
            ("to_node", {"jsonrpc": "2.0", "id": number, "method": f"take{number % 7}", "params": {"number": number}}),
            ("from_node", {"jsonrpc": "2.0", "id": number, "result": result}),
        ):
            payload = json.dumps(message, separators=(",", ":")).encode()
            yield capture.frame(payload, time=passed, session=1, direction=direction)


def backwards(*, turned: bool) -> Iterator[AnyEvent]:
    """A session of pushes, as they come or the last one first."""
    yield Opened(session=1, party="client", url="ws://127.0.0.1:8545/")
    numbers = range(BACKWARDS)
    for number in reversed(numbers) if turned else numbers:
        payload = b'{"jsonrpc":"2.0","method":"told","params":[%d]}' % number
        yield capture.frame(payload, session=1, direction="from_node")


def _script(path: Path) -> Script:
    with Capture(path) as opened:
        return read(opened.header, opened, path.name)


def _read(paths: list[Path]) -> int:
    _script(paths[0])
    return 0


def _compare(paths: list[Path]) -> int:
    recorded, live = map(_script, paths)
    return len(compare(recorded, live).findings)


def _rows(frames: int) -> list[Row]:
    tenth = frames // 10
    return [
        Row("read", frames, _read, ("one",), 5),
        Row("diff, a tenth", tenth, _compare, ("few", "few other"), 1.5),
        Row("diff, another order and other hashes", frames, _compare, ("one", "other"), 15, 500),
        Row("diff, one answer in a thousand changed", frames, _compare, ("one", "changed"), 15, 500),
        Row("diff, one session, ids and times of each run", frames, _compare, ("session", "other session"), 15, 500),
        Row("diff, all frames in reversed order", BACKWARDS, _compare, ("pushes", "pushes back"), 1),
    ]


def _write(folder: Path, frames: int) -> None:
    header = Header(format=capture.FORMAT, run="benchmark", recorder="benchmark", profile="generic")
    made = {
        "one": events(frames, "one"),
        "other": events(frames, "other", shuffled=True),
        "changed": events(frames, "changed", changed=True),
        "few": events(frames // 10, "one"),
        "few other": events(frames // 10, "other", shuffled=True),
        "session": of_one_session(frames, 1_750_000_000, changed=False),
        "other session": of_one_session(frames, 1_760_000_000, changed=True),
        "pushes": backwards(turned=False),
        "pushes back": backwards(turned=True),
    }
    for name, said in made.items():
        with (folder / f"{name}.jsonl").open("wb") as file:
            file.writelines(map(capture.dump, (header, *said)))


def _measured(row: Row, folder: Path) -> tuple[float, float, int]:
    """Seconds, megabytes and differences, of this process."""
    began = time.perf_counter()
    found = row.measure([folder / f"{name}.jsonl" for name in row.files])
    seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found


def main() -> int:
    """Measure each row and print it; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=100_000, help="of each capture (100,000)")
    frames = parser.parse_args().frames
    spawning = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as name:
        _write(Path(name), frames)
        for row in _rows(frames):
            with spawning.Pool(1) as pool:
                seconds, peak, found = pool.apply(_measured, (row, Path(name)))
            reached = seconds <= row.seconds and (not row.megabytes or peak <= row.megabytes)
            most = f"{row.seconds} s{f', {row.megabytes} MB' if row.megabytes else ''}"
            print(
                f"{row.label:44} {row.frames:>7,} frames  {seconds:6.2f} s  {peak:4.0f} MB  {found:5,} differences"
                f"  target {most} ({'reached' if reached else 'missed'})"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
