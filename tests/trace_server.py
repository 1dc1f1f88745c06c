"""A server that takes traces, LangSmith's and OpenTelemetry's, and keeps what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

INFO = {
    "version": "0.12.0",
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 4,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 20_971_520,
    },
    "instance_flags": {"zstd_compression_enabled": True},
}


@dataclass(frozen=True)
class Received:
    """One request, its body decompressed."""

    path: str
    headers: dict[str, str]
    body: bytes


class TraceServer:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.traces = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def bodies(self) -> str:
        """Join all that was sent."""
        return "\n".join(one.body.decode("utf-8", "replace") for one in self.received)

    def parts(self) -> dict[str, list[Any]]:
        """Sort the JSON parts sent to LangSmith by their kind, such as ``post`` and ``outputs``."""
        found: dict[str, list[Any]] = {}
        for one in self.received:
            if one.path.endswith("/runs/multipart"):
                boundary = one.headers["content-type"].partition("boundary=")[2].strip('"')
                for part in one.body.split(b"--" + boundary.encode()):
                    head, _, text = part.partition(b"\r\n\r\n")
                    if b'name="' in head:
                        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
                        kind = name.split(".")[2] if name.count(".") > 1 else name.split(".")[0]
                        found.setdefault(kind, []).append(json.loads(text))
        return found

    def spans(self) -> list[Any]:
        """Return the OpenTelemetry spans."""
        spans = []
        for one in self.received:
            if one.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans:
                    spans += [span for scope in resource.scope_spans for span in scope.spans]
        return spans

    def __enter__(self) -> TraceServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    traces: TraceServer
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection."""
        self.traces.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Tell what a LangSmith of today can."""
        self._answer(json.dumps(INFO).encode())

    def do_POST(self) -> None:
        """Take traces."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._decoded(self._read(headers), headers.get("content-encoding", ""))
        self.server.traces.received.append(Received(self.path, headers, body))
        self._answer(b"" if self.path == "/v1/traces" else b"{}")

    def _read(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self.rfile.read(int(headers["content-length"]))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _decoded(self, body: bytes, encoding: str) -> bytes:
        if encoding == "gzip":
            return gzip.decompress(body)
        if encoding == "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        assert not encoding, encoding
        return body

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Keep quiet: the requests are recorded."""
