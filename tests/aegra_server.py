"""aegra, the open server with LangGraph's API, as users run it: a process with a Postgres database.

It needs Python 3.12 and many packages, so it has an environment of its own, which tests don't
create: ``python -m tests.aegra_server`` does.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conftest import KEPT, OURS
from tests.studio_server import REPO, StudioServer, free_port, running

VERSION = "0.11.0"
START_LIMIT_S = 240
ENVIRONMENT = Path.home() / ".cache" / "codegen-agent-tests" / f"aegra-{VERSION}"
HOW = "aegra isn't installed for the tests; to do it (Python 3.12): python -m tests.aegra_server"


def installed() -> Path | None:
    """Return the Python that aegra is installed for, if any; ``$AEGRA_PYTHON`` may name it."""
    python = Path(os.environ.get("AEGRA_PYTHON") or ENVIRONMENT / "bin" / "python")
    return python if python.exists() else None


@contextlib.contextmanager
def aegra_server(
    folder: Path, python: Path, database: str, environ: Mapping[str, str]
) -> Iterator[StudioServer]:
    """Serve the repo's graph, as langgraph.json names it, with its checkpoints in a database."""
    folder.mkdir()
    (folder / "graph_agent").symlink_to(REPO / "graph_agent")
    shutil.copy(REPO / "langgraph.json", folder)
    (folder / "empty.env").touch()
    state, port = folder / "state", free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS) or k in KEPT}
    merged = {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": str(REPO),
        "DATABASE_URL": database,
        "CODEGEN_AGENT_STATE": str(state),
        "CODEGEN_AGENT_DOTENV_PATH": str(folder / "empty.env"),
        "LANGSMITH_TRACING": "false",
        "LOG_VERBOSITY": "standard",
        **environ,
    }
    command = [str(python), "-m", "uvicorn", "aegra_api.main:app", "--host", "127.0.0.1"]
    address = StudioServer(f"http://127.0.0.1:{port}", folder, state)
    command += ["--port", str(port)]
    with running(address, command, merged, "/health", START_LIMIT_S) as server:
        yield server


def install() -> None:
    """Create the environment: aegra, and what this project needs."""
    base = _python_312()
    subprocess.run([base, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    python = ENVIRONMENT / "bin" / "python"
    wanted = [f"aegra-api=={VERSION}", f"{REPO}[data]"]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", python]
    # The image has the libraries of the lock; values travel between both.
    constraints = ENVIRONMENT / "constraints.txt"
    constraints.write_text("\n".join(_pinned(REPO / "requirements.lock")))
    subprocess.run([*uv, "-c", constraints, *wanted], check=True)


def _pinned(lock: Path) -> Iterator[str]:
    values = ("numpy", "pandas", "pyarrow", "cloudpickle")
    for line in lock.read_text().splitlines():
        name, mark, rest = line.partition("==")
        if mark and name in values:
            yield f"{name}=={rest.split()[0]}"


def _python_312() -> str:
    candidates = [
        *Path.home().glob(".pyenv/versions/3.1[23].*/bin/python"),
        *filter(None, (shutil.which(f"python3.{minor}") for minor in (12, 13))),
    ]
    for candidate in map(str, candidates):
        asked = [candidate, "-c", "import ensurepip, sys, venv; print(sys.version_info[1])"]
        with contextlib.suppress(OSError, subprocess.CalledProcessError, ValueError):
            if int(subprocess.run(asked, check=True, capture_output=True).stdout) in (12, 13):
                return candidate
    raise SystemExit("there is no Python 3.12 or 3.13 with venv here; aegra needs one")


if __name__ == "__main__":
    install()
