import json
from pathlib import Path

import pytest

CPU = {"recorder": [1.0, 2.0, 3.0], "mitmdump": [20.0, 20.0, 20.0], "pass-through": [2.0, 2.0, 2.0]}


def _samples(cpu=CPU):
    taken = {name: [{"cpu": value / 1e6, "rate": 100.0} for value in values] for name, values in cpu.items()}
    return {"pipelined 300 1": taken | {"recorder again": taken["recorder"]}}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios():
    """With its quartiles, so that a reader sees the noise."""
    import report

    cpu, rate = report.rows(_samples())
    assert cpu.ratios["mitmdump"] == report.Ratio(pytest.approx(0.1), pytest.approx(0.075), pytest.approx(0.125))
    assert str(cpu.ratios["recorder again"]) == "1.00 (1.00-1.00)"
    assert cpu.values["recorder"] == 2.0
    assert rate.values["recorder"] == 100


def test_targets_are_judged_by_the_ratio_or_by_the_figure():
    """A target is reached or not, in words, beside its figure."""
    import report

    cpu, rate = report.rows(_samples())
    assert [(str(target), reached) for target, reached in cpu.targets] == [
        ("<= 0.08x mitmdump", False),
        ("<= 1x pass-through", True),
    ]
    assert [(str(target), reached) for target, reached in rate.targets] == [(">= 12x mitmdump", False)]
    (growth, _) = report.rows({"rss": {"recorder": [{"growth": 2**19, "rss": 2**26}]}})
    assert [reached for _, reached in growth.targets] == [True]


def test_what_was_not_measured_has_no_row():
    """A recorder without the render command is measured in everything else."""
    import report

    assert list(report.rows({"render": {"recorder": []}})) == []


def test_the_markdown_table_is_a_table():
    """Every line has as many cells as the heading."""
    import report

    lines = report.markdown(list(report.rows(_samples()))).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "<= 0.08x mitmdump NO" in lines[2]


def test_the_conditions_are_those_of_the_last_results():
    """Whoever reads the table knows when and where it was measured."""
    import report

    about = json.loads((Path(report.__file__).parent / "results.json").read_text())["about"]
    assert report.conditions(about).startswith(f"Measured {about['date'][:10]} by `bench/run.py` in ")
