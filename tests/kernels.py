"""A real Jupyter kernel, and what its cells show: updates of a display take its place."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[1]
START = f"import sys; sys.path.insert(0, {str(ROOT)!r})"


@dataclass
class Cell:
    """What a cell left. ``updates``: how often a display was replaced."""

    status: str = ""
    error: str = ""
    traceback: list[str] = field(default_factory=list)
    printed: str = ""
    displays: list[dict[str, Any]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    """Every HTML that was shown, also what was replaced."""
    next_cell: str | None = None
    updates: int = 0

    @property
    def html(self) -> str:
        """The HTML that is left in the end."""
        return "".join(shown.get("text/html", "") for shown in self.displays)

    @property
    def text(self) -> str:
        """What is left as plain text."""
        return self.printed + "".join(shown.get("text/plain", "") for shown in self.displays)


class Kernel:
    """A kernel that runs cells."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        self._by_id: dict[str, dict[str, Any]] = {}
        self.run(START)

    def run(self, code: str, timeout_s: float = 240) -> Cell:
        """Run a cell to its end."""
        return self.finish(self.start(code), timeout_s)

    def start(self, code: str) -> str:
        """Start a cell; return the id to finish it with."""
        return str(self.client.execute(code))

    def finish(self, message_id: str, timeout_s: float = 240, until: str | None = None) -> Cell:
        """Collect what a cell shows until it ends, or until ``until`` is shown."""
        cell, end = Cell(), time.monotonic() + timeout_s
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            self._take(cell, message["msg_type"], message["content"])
            if until is not None and any(until in page for page in [*cell.pages, cell.printed]):
                return cell
            if message["content"].get("execution_state") == "idle":
                break
        reply = self.client.get_shell_msg(timeout=30)
        while reply["parent_header"].get("msg_id") != message_id:
            reply = self.client.get_shell_msg(timeout=30)
        cell.status = reply["content"]["status"]
        for payload in reply["content"].get("payload", []):
            if payload["source"] == "set_next_input":
                cell.next_cell = payload["text"]
        return cell

    def complete(self, code: str) -> list[str]:
        """Return what the kernel offers to complete code with."""
        reply = self.client.complete(code, reply=True, timeout=60)
        return list(reply["content"]["matches"])

    def interrupt(self) -> None:
        """Interrupt what runs."""
        self.manager.interrupt_kernel()

    def restart(self) -> None:
        """Start over with an empty namespace."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=120)
        self.run(START)

    def _take(self, cell: Cell, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            cell.printed += content["text"]
        elif kind == "error":
            cell.error, cell.traceback = content["evalue"], content["traceback"]
        elif kind in ("display_data", "execute_result", "update_display_data"):
            data, key = content["data"], content.get("transient", {}).get("display_id")
            cell.pages.append(data.get("text/html", ""))
            if kind == "update_display_data":
                cell.updates += 1
                self._by_id[key].clear()
                self._by_id[key].update(data)
                return
            cell.displays.append(data)
            if key is not None:
                self._by_id[key] = data


@contextlib.contextmanager
def running_kernel(folder: Path, environment: dict[str, str]) -> Iterator[Kernel]:
    """Start a kernel in a folder, and end it."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=environment)
    kernel = Kernel(manager)
    try:
        yield kernel
    finally:
        kernel.client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
