"""What a process beside the recorder costs the traffic: the same frames recorded with it and without, interleaved.

Rule: a ratio is of two figures of one round. CPU is the recorder's process alone: what stands beside it is meant to use
what traffic leaves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import subjects
from load import Spec
from subjects import RECORDER, SUBJECTS, WRITES, Load, Node, Subject

ROUNDS = 9
WARM, LENGTH = 2.0, 1.0  # what stands beside has started before figures are taken
PHASES = {
    "pipelined": Spec(0, 0, "pipelined", 300, 1, window=128, warm=WARM, length=LENGTH),
    "pingpong": Spec(0, 0, "pingpong", 300, 1, warm=WARM, length=LENGTH),
}

Rounds = dict[str, dict[str, list[dict[str, float]]]]
"""The figures of each round, by phase and subject."""


def measure(options: Sequence[str], rounds: int, folder: Path) -> Rounds:
    """The figures without these options of `recorder record`, and with them.

    Args:
        options: the first one is the name of the subject.
        rounds: how many.
        folder: for what is recorded.
    """
    subjects.PATIENCE = 60.0
    plain, beside = SUBJECTS[RECORDER], f"recorder {options[0]}"
    assert plain is not None

    def command(node: int, own: int, folder: Path) -> Sequence[str | Path]:
        assert plain is not None
        return [*plain(node, own, folder), *options]

    SUBJECTS[beside], WRITES[beside] = command, "jsonl"
    found: Rounds = {phase: {RECORDER: [], beside: []} for phase in PHASES}
    with Node() as node, Load() as load:
        for number in range(rounds):
            for phase, spec in PHASES.items():
                taken: dict[str, list[dict[str, float]]] = {RECORDER: [], beside: []}
                order = [RECORDER, beside] if number % 2 else [beside, RECORDER]
                for name in order + order[::-1]:  # there and back: a drift of the machine cancels out
                    taken[name].append(_once(name, spec, node, load, folder))
                for name, (there, back) in taken.items():
                    found[phase][name].append({key: (there[key] + back[key]) / 2 for key in there})
    return found


def _once(name: str, spec: Spec, node: Node, load: Load, folder: Path) -> dict[str, float]:
    with Subject(name, node.port, folder) as subject:
        subject.listens(subject.port)
        return load.measure(dataclasses.replace(spec, port=subject.port, pid=subject.pid))


def show(found: Rounds) -> None:
    """Print medians, and the medians of the ratios."""
    for phase, key, label, scale in (
        ("pipelined", "cpu", "CPU per frame, us", 1e6),
        ("pipelined", "rate", "frames a second", 1),
        ("pingpong", "cpu", "CPU per frame, us", 1e6),
        ("pingpong", "p50", "round trip p50, us", 1e6),
        ("pingpong", "p99", "round trip p99, us", 1e6),
    ):
        without, beside = ([one[key] for one in rounds] for rounds in found[phase].values())
        ratio = median(b / a for a, b in zip(without, beside, strict=True))
        print(
            f"{phase:10} {label:20} {median(without) * scale:10.1f} {median(beside) * scale:10.1f}  ratio {ratio:.2f}"
        )
