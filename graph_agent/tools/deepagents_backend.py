"""A sandbox backend for deepagents: shell commands and files in a session's container."""

from __future__ import annotations

from typing import Any, Self

from deepagents.backends.protocol import (
    ExecuteResponse,
    FileDownloadResponse,
    FileUploadResponse,
)
from deepagents.backends.sandbox import BaseSandbox

from sandbox import DockerSandbox, Execution, Session

MAX_OUTPUT_BYTES = 512 << 10
"""Of one command; the rest is left out, and the answer says so."""
MARGIN_S = 5.0
"""A command ends this long before its run would, because the end of a run ends the session."""
TIMED_OUT = 124
"""The exit code of GNU's timeout."""
_EXECUTE = """\
def _execute():
    import os, signal, subprocess, tempfile
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", {command!r}], stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            code = process.wait({timeout_s!r})
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = {timed_out}
        size = output.seek(0, 2)
        output.seek(0)
        return code, output.read({limit}), size > {limit}
_execute()
"""
_UPLOAD = """\
def _upload(files):
    import os
    def write(path, content):
        if not path.startswith("/"):
            return "invalid_path"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        except IsADirectoryError:
            return "is_directory"
        except PermissionError:
            return "permission_denied"
        except OSError as error:
            return "permission_denied" if error.errno == 30 else str(error.strerror)
    return [write(*file) for file in files]
_upload(globals().pop("_files"))
"""
_DOWNLOAD = """\
def _download(paths):
    def read(path):
        if not path.startswith("/"):
            return None, "invalid_path"
        try:
            with open(path, "rb") as file:
                return file.read(), None
        except FileNotFoundError:
            return None, "file_not_found"
        except IsADirectoryError:
            return None, "is_directory"
        except PermissionError:
            return None, "permission_denied"
        except OSError as error:
            return None, str(error.strerror)
    return [read(path) for path in paths]
_download({paths!r})
"""


class DockerBackend(BaseSandbox):
    """Runs an agent's shell commands in one hardened container, and moves files in and out.

    A context manager. Only ``/tmp`` can be written. Between two calls all processes of the
    container are stopped, those that a command left in the background too.
    """

    def __init__(self, sandbox: DockerSandbox, **limits: Any) -> None:
        """Start the container.

        Args:
            sandbox: its policy has the limits; ``timeout_s`` is that of one command.
            limits: ``idle_s`` and ``limit_s`` of :meth:`DockerSandbox.session`.

        Raises:
            SandboxUnavailableError: the environment can't run anything.
        """
        self._session: Session = sandbox.session(**limits)
        self._timeout_s = max(1.0, sandbox.policy.timeout_s - MARGIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the container."""
        self._session.close()

    @property
    def id(self) -> str:
        """The container's id."""
        return self._session.container_id

    def execute(self, command: str, *, timeout: int | None = None) -> ExecuteResponse:
        """Run a shell command, at most for ``timeout`` seconds and for the policy's time.

        Raises:
            SessionEndedError: the container is gone.
        """
        timeout_s = min(timeout or self._timeout_s, self._timeout_s)
        code = _EXECUTE.format(
            command=command, timeout_s=timeout_s, timed_out=TIMED_OUT, limit=MAX_OUTPUT_BYTES
        )
        run = self._session.run(code, returns=[])
        if not run.ok:
            return ExecuteResponse(_why(run), exit_code=1)
        exit_code, output, truncated = run.display
        text = output.decode("utf-8", "replace")
        if exit_code == TIMED_OUT:
            text += f"\n(the command may have been stopped after {timeout_s:g} s)"
        return ExecuteResponse(text, exit_code=exit_code, truncated=truncated)

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[FileUploadResponse]:
        """Write files; each has an error of its own if it can't be written."""
        run = self._session.run(_UPLOAD, {"_files": list(files)}, returns=[])
        found = run.display if run.ok else [_why(run)] * len(files)
        return [
            FileUploadResponse(path, error) for (path, _), error in zip(files, found, strict=True)
        ]

    def download_files(self, paths: list[str]) -> list[FileDownloadResponse]:
        """Read files; each has an error of its own if it can't be read."""
        run = self._session.run(_DOWNLOAD.format(paths=list(paths)), returns=[])
        found = run.display if run.ok else [(None, _why(run))] * len(paths)
        return [
            FileDownloadResponse(path, content, error)
            for path, (content, error) in zip(paths, found, strict=True)
        ]


def _why(run: Execution) -> str:
    problem = run.error.message if run.error is not None else run.detail
    return f"{run.outcome}: {problem}"
