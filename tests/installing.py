"""Installs the project into a virtual environment: ``python3 tests/installing.py FOLDER EXTRAS``.

Used by make, before anything is installed: it needs the standard library only. uv installs
what ``requirements.lock`` names and checks its hashes. Where uv can't be had, pip installs
the same versions. What they print goes to ``install.log`` in the environment. The stamp is
written last, so that an interrupted installation is repeated.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
EVERYTHING = "dev"
"""The extra that includes all others that make asks for."""
TAIL_LINES = 15
UV_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "constraint": "UV_CONSTRAINT",
}
"""pip's name → uv's. uv reads none of pip's settings by itself."""


class InstallError(Exception):
    """Something could not be installed; the message says why."""


def install(folder: Path, extras: str, root: Path = ROOT) -> bool:
    """Make sure that an environment has the project and some extras; return whether it had.

    Args:
        folder: the environment, made with this program's Python if there is none.
        extras: names, separated by commas.
        root: holds ``pyproject.toml`` and ``requirements.lock``.

    Raises:
        InstallError: something can't be installed, or is another file than the lock names.
    """
    stamp, sources = folder / ".installed", _digest(root)
    enough = (f"{extras} {sources}", f"{EVERYTHING} {sources}")
    if _python(folder).exists() and stamp.is_file() and stamp.read_text("utf-8") in enough:
        return True
    stamp.unlink(missing_ok=True)
    if not _works(_python(folder)):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], None)
    log = folder / "install.log"
    log.write_bytes(b"")
    project = ["-c", LOCK, "-e", f".[{extras}]"]
    if os.environ.get("INSTALL_WITH") != "pip" and _has_uv(_python(folder), log):
        _install_by_uv(_python(folder), project, log, root)
    else:
        _install_by_pip(_python(folder), project, log, root)
    stamp.write_text(f"{extras} {sources}", encoding="utf-8")
    return False


def uv_environment(pip_settings: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which uv uses the index, certificates and proxy that pip does.

    ``pip_settings`` is what ``pip config list`` prints: ``global.cert='/ca.pem'``. A variable
    that is set already wins.
    """
    found: dict[str, str] = {}
    # pip's variables win over its files; in its list they come first.
    for line in reversed(pip_settings.splitlines()):
        key, _, value = line.partition("=")
        name = UV_SETTINGS.get(key.rpartition(".")[2])
        if name:
            text = str(ast.literal_eval(value))
            # Several addresses may be on several lines.
            found[name] = " ".join(text.split())
    # pip takes the best version of all indexes, and trusts what the system trusts.
    defaults = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "1"}
    return {**defaults, **found, "UV_NO_PROGRESS": "1", **environ}


def _has_uv(python: Path, log: Path) -> bool:
    options = ["--quiet", "--disable-pip-version-check"]
    try:
        _run([str(python), "-m", "pip", "install", *options, "uv>=0.9,<1"], log)
    except InstallError:
        print("there is no uv here; pip takes longer", flush=True)
        return False
    return True


def _install_by_uv(python: Path, project: Sequence[str], log: Path, root: Path) -> None:
    config = [str(python), "-m", "pip", "config", "list"]
    settings = subprocess.run(config, capture_output=True, text=True, check=False).stdout
    command = [str(python), "-m", "uv", "pip", "install", "--python", str(python), *project]
    try:
        _run(command, log, root, uv_environment(settings, os.environ))
    except InstallError as error:
        raise InstallError(f"{error}\nINSTALL_WITH=pip uses pip instead of uv") from None


def _install_by_pip(python: Path, project: Sequence[str], log: Path, root: Path) -> None:
    """Install without the hashes: pip accepts them only if an editable project has one, too."""
    lines = (root / LOCK).read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix(" \\") for line in lines if not line.startswith(" ")]
    limits = python.parents[1] / "versions.txt"
    limits.write_text("\n".join(pins), encoding="utf-8")
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    _run([*command, "--progress-bar", "off", "-c", str(limits), *project[2:]], log, root)


def _run(
    command: Sequence[str],
    log: Path | None,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run a program; what it prints is added to the log.

    Raises:
        InstallError: it failed; the message is the end of what it printed.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if log is not None:
        with log.open("ab") as file:
            file.write(done.stdout)
    if done.returncode:
        text = done.stdout.decode("utf-8", "replace").strip()
        tail = "\n".join(text.splitlines()[-TAIL_LINES:]) or f"exit code {done.returncode}"
        raise InstallError(tail)


def _works(python: Path) -> bool:
    """Whether an environment is there and has a Python that the project accepts, and pip."""
    check = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))"
    try:
        return (
            subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _python(folder: Path) -> Path:
    return folder.absolute() / "bin" / "python"


def _digest(root: Path) -> str:
    content = b"".join((root / name).read_bytes() for name in ("pyproject.toml", LOCK))
    return hashlib.sha256(content).hexdigest()[:16]


def main(arguments: Sequence[str]) -> int:
    """Install; return the exit code: 0, 3 environment, 130 interrupted."""
    folder, extras = Path(arguments[0]), arguments[1]
    started = time.monotonic()
    try:
        if not install(folder, extras):
            version = ".".join(map(str, sys.version_info[:2]))
            seconds = time.monotonic() - started
            print(f"environment {folder} for Python {version}: {seconds:.0f} s", flush=True)
    except InstallError as error:
        print(f"error: the packages can't be installed:\n{error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("interrupted; run the same command to continue", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
