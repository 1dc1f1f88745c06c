"""Bytes of checkpoint for each attempt, as the variables grow from 1 MB to 1 GB."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from graph_agent import CodeGenerationRequest, build_graph
from graph_agent.checkpoints import FILE_NAME, open_saver
from sandbox import VariableStore
from tests.benchmarks.frames import MB, frame_of
from tests.benchmarks.instant import InstantSandbox
from tests.benchmarks.measuring import Findings, Row, Scale
from tests.scripted_model import ScriptedModel, fenced, verdict

ATTEMPTS = 3
FLAT = 1.05
"""Digests and sizes have a few digits more or less."""


def measure(scale: Scale) -> Findings:
    """Run three attempts on each size; what is counted does not vary from run to run."""
    sizes = [1, 2] if scale.quick else [1, 10, 100, 1000]
    samples = {f"{size} MB, bytes an attempt": [bytes_of(size * MB)] for size in sizes}
    first, *others = ((size, samples[f"{size} MB, bytes an attempt"][0]) for size in sizes)
    rows = [
        Row(
            f"checkpoints of an attempt (of {ATTEMPTS}), {size} MB frame in and out",
            f"{found:.0f} B",
            f"{first[1]:.0f} B with {first[0]} MB",
            f"{found / first[1]:.3g} ×",
            "flat",
            found / first[1] <= FLAT,
        )
        for size, found in others
    ]
    return Findings(rows, samples)


def bytes_of(size_bytes: int) -> float:
    """Return the bytes of checkpoints for each attempt of a run on a frame that comes back."""
    frame, data = frame_of(size_bytes)
    with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder:
        store = VariableStore(Path(folder, "variables"))
        with open_saver(Path(folder)) as saver:
            model = ScriptedModel(
                codes=[fenced(f"result = frame * {number}") for number in range(ATTEMPTS)],
                verdicts=[verdict(number == ATTEMPTS - 1) for number in range(ATTEMPTS)],
            )
            sandbox = InstantSandbox({"result": (frame, data)})
            graph = build_graph(model, saver, sandbox=sandbox, store=store)
            request = CodeGenerationRequest("Multiply it", {"frame": frame})
            given = request.to_input(store, max_attempts=ATTEMPTS)
            out = graph.invoke(given, {"configurable": {"thread_id": "1"}})
        if len(out["attempts"]) != ATTEMPTS:
            raise RuntimeError(f"{ATTEMPTS} attempts were expected, not {len(out['attempts'])}")
        return stored_bytes(Path(folder, FILE_NAME)) / ATTEMPTS


def stored_bytes(path: Path) -> int:
    """Add up all that a checkpoint database holds."""
    with closing(sqlite3.connect(path)) as connection:
        return sum(
            connection.execute(f"SELECT coalesce(sum({what}), 0) FROM {table}").fetchone()[0]
            for table, what in {
                "checkpoints": "length(checkpoint) + length(metadata)",
                "writes": "length(value)",
            }.items()
        )
