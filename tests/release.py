"""What a release does, for ``make dist`` and the release workflow.

python -m tests.release version          the version, from pyproject.toml alone
python -m tests.release try dist         install the wheel into clean environments and use it
python -m tests.release push REGISTRY    push this machine's runner image under its content hash
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
PROGRAM = "import pandas as pd\ntotal = int(pd.Series([1, 2, 3]).sum())\nprint(total)\n"


def version() -> str:
    """Return the version, which only pyproject.toml says."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: str = tomllib.load(file)["project"]["version"]
    return found


def pythons() -> Iterator[tuple[str, Path | None]]:
    """Return each accepted Python's version, and where it is on this machine."""
    for wanted in PYTHONS:
        installed = sorted(Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python"))
        on_path = shutil.which(f"python{wanted}")
        found = [*installed, *([Path(on_path)] if on_path else [])]
        yield wanted, next((path for path in found if _is(path, wanted)), None)


def _is(python: Path, wanted: str) -> bool:
    check = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", check], capture_output=True, text=True, check=False)
    return done.stdout.strip() == wanted


def try_wheel(dist: Path, python: Path) -> None:
    """Install the wheel into a new environment outside the repository; build, check and use it.

    Raises:
        subprocess.CalledProcessError: a step failed.
    """
    (wheel,) = dist.glob(f"codegen_agent-{version()}-*.whl")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(PROGRAM)
        state = {"CODEGEN_AGENT_STATE": f"{folder}/state", "CODEGEN_AGENT_DOTENV_PATH": os.devnull}
        environ = {**os.environ, **state}
        environ.pop("PYTHONPATH", None)
        command = f"{folder}/venv/bin/codegen-agent"

        def run(*args: str | Path, may_exit: Sequence[int] = (0,)) -> str:
            done = subprocess.run(
                args, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, check=False
            )
            if done.returncode not in may_exit:
                print(done.stdout, file=sys.stderr)
                raise subprocess.CalledProcessError(done.returncode, [*map(str, args)])
            return done.stdout

        run(python, "-m", "venv", f"{folder}/venv")
        install = (sys.executable, "-m", "uv", "pip", "install", "-q", "--python", f"{folder}/venv")
        run(*install, "-c", ROOT / "requirements.lock", f"{wheel}[data,local]")
        assert run(command, "--version").strip() == version()
        run(command, "sandbox", "build")
        run(command, "doctor", may_exit=(0, 3))  # 3: there is neither a key nor a local model
        assert run(command, "exec", "program.py") == "6\n"


def push(registry: str) -> str:
    """Push the runner image of this machine's Python and processor; return its name there."""
    from sandbox.engine.connection import connect
    from sandbox.image.pulling import name_in

    client = connect()
    try:
        from sandbox.image import image_tag

        name = name_in(registry, image_tag(), client.version()["Arch"])
        repository, _, tag = name.rpartition(":")
        client.images.get(image_tag()).tag(repository, tag)
        for line in client.images.push(repository, tag, stream=True, decode=True):
            if "error" in line:
                raise SystemExit(f"error: {line['error']}")
        return name
    finally:
        client.close()


def main(args: Sequence[str]) -> None:
    """Do what the first argument says."""
    match args:
        case ["version"]:
            print(version())
        case ["try", dist]:
            for wanted, python in pythons():
                if python is None:
                    print(f"skipped: there is no Python {wanted} here", file=sys.stderr)
                    continue
                since_s = time.monotonic()
                try_wheel(Path(dist).resolve(), python)
                print(f"Python {wanted}: the wheel works ({time.monotonic() - since_s:.0f} s)")
        case ["push", registry]:
            print(push(registry))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
