"""Serve a GGUF file on a free port of 127.0.0.1 until the parent exits.

Run as a script by :mod:`graph_agent.models.local.server`; imports nothing from
this package. The first line of stdin is a JSON object with ``path``, ``name``,
``api_key``, ``context_tokens``, ``threads``, ``states_folder`` (for prompt states, or
null) and ``max_file_bytes``; the only line written to stdout is ``{"url": …}`` or
``{"error": …}``. End of stdin means the parent has exited.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any

SLOTS = 2
"""How many kinds of prompts it keeps what it has read of."""


def start(job: dict[str, Any]) -> Any:
    """Load the weights and return the running server.

    Raises:
        RuntimeError: the file can't be loaded.
    """
    xllamacpp = importlib.import_module("xllamacpp")  # from an extra; has no types
    return xllamacpp.Server(parameters(xllamacpp, job))


def parameters(xllamacpp: Any, job: dict[str, Any]) -> Any:
    """Return the library's parameters for a job."""
    params = xllamacpp.CommonParams()
    params.model.path = job["path"]
    params.model_alias = {job["name"]}
    params.api_keys = [job["api_key"]]  # without a key, any local user or web page could call it
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * job["context_tokens"]  # each slot gets its share
    params.cpuparams.n_threads = job["threads"]
    params.n_gpu_layers = 0  # the same answers on every machine
    params.verbosity = -1
    params.warmup = False  # saves half a second: the first call warms up too
    params.cache_ram_mib = 0  # extra prompt caches take up to 8 GiB by default
    params.endpoint_slots = False
    params.ui = False
    if job["states_folder"]:
        params.slot_save_path = job["states_folder"] + os.sep
    return params


def limit_files(max_bytes: int) -> None:
    """Make what this process writes private, and refuse files that are larger."""
    os.umask(0o077)
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a lower limit
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))


def main() -> None:
    """Serve until stdin ends."""
    job = json.loads(sys.stdin.readline())
    limit_files(job["max_file_bytes"])
    try:
        server = start(job)
        answer = {"url": server.listening_address}
    except Exception as exc:
        answer = {"error": f"{type(exc).__name__}: {exc}"}
    print(json.dumps(answer), flush=True)
    if "url" in answer:
        while sys.stdin.readline():
            pass
    # A clean shutdown never returns while a request is running, and a plain exit crashes
    # in the library's static destructors. There is nothing to save.
    os._exit(0 if "url" in answer else 1)


if __name__ == "__main__":
    main()
