"""A server that accepts and records traces of LangSmith and OpenTelemetry."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.served_http import ServedHttp

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


class TraceServer(ServedHttp):
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        http = _Server(("127.0.0.1", 0), _Handler)
        http.traces = self
        super().__init__(http)

    @property
    def bodies(self) -> str:
        """All request bodies, joined."""
        return "\n".join(request.body.decode("utf-8", "replace") for request in self.received)

    def parts(self) -> dict[str, list[Any]]:
        """Return the JSON parts sent to LangSmith by kind, such as ``post`` and ``outputs``."""
        found: dict[str, list[Any]] = {}
        for request in self.received:
            if request.path.endswith("/runs/multipart"):
                boundary = request.headers["content-type"].partition("boundary=")[2].strip('"')
                for part in request.body.split(b"--" + boundary.encode()):
                    head, _, text = part.partition(b"\r\n\r\n")
                    if b'name="' in head:
                        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
                        kind = name.split(".")[2] if name.count(".") > 1 else name.split(".")[0]
                        found.setdefault(kind, []).append(json.loads(text))
        return found

    def spans(self) -> list[Any]:
        """Return the OpenTelemetry spans."""
        spans = []
        for request in self.received:
            if request.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                    spans += [span for scope in resource.scope_spans for span in scope.spans]
        return spans


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
        """Return the capabilities of a current LangSmith server."""
        self._answer(json.dumps(INFO).encode())

    def do_POST(self) -> None:
        """Record a trace."""
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
        """Log nothing: the requests are recorded."""
