"""Which distribution provides a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.image.requirements import distribution_names, wheel_modules
from tests.sandbox.image.wheel_index import WheelIndex


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("emoji", "emoji"),
        ("emoji.core", "emoji"),
        ("sklearn.linear_model", "scikit-learn"),
        ("PIL", "pillow"),
        ("cv2", "opencv-python-headless"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("dateutil.parser", "python-dateutil"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("typing_extensions", "typing-extensions"),
        ("magic", "python-magic"),
    ],
)
def test_a_distribution_is_found_by_the_modules_name(module: str, distribution: str) -> None:
    assert distribution in distribution_names(module)


def test_the_likeliest_comes_first() -> None:
    assert distribution_names("google.cloud")[0] == "google-cloud"
    assert distribution_names("PIL")[0] == "pillow"


def test_the_modules_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = WheelIndex(tmp_path / "index", monkeypatch).add(
        "Odd_Name",
        "1.0",
        files={
            "package/__init__.py": "",
            "package/inner/part.py": "",
            "single.py": "",
            "fast.cpython-311-x86_64-linux-gnu.so": "",
            "Odd_Name-1.0.data/purelib/moved/__init__.py": "",
            "Odd_Name-1.0.data/scripts/run": "",
            "README.txt": "",
        },
    )
    assert wheel_modules(wheel) == {"package", "single", "fast", "moved"}
