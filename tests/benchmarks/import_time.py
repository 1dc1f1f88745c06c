"""Import times, each in a new interpreter."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable

from tests.benchmarks.measuring import Findings, Row, Scale, interleaved, ratio, shown

GOAL_S = 0.05
PACKAGE, GRAPH = "import graph_agent", "import graph_agent; graph_agent.build_graph()"
LANGGRAPH, GEMINI = "import langgraph.graph", "import langchain_google_genai"
GEMINI_MODULES = ("langchain_google_genai", "google.genai")


def measure(scale: Scale) -> Findings:
    """Measure imports, and check whether they load Gemini's client."""
    unwanted: set[str] = set()
    contenders = {
        code: _contender(code, unwanted if code in (PACKAGE, GRAPH) else set())
        for code in (PACKAGE, GRAPH, LANGGRAPH, GEMINI)
    }
    samples = interleaved(contenders, scale.rounds, warm_up=not scale.quick)
    median_s = statistics.median(samples[PACKAGE])
    rows = [
        Row(
            f"`{PACKAGE}`",
            shown(samples[PACKAGE]),
            f"{shown(samples[LANGGRAPH])} `{LANGGRAPH}`",
            f"{ratio(samples[PACKAGE], samples[LANGGRAPH]):.2g} ×",
            "< 50 ms",
            median_s < GOAL_S,
        ),
        Row(
            f"`{GRAPH}`",
            shown(samples[GRAPH]),
            f"{shown(samples[GEMINI])} `{GEMINI}`",
            f"{ratio(samples[GRAPH], samples[GEMINI]):.2g} ×",
            "without the Gemini client",
            not unwanted,
            f"imported: {', '.join(sorted(unwanted))}",
        ),
    ]
    return Findings(rows, samples)


def _contender(code: str, unwanted: set[str]) -> Callable[[], float]:
    program = f"""import json, sys, time
started = time.perf_counter()
{code}
took = time.perf_counter() - started
print(json.dumps([took, [name for name in {GEMINI_MODULES} if name in sys.modules]]))"""

    def contender() -> float:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        took_s, modules = json.loads(done.stdout)
        unwanted.update(modules)
        return float(took_s)

    return contender
