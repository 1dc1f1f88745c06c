"""The benchmarks run on the smallest scale. Nothing checks how fast anything is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.aegra_server import HOW, installed
from tests.benchmarks import machine, report
from tests.benchmarks.__main__ import SUBJECTS, keep, measure
from tests.benchmarks.measuring import Findings, Row, Scale, at_most, interleaved
from tests.benchmarks.peer_environment import PeerError
from tests.benchmarks.peers import PEERS, SCRIPTS, process

WITHOUT_ENGINE = {"graph_overhead", "checkpoint_bytes", "import_time"}


def subjects() -> list[object]:
    engine = [pytest.mark.docker, pytest.mark.slow]
    marks = {
        "local_model": [pytest.mark.local_model, pytest.mark.timeout(300)],
        "server": [*engine, pytest.mark.skipif(installed() is None, reason=HOW)],
    }
    return [
        pytest.param(name, marks=marks.get(name, () if name in WITHOUT_ENGINE else engine))
        for name in SUBJECTS
        if name not in ("peers", "ray_batch")  # test_placing.py kills on a cluster of its own
    ]


@pytest.mark.parametrize("subject", subjects())
def test_a_subject_runs(subject: str) -> None:
    findings = measure(subject, Scale(quick=True))
    assert findings.rows
    assert not findings.violations
    assert findings.samples
    assert all(len(times) >= 1 for times in findings.samples.values())


@pytest.mark.docker
def test_missing_peers_are_listed_with_the_reason(tmp_path: Path) -> None:
    findings = measure("peers", Scale(quick=True, peers_folder=tmp_path))
    assert {row.beside: row.ratio for row in findings.rows} == {
        peer.name: "not run: not installed; `make bench` does it" for peer in PEERS
    }
    assert len(findings.samples["ours"]) == 1


def test_a_peers_script_gets_the_code_and_returns_its_time(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(SCRIPTS)!r})\nfrom exchange import serve\n"
        "serve(lambda code: print('noise') or '6\\n')\n"
    )
    with process([sys.executable, str(script)]) as contender:
        assert contender() >= 0
        assert contender() >= 0


def test_a_peers_script_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('the engine is not there')\n")
    with (
        pytest.raises(PeerError, match="the engine is not there"),
        process([sys.executable, str(script)]),
    ):
        pass


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    def contender(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    samples = interleaved({"a": lambda: contender("a"), "b": lambda: contender("b")}, 2)
    assert turns == ["a", "b"] * 3
    assert samples == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_the_table_says_what_limits_a_missed_goal() -> None:
    samples = {"ours": [3.0, 3.0, 9.0], "theirs": [1.0, 1.0, 9.0]}
    missed = at_most("missed", samples, "ours", "theirs", 2, "the disk")
    met = at_most("met", samples, "ours", "theirs", 4, "nothing at all")
    text = report.table({"subject": Findings([missed, met])})
    assert "| missed | 3 s (min 3 s) | 1 s (min 1 s) theirs | 3 × | ≤ 2 × | **no** [1] |" in text
    assert "| met | 3 s (min 3 s) | 1 s (min 1 s) theirs | 3 × | ≤ 4 × | yes |" in text
    assert "1. the disk" in text
    assert "nothing at all" not in text


@pytest.mark.docker
def test_measuring_one_subject_again_keeps_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = machine.describe()
    old, new = (Findings([Row(what, "1", "2", "3")], {"a": [1.0]}) for what in ("old", "new"))
    keep(tmp_path, "some-machine", here, {"hand_over": old, "memory": old})
    keep(tmp_path, "some-machine", here, {"memory": new})
    kept = json.loads((tmp_path / "results" / "some-machine.json").read_text())
    assert kept["subjects"]["hand_over"]["rows"][0]["what"] == "old"
    assert kept["subjects"]["memory"]["rows"][0]["what"] == "new"
    page = (tmp_path / "RESULTS.md").read_text()
    assert here["cpu"] in page
    assert page.index("| old |") < page.index("| new |")
    assert "| new |" in capsys.readouterr().out


def test_a_machine_is_named_after_its_processor() -> None:
    described = {"cpu": "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "cores": 4}
    assert machine.name_of(described) == "intel-xeon-e5-2680-v4-4-cores"
