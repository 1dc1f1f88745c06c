"""Setting up the environment: what is installed, what isn't repeated, and pip's settings."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.installing import LOCK, InstallError, install, uv_environment

WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """\
import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    shutil.copy("tiny-1-py3-none-any.whl", folder)
    return "tiny-1-py3-none-any.whl"
"""


def write_wheel(folder: Path, name: str, version: str, needs: str = "") -> Path:
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    files = {f"{name}.py": f"version = {version!r}\n", f"{info}/METADATA": metadata}
    files |= {f"{info}/WHEEL": WHEEL}
    files |= {f"{info}/RECORD": "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))}
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that needs ``dep``, of which there are two versions and no index."""
    root, wheels = tmp_path / "project", tmp_path / "wheels"
    root.mkdir()
    wheels.mkdir()
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    needs = "Requires-Dist: dep\nProvides-Extra: more\nProvides-Extra: dev\n"
    write_wheel(root, "tiny", "1", needs)
    locked, _ = (write_wheel(wheels, "dep", version) for version in ("1", "2"))
    lock(root, hashlib.sha256(locked.read_bytes()).hexdigest())
    for name in ("PIP_CONFIG_FILE", "PIP_CONSTRAINT", "UV_INDEX", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return root


def lock(root: Path, digest: str) -> None:
    (root / LOCK).write_text(f"dep==1 \\\n    --hash=sha256:{digest}\n")


def installed(folder: Path) -> str:
    command = [str(folder / "bin/python"), "-c", "import dep, tiny; print(dep.version)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_pip_installs_the_locked_version_once(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "env"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(tmp_path / "gone")  # such as by an upgrade of Python
    assert not install(folder, "more", project)
    assert "there is no uv" in capsys.readouterr().out
    assert installed(folder) == "1"
    assert install(folder, "more", project)
    assert not install(folder, "dev", project)
    assert install(folder, "more", project)  # dev has it
    lock(project, "0" * 64)
    assert not install(folder, "more", project)
    (project / LOCK).write_text("dep==3")
    with pytest.raises(InstallError, match="dep"):
        install(folder, "more", project)
    assert not (folder / ".installed").exists()


@pytest.mark.skipif(not importlib.util.find_spec("uv"), reason="there is no uv here")
def test_uv_checks_the_hashes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "env"
    venv.create(folder, with_pip=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(str(Path(sys.prefix, packages.relative_to(folder))))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    lock(project, "0" * 64)
    with pytest.raises(InstallError, match="(?s)[Hh]ash.*INSTALL_WITH=pip"):
        install(folder, "more", project)
    assert not (folder / ".installed").exists()
    lock(
        project,
        hashlib.sha256((tmp_path / "wheels/dep-1-py3-none-any.whl").read_bytes()).hexdigest(),
    )
    assert not install(folder, "more", project)
    assert installed(folder) == "1"


def test_uv_gets_the_settings_of_pip() -> None:
    settings = (
        "global.cert='/ca.pem'\nglobal.extra-index-url='https://a/simple\\nhttps://b/simple'\n"
        "global.quiet='1'\n:env:.index-url='https://c/simple'\nglobal.index-url='https://d/simple'\n"
    )
    environ = uv_environment(settings, {"SSL_CERT_FILE": "/mine.pem", "PATH": "/bin"})
    assert environ["UV_INDEX"] == "https://a/simple https://b/simple"
    assert environ["UV_DEFAULT_INDEX"] == "https://c/simple"
    assert (environ["SSL_CERT_FILE"], environ["PATH"]) == ("/mine.pem", "/bin")
    assert "quiet" not in str(environ)
