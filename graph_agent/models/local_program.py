"""Serve one GGUF file on a free port of 127.0.0.1 until the parent goes away.

Run as a script by :mod:`graph_agent.models.local_server`; imports nothing of
this package. The first line of stdin is a JSON object with ``path``, ``name``,
``api_key``, ``context_tokens`` and ``threads``; the one line written to stdout
is ``{"url": …}`` or ``{"error": …}``. End of stdin means the parent has gone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


def start(job: dict[str, Any]) -> Any:
    """Load the weights and return the running server.

    Raises:
        RuntimeError: the file cannot be loaded.
    """
    xllamacpp = importlib.import_module("xllamacpp")  # of an extra, and without types
    params = xllamacpp.CommonParams()
    params.model.path = job["path"]
    params.model_alias = {job["name"]}
    params.api_keys = [job["api_key"]]  # without one, any local user or web page could call
    params.n_ctx = job["context_tokens"]
    params.cpuparams.n_threads = job["threads"]
    params.n_gpu_layers = 0  # the same answers on every machine
    params.verbosity = -1
    params.warmup = False  # half a second for nothing: the first call warms as well
    params.cache_ram_mib = 0  # prompt caches beyond the slot's own: up to 8 GiB by default
    params.endpoint_slots = False
    params.ui = False
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until stdin ends."""
    job = json.loads(sys.stdin.readline())
    try:
        server = start(job)
        answer = {"url": server.listening_address}
    except Exception as exc:
        answer = {"error": f"{type(exc).__name__}: {exc}"}
    print(json.dumps(answer), flush=True)
    if "url" in answer:
        while sys.stdin.readline():
            pass
    # Ending the server in order waits for a request under way, for ever it seems;
    # a plain exit crashes in the library's static destructors. Nothing is to be saved.
    os._exit(0 if "url" in answer else 1)


if __name__ == "__main__":
    main()
