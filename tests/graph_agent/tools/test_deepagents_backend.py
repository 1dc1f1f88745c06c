"""deepagents' own integration tests on our backend, and what they don't test.

They are in ``langchain-tests``, whose plugins for pytest would join all other tests: install it by
hand (``pip install langchain-tests``) to run them; otherwise only ours run.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import DockerSandbox, SandboxPolicy, SessionEndedError

pytest.importorskip("deepagents")

from graph_agent.tools.deepagents_backend import DockerBackend

pytestmark = pytest.mark.docker
HAS_TESTS = importlib.util.find_spec("langchain_tests") is not None
OTHER_VERSION = (
    *("test_glob", "test_glob_basic_pattern", "test_glob_with_directories"),
    *("test_glob_hidden_files_explicitly", "test_glob_with_character_class"),
    *("test_glob_with_question_mark", "test_write_existing_file_fails"),
)
"""They expect relative paths, or a refusal, of methods inherited from deepagents 0.7.32."""
if HAS_TESTS or TYPE_CHECKING:
    from langchain_tests.integration_tests.sandboxes import SandboxIntegrationTests

    @pytest.mark.filterwarnings("ignore:Class-scoped fixtures defined as instance methods")
    class TestTheirs(SandboxIntegrationTests):
        @pytest.fixture(scope="class")
        def sandbox(self) -> Iterator[Any]:
            with DockerSandbox() as sandbox, DockerBackend(sandbox) as backend:
                yield backend

    for name in OTHER_VERSION:

        def inherited(
            self: Any, sandbox_backend: Any, sandbox_test_root: str, name: str = name
        ) -> None:
            getattr(SandboxIntegrationTests, name)(self, sandbox_backend, sandbox_test_root)

        mark = pytest.mark.xfail(
            reason="deepagents' own glob and write have changed since", strict=False
        )
        setattr(TestTheirs, name, mark(inherited))


@pytest.fixture(scope="module")
def backend() -> Iterator[DockerBackend]:
    policy = SandboxPolicy(timeout_s=15)
    with DockerSandbox(policy) as sandbox, DockerBackend(sandbox) as backend:
        yield backend


def test_a_command(backend: DockerBackend) -> None:
    answer = backend.execute("echo out; echo err >&2; exit 3")
    assert (answer.output, answer.exit_code, answer.truncated) == ("out\nerr\n", 3, False)
    assert backend.execute("echo 'it''s' \"$HOME\"").output == "its /tmp\n"
    assert len(backend.id) == 64


def test_a_command_at_its_time_limit_ends_alone(backend: DockerBackend) -> None:
    started = time.monotonic()
    assert backend.execute("sleep 60", timeout=1).exit_code == 124
    assert time.monotonic() - started < 12
    assert backend.execute("sleep 60 & echo started").output == "started\n"
    assert backend.execute("echo on").output == "on\n"


def test_much_output_is_cut(backend: DockerBackend) -> None:
    answer = backend.execute("yes | head -c 2000000")
    assert answer.truncated
    assert len(answer.output) == 512 << 10


def test_files(backend: DockerBackend) -> None:
    data = bytes(range(256))
    written = backend.upload_files([("/tmp/a/b.bin", data), ("x", b""), ("/etc/x", b"")])
    assert [one.error for one in written] == [None, "invalid_path", "permission_denied"]
    read = backend.download_files(["/tmp/a/b.bin", "/tmp/gone", "/tmp"])
    assert [one.content for one in read] == [data, None, None]
    assert [one.error for one in read] == [None, "file_not_found", "is_directory"]


def test_a_container_that_is_gone() -> None:
    with DockerSandbox() as sandbox:
        backend = DockerBackend(sandbox)
        backend.close()
        with pytest.raises(SessionEndedError):
            backend.execute("echo")
