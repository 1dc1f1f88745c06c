"""The machine that the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts
from sandbox.image import image_tag

PACKAGES = (
    "cloudpickle",
    "docker",
    "langchain-core",
    "langgraph",
    "langgraph-checkpoint-sqlite",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
)


def describe() -> dict[str, Any]:
    """Describe this machine, its engine and the versions, without host or user names."""
    with closing(connect()) as client:
        facts = engine_facts(client)
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "engine": f"{facts.version}, {facts.storage}, cgroup v{facts.cgroup_version}",
        "runtime": facts.default_runtime,
        "image": image_tag(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def cpu_model() -> str:
    """Return the processor's model as reported by the kernel."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        text = ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or platform.machine()


def name_of(machine: dict[str, Any]) -> str:
    """Make a file name from the processor and its cores."""
    words = re.sub(r"\(.*?\)|\bCPU\b|@.*", " ", str(machine["cpu"]))
    return re.sub(r"[^a-z0-9]+", "-", f"{words} {machine['cores']} cores".lower()).strip("-")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
