"""Tiny wheels in a folder that pip uses as its index."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

PYTHON = "{}.{}".format(*sys.version_info)


class WheelIndex:
    """Makes wheels, which are all that pip finds."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    def add(
        self,
        name: str,
        version: str,
        requires: str = "",
        platform: str = "any",
        files: Mapping[str, str] | None = None,
    ) -> Path:
        """Make a wheel; ``files`` is path → text."""
        python, abi = (
            ("py3", "none") if platform == "any" else (f"cp{PYTHON.replace('.', '')}",) * 2
        )
        stem = f"{name}-{version}"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += f"Requires-Dist: {requires}\n" if requires else ""
        content = {
            **(files or {}),
            f"{stem}.dist-info/METADATA": metadata,
            f"{stem}.dist-info/WHEEL": (
                f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {python}-{abi}-{platform}\n"
            ),
        }
        record = [*content, f"{stem}.dist-info/RECORD"]
        content[record[-1]] = "".join(f"{path},,\n" for path in record)
        wheel = self.folder / f"{stem}-{python}-{abi}-{platform}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)
        return wheel
