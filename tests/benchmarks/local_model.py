"""The local model in a first and a second process: when does the answer begin?

The first process reads the unchanging start of the prompt and keeps its state; the second
loads that. Both must load the weights and read what is special about the request.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from graph_agent.models.local.weights import fetch_weights
from tests.benchmarks.measuring import Findings, Row, Scale, at_most, shown

GOAL = 1 / 3
FIRST, SECOND = "first process", "second process"


def measure(scale: Scale) -> Findings:
    """Ask the same question in pairs of new processes, each pair with an empty folder."""
    weights = fetch_weights("local-small" if scale.quick else "local")
    samples: dict[str, list[float]] = {}
    for _ in range(scale.of(3, 1)):
        with tempfile.TemporaryDirectory() as states:
            for name in (FIRST, SECOND):
                for part, seconds in _asked(weights, states).items():
                    samples.setdefault(f"{name}: {part}", []).append(seconds)
            [state] = Path(states).glob("*.state")
            size_mb = state.stat().st_size / 1e6
    return Findings(_rows(samples), samples, [f"The local model's prompt state: {size_mb:.1f} MB."])


def _asked(weights: Path, states: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.local_model_child", str(weights), states]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    times: dict[str, float] = json.loads(done.stdout)
    return times


def _rows(samples: dict[str, list[float]]) -> list[Row]:
    begins = at_most(
        "local model: second process until its answer begins",
        samples,
        f"{SECOND}: first token",
        f"{FIRST}: first token",
        GOAL,
        "Loading the weights, and reading what is special about the request, take the same time in"
        " both processes.",
    )
    begins.goal = "≤ 1/3"
    loads = Row(
        "of it, loading the weights",
        shown(samples[f"{SECOND}: loaded"]),
        f"{shown(samples[f'{FIRST}: loaded'])} {FIRST}",
        "",
    )
    return [begins, loads]
