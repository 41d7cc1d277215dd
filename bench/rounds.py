"""The order of measurements: interleaved, so that whatever else the machine does hits every subject alike.

Rule: each round starts its subjects anew (a process's layout is luck too) and takes them in another order, there and
back; a ratio is always between figures of one round.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from load import Spec
from subjects import BARE, CONTROL, DIRECT, PASSTHROUGH, RECORDER, SUBJECTS, Load, Node, Subject

Say = Callable[[str], None]
Samples = dict[str, dict[str, list[dict[str, float]]]]
"""`samples[phase][subject]` is a list with the figures of each round."""

MB = 1_000_000


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of everything."""

    rounds: int = 9
    warm: float = 0.08  # seconds
    length: float = 0.25  # and a phase takes it twice
    rss_warm: int = 100_000  # frames
    rss_frames: tuple[tuple[str, int], ...] = ((RECORDER, 500_000), (PASSTHROUGH, 200_000), (BARE, 40_000))
    burst: int = 100 * MB
    render: int = 200 * MB
    render_rounds: int = 3


QUICK = Plan(1, 0.03, 0.06, 5_000, ((RECORDER, 40_000), (PASSTHROUGH, 10_000), (BARE, 4_000)), 24 * MB, 20 * MB, 1)
PIPELINED, PINGPONG, RSS, BURST, RENDER = "pipelined", "pingpong", "rss", "burst", "render"
SIZES, SESSIONS = (300, 4096), (1, 50)
WINDOWS = {1: 128, 50: 8}  # frames in flight of each session
BURST_SIZE = 1 << 16
BURST_RATE = 40 * MB  # bytes a second: any subject could take more


def phases(mode: str) -> list[tuple[str, Spec]]:
    """The phases of one mode, by name."""
    return [
        (
            f"{mode} {size} {sessions}",
            Spec(0, 0, mode, size, sessions, window=WINDOWS[sessions] if mode == PIPELINED else 1),
        )
        for size in SIZES
        for sessions in SESSIONS
    ]


def loaded(plan: Plan, modes: list[str], folder: Path, say: Say) -> Samples:
    """Every subject under load, round by round."""
    todo = [phase for mode in modes for phase in phases(mode)]
    samples: Samples = {name: {subject: [] for subject in SUBJECTS} for name, _ in todo}
    with Node() as node, Load() as load:
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}")
            with _subjects([name for name in SUBJECTS if name != DIRECT], node, folder) as running:
                for turn, (name, spec) in enumerate(todo):
                    order = _rotated([*SUBJECTS], number + turn)
                    taken: dict[str, list[dict[str, float]]] = {subject: [] for subject in order}
                    for subject in order + order[::-1]:  # there and back: a drift of the machine cancels out
                        taken[subject].append(_measure(load, plan, spec, running.get(subject), node))
                    for subject, (there, back) in taken.items():
                        samples[name][subject].append({key: (there[key] + back[key]) / 2 for key in there})
    return samples


def memory(plan: Plan, folder: Path, say: Say) -> Samples:
    """How much a subject has grown after many frames: resident bytes for each 100,000 of them."""
    samples: Samples = {RSS: {}}
    for name, frames in plan.rss_frames:
        say(f"memory of {name} over {frames:,} frames")
        warm = min(plan.rss_warm, frames // 4)
        with Node() as node, Load() as load, _subjects([name], node, folder) as running:
            subject = running[name]
            spec = Spec(
                subject.port, subject.pid, PIPELINED, 300, window=128, unit="frames", warm=warm, length=frames - warm
            )
            figures = load.measure(spec)
            subject.carried += figures["frames"] * spec.size
        samples[RSS][name] = [{"rss": figures["rss"], "growth": figures["grown"] / figures["frames"] * 100_000}]
    return samples


def bursts(plan: Plan, folder: Path, say: Say) -> Samples:
    """How far a subject's memory rises while a burst waits for a slow reader."""
    samples: Samples = {BURST: {}}
    for name in (RECORDER, PASSTHROUGH, BARE):
        say(f"burst of {plan.burst // MB} MB through {name}")
        with Node() as node, Load() as load, _subjects([name], node, folder) as running:
            subject = running[name]
            # a first frame through every path: what is imported or allocated once is no part of a burst
            load.measure(Spec(subject.port, subject.pid, PINGPONG, 300, unit="frames", warm=100, length=100))
            spec = Spec(subject.port, subject.pid, BURST, BURST_SIZE, length=plan.burst, rate=BURST_RATE)
            samples[BURST][name] = [load.measure(spec)]
            subject.carried += plan.burst - BURST_SIZE
    return samples


@contextmanager
def _subjects(names: list[str], node: Node, folder: Path) -> Iterator[dict[str, Subject]]:
    with ExitStack() as stack:
        running = {name: stack.enter_context(Subject(name, node.port, folder)) for name in names}
        for subject in running.values():
            subject.listens(subject.port)
        yield running


def _measure(load: Load, plan: Plan, spec: Spec, subject: Subject | None, node: Node) -> dict[str, float]:
    target = subject or node
    spec = dataclasses.replace(spec, port=target.port, pid=target.pid, warm=plan.warm, length=plan.length)
    figures = load.measure(spec)
    if subject is None:
        figures["cpu"] = 0.0  # that was the node's
    else:
        subject.carried += figures["frames"] * spec.size
    return figures


def _rotated(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]


__all__ = ["BARE", "CONTROL", "DIRECT", "PASSTHROUGH", "RECORDER", "Plan", "bursts", "loaded", "memory", "phases"]
