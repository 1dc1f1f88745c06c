"""Run by tests in a container that has an engine's socket; prints the runs as JSON."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox import DockerSandbox, SandboxPolicy, VariableStore

BIG = bytes(range(256)) * 40_000


class FixedStore(VariableStore):
    """Always yields the same folder name, so that another folder may have it too."""

    @contextlib.contextmanager
    def job_folder(self) -> Iterator[Path]:
        folder = self.root / "jobs" / "same"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()


def main(image: str, root: Path, notes: Path) -> None:
    """Run twice in new containers and once in a prepared container."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    code = "size = len(big)\nlines = notes.read_text().count('\\n')\nprint('done')"
    variables = {"big": BIG, "notes": notes}
    outcomes = []
    with DockerSandbox(
        SandboxPolicy(timeout_s=30, memory="512m"),
        image=image,
        store=FixedStore(root),
        labels={"test": root.name},
    ) as sandbox:
        for prepared in (False, False, True):
            if prepared:
                sandbox.prepare()
                sandbox._pool._waiting[0].lease.result()
            run = sandbox.run(code, variables, returns=["size", "lines"])
            outcomes.append([run.outcome, run.stdout, dict(run.variables), run.detail])
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
