"""Bytes on disk: of an attempt's checkpoints with large variables, and of many small runs."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph
from graph_agent.checkpoints import FILE_NAME, open_saver
from graph_agent.config.settings import load_settings
from graph_agent.runs.state_size import state_size
from sandbox import VariableStore
from tests.benchmarks.frames import MB, frame_of
from tests.benchmarks.instant import InstantModel, InstantSandbox
from tests.benchmarks.measuring import Findings, Row, Scale
from tests.scripted_model import ScriptedModel, fenced, verdict

ATTEMPTS = 3
FLAT = 1.05
"""Digests and sizes vary by a few digits."""


def measure(scale: Scale) -> Findings:
    """Run three attempts for each size; the bytes don't vary from run to run."""
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
    n_runs = 10 if scale.quick else 160
    kinds = small_runs(n_runs)
    samples["small runs, bytes a run"] = [sum(kinds.values()) / n_runs]
    listed = ", ".join(f"{kind} {found / n_runs:,.0f}" for kind, found in kinds.items() if found)
    rows.append(
        Row(f"state folder of {n_runs} small runs, bytes a run", f"{listed} B", "", "", "", None)
    )
    return Findings(rows, samples)


def small_runs(n_runs: int) -> dict[str, int]:
    """Return the bytes in the state folder after a number of small runs, by kind."""
    with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder:
        settings = load_settings().model_copy(update={"state_dir": Path(folder)})
        for number in range(n_runs):
            request = CodeGenerationRequest(f"Count to {number}", {"n": number})
            workflow = AgentWorkflow(
                request, InstantModel(), settings=settings, sandbox=InstantSandbox()
            )
            workflow.run_sync()
        return state_size(settings)


def bytes_of(size_bytes: int) -> float:
    """Return the checkpoint bytes per attempt of a run that returns a frame of this size."""
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
    """Add up the content of a checkpoint database."""
    with closing(sqlite3.connect(path)) as connection:
        return sum(
            connection.execute(f"SELECT coalesce(sum({what}), 0) FROM {table}").fetchone()[0]
            for table, what in {
                "checkpoints": "length(checkpoint) + length(metadata)",
                "writes": "length(value)",
            }.items()
        )
