"""Small code: a run of ours, prepared and not, beside ``docker run`` and a process already warm."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable
from typing import Any

from graph_agent.samples import load_tips, tips_path
from sandbox import DockerSandbox, SandboxPolicy
from sandbox.image import image_tag
from tests.benchmarks.measuring import (
    Contender,
    Findings,
    Row,
    Scale,
    above,
    faster,
    interleaved,
    seconds,
    timed,
)
from tests.benchmarks.plain_containers import docker_run, engine_cores, run_cold, warm_process
from tests.benchmarks.prepared import PreparedSandbox, expect

SMALL = """\
import pandas as pd
import matplotlib.pyplot as plt
total = int(pd.Series([1, 2, 3]).sum())
print(total)
"""
TIPS = """\
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
tips_data["percent"] = 100 * tips_data["tip"] / tips_data["total_bill"]
pivot_table = tips_data.pivot_table(index="day", columns="time", values="percent", aggfunc="mean")
sns.heatmap(pivot_table, annot=True)
print(pivot_table.round(2))
"""
TIPS_BEFORE = f"""\
import io, pandas
tips_data = pandas.read_csv(io.StringIO({tips_path().read_text()!r}))
"""
TIPS_AFTER = """
returned, picture = pivot_table.to_json(), io.BytesIO()
plt.gcf().savefig(picture, format="png")
plt.close("all")
body = picture.getvalue()
"""
"""What our runs do anyway: return the result and the picture."""
FLOOR, COLD, OURS_COLD = "in a warm process", "by `docker run`", "ours, nothing prepared"
WARM_GOAL_S = 0.025
WARM_BOUND = (
    "the way through the engine's stream and two processes, and the results' encoding and decoding"
)


def measure(scale: Scale) -> Findings:
    """Measure trivial code and the tips job."""
    findings = Findings()
    with _Contenders() as contenders:
        small = interleaved(contenders.small(), scale.rounds, warm_up=not scale.quick)
        after = contenders.after_output[-scale.rounds :]
        findings.samples |= {f"small, {name}": times for name, times in small.items()}
        findings.samples["small, ours, after the last output"] = after
        what = "trivial code, pandas and matplotlib imported"
        findings.rows += [
            above(f"{what}: warm run", small, "ours", FLOOR, WARM_GOAL_S, WARM_BOUND),
            faster(f"{what}: warm run", small, "ours", COLD, 50, WARM_BOUND),
            faster(f"{what}: warm run", small, "ours", OURS_COLD),
            after_output_row(after, small["ours"]),
        ]
        tips = interleaved(contenders.tips(), scale.rounds, warm_up=not scale.quick)
        findings.samples |= {f"tips, {name}": times for name, times in tips.items()}
        what = "tips job (pivot table and heatmap): warm run"
        findings.rows += [
            above(what, tips, "ours", FLOOR),
            faster(what, tips, "ours", COLD),
        ]
    return findings


def after_output_row(after: list[float], whole: list[float]) -> Row:
    """Make the row of the time a caller waits after the last output."""
    part = statistics.median(after)
    share = part / statistics.median(whole)
    beside = f"{seconds(statistics.median(whole))} the whole run"
    return Row("of that, after the code's last output", seconds(part), beside, f"{share:.2g} ×")


class _Contenders(contextlib.ExitStack):
    """Sandboxes, a warm process and the ``docker run`` command, all with one image."""

    def __enter__(self) -> _Contenders:
        self.after_output: list[float] = []
        policy, image, cores = SandboxPolicy(), image_tag(), engine_cores()
        self._sandbox = self.enter_context(PreparedSandbox())
        self._cold_sandbox = self.enter_context(DockerSandbox())
        self._floor = self.enter_context(
            warm_process(docker_run(image, policy, cores, "--interactive"))
        )
        self._docker_run = docker_run(image, policy, cores)
        return self

    def small(self) -> dict[str, Contender]:
        """Every way to run the trivial code."""
        return {
            "ours": lambda: self._warm(SMALL, {}, ["total"]),
            FLOOR: self._alone(lambda: expect(self._floor.run(SMALL)[0] == "6\n")),
            COLD: self._alone(lambda: expect(run_cold(self._docker_run, SMALL) == "6\n")),
            OURS_COLD: self._alone(
                lambda: expect(self._cold_sandbox.run(SMALL).variables["total"] == 6)
            ),
        }

    def tips(self) -> dict[str, Contender]:
        """Every way to do the tips job."""
        code, tips_data = TIPS_BEFORE + TIPS + TIPS_AFTER, load_tips()
        return {
            "ours": lambda: self._warm(TIPS, {"tips_data": tips_data}, ["pivot_table"]),
            FLOOR: self._alone(lambda: expect(self._floor.run(code)[2][:4] == b"\x89PNG")),
            COLD: self._alone(lambda: expect("Sun" in run_cold(self._docker_run, code))),
        }

    def _alone(self, do: Callable[[], object]) -> Contender:
        """Time something while no container is being prepared."""
        contender = timed(do)

        def wait_and_time() -> float:
            self._sandbox.wait()
            return contender()

        return wait_and_time

    def _warm(self, code: str, variables: dict[str, Any], returns: list[str]) -> float:
        run = self._sandbox.run(code, variables, returns)
        expect(set(run.execution.variables) == set(returns))
        self.after_output.append(run.after_output_s)
        return run.seconds
