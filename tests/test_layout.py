"""Every public module has a test file of its name, in the same folders below tests/."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("graph_agent", "nodes", "sandbox")


def public_modules() -> list[Path]:
    """Return the modules that need a test file, relative to the repository's root."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in paths if not path.name.startswith("_"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_module_has_its_test_file(package: str) -> None:
    expected = {
        module: Path("tests", module.parent, f"test_{module.name}")
        for module in public_modules()
        if module.parts[0] == package
    }
    assert expected, f"no module found in {package}"
    missing = [
        f"{module} needs {test}" for module, test in expected.items() if not (ROOT / test).is_file()
    ]
    assert not missing, "\n".join(missing)
