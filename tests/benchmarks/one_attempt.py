"""``python -m tests.benchmarks.one_attempt``: count the files and functions one attempt enters.

A new process builds the graph with a scripted model, a real Docker sandbox, one small
DataFrame and no checkpointer, then calls ``graph.invoke`` once, profiled in all threads.
A function is a distinct code object of a ``def`` in graph_agent, nodes or sandbox that was
called at least once: lambdas, comprehensions, class bodies, modules, code that dataclasses
generate, and what runs in the container or another process don't count. A file counts if
one of its functions does.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import inspect
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import pandas as pd

from graph_agent import CodeGenerationRequest, build_graph
from sandbox import DockerSandbox, VariableStore
from tests.scripted_model import ScriptedModel, fenced, verdict

ROOT = Path(__file__).parents[2]
PACKAGES = ("graph_agent", "nodes", "sandbox")
MAX_FILES, MAX_FUNCTIONS = 65, 400


def entered() -> set[CodeType]:
    """Run one attempt that succeeds; return the product's functions it called."""
    with tempfile.TemporaryDirectory(prefix="codegen-agent-") as state:
        os.environ |= {"CODEGEN_AGENT_STATE": state, "LANGSMITH_TRACING": "false"}
        store = VariableStore(Path(state) / "variables")
        model = ScriptedModel(
            codes=[fenced("total = df.a.sum()\nprint(total)")], verdicts=[verdict(True)]
        )
        with DockerSandbox(store=store) as sandbox:
            graph = build_graph(model, sandbox=sandbox, store=store)
            request = CodeGenerationRequest("Add up a", {"df": pd.DataFrame({"a": [1, 2, 3]})})
            given = request.to_input(store)
            with profiled() as codes:
                output = graph.invoke(given)
    assert output["success"], output
    return {code for code in codes if _is_ours(code)}


@contextlib.contextmanager
def profiled() -> Iterator[set[CodeType]]:
    """Collect the code objects that any thread calls inside the block."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield codes
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def file_of(code: CodeType) -> Path:
    """Return the source file, relative to the repository."""
    return Path(code.co_filename).relative_to(ROOT)


def _is_ours(code: CodeType) -> bool:
    path = Path(code.co_filename)
    is_function = code.co_flags & inspect.CO_NEWLOCALS and not code.co_name.startswith("<")
    return bool(is_function) and any(path.is_relative_to(ROOT / name) for name in PACKAGES)


def main() -> int:
    """Print the counts; return 1 if they are above the goals."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.one_attempt")
    parser.add_argument("--list", action="store_true", help="name every file and function")
    options = parser.parse_args()
    by_file = collections.defaultdict(list)
    for code in sorted(entered(), key=lambda code: code.co_firstlineno):
        by_file[str(file_of(code))].append(code.co_qualname)
    for path, names in sorted(by_file.items()) if options.list else ():
        print(f"{path} ({len(names)}): {', '.join(names)}")
    n_functions = sum(map(len, by_file.values()))
    print(f"files: {len(by_file)} (goal: at most {MAX_FILES})")
    print(f"functions: {n_functions} (goal: at most {MAX_FUNCTIONS})")
    return int(len(by_file) > MAX_FILES or n_functions > MAX_FUNCTIONS)


if __name__ == "__main__":
    raise SystemExit(main())
