"""A container with libraries imported ahead behaves like a new one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import DockerSandbox, SandboxPolicy

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def warm() -> Iterator[DockerSandbox]:
    with DockerSandbox(SandboxPolicy(timeout_s=300, start_timeout_s=300), warm=1) as sandbox:
        yield sandbox


def run(sandbox: DockerSandbox, code: str) -> dict[str, Any]:
    """Run in a prepared container."""
    deadline = time.monotonic() + 300
    waiting = sandbox._pool._waiting
    while not waiting or not waiting[0].lease.done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    waiting[0].lease.result().container.await_imports()
    done = sandbox.run(f"import sys\nearly = 'seaborn' in sys.modules\n{code}")
    assert done.ok, done
    assert done.variables["early"] is True
    return dict(done.variables)


def test_random_numbers_differ_between_runs(warm: DockerSandbox) -> None:
    code = (
        "import random, uuid, os, numpy as np\n"
        "drawn = [random.random(), np.random.random(), np.random.default_rng().random(),\n"
        "         uuid.uuid4().hex, os.urandom(8).hex(), hash('text'),\n"
        "         random.SystemRandom().random()]"
    )
    first, second = (run(warm, code)["drawn"] for _ in range(2))
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_seeded_random_numbers_are_the_same(warm: DockerSandbox) -> None:
    code = (
        "import random, numpy as np\nrandom.seed(1); np.random.seed(1)\n"
        "drawn = [random.random(), np.random.random(), np.random.default_rng(1).random()]"
    )
    assert run(warm, code)["drawn"] == run(warm, code)["drawn"]


def test_thread_pools_work(warm: DockerSandbox) -> None:
    done = run(
        warm,
        "import numpy as np, pandas as pd, pyarrow as pa, pyarrow.compute as pc, polars as pl\n"
        "a = np.random.default_rng(1).random((600, 600))\n"
        "blas = bool(np.allclose(a @ np.linalg.inv(a), np.eye(600), atol=1e-6))\n"
        "table = pa.table({'k': [1, 2] * 50_000, 'v': range(100_000)})\n"
        "arrow = table.group_by('k').aggregate([('v', 'sum')]).num_rows\n"
        "frame = pl.DataFrame({'k': [1, 2] * 50_000, 'v': range(100_000)})\n"
        "polars = frame.lazy().group_by('k').agg(pl.col('v').sum()).collect().height\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as threads:\n"
        "    squares = list(threads.map(lambda n: n * n, range(5)))\n",
    )
    assert done["blas"] is True
    assert (done["arrow"], done["polars"], done["squares"]) == (2, 2, [0, 1, 4, 9, 16])


def test_processes_work(warm: DockerSandbox) -> None:
    done = run(
        warm,
        "import multiprocessing, pandas as pd\n"
        "def work(n):\n    return pd.DataFrame({'a': [n]}).a.sum().item() * 2\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    doubled = pool.map(work, [1, 2, 3])",
    )
    assert done["doubled"] == [2, 4, 6]


LOOK = """
import builtins, gc, locale, os, signal, threading, warnings
import decimal, logging, matplotlib, matplotlib.pyplot as plt, numpy as np, pandas as pd
import pyarrow, seaborn
seen = {
    "figures": plt.get_fignums(),
    "rc": {key: repr(matplotlib.rcParams[key]) for key in sorted(matplotlib.rcParams)},
    "backend": matplotlib.get_backend(),
    "options": {
        key: repr(pd.get_option(key))
        for key in ("display.max_rows", "display.width", "compute.use_numexpr")
    },
    "errors": np.geterr(),
    "print": repr(np.get_printoptions()),
    "warnings": sorted({repr(entry[:3]) for entry in warnings.filters}),
    "decimal": repr(decimal.getcontext()),
    "locale": repr(locale.getlocale()),
    "log": [repr(logging.getLogger().handlers), logging.getLogger().level],
    "threads": [thread.name for thread in threading.enumerate()],
    "signals": repr(signal.getsignal(signal.SIGINT)),
    "limit": sys.getrecursionlimit(),
    "folder": [os.getcwd(), sorted(os.listdir("."))],
    "environment": sorted(os.environ),
    "argv": sys.argv,
    "builtins": sorted(vars(builtins)),
    "path": sys.path,
    "gc": [gc.isenabled(), gc.get_threshold()],
    "collation": os.umask(0o022),
}
"""


def test_every_setting_is_that_of_a_new_interpreter(warm: DockerSandbox) -> None:
    ready = run(warm, LOOK)["seen"]
    with DockerSandbox(warm.policy) as cold:
        new = cold.run(f"import sys\n{LOOK}").variables["seen"]
    assert ready == new


def test_main_is_the_codes_own(warm: DockerSandbox) -> None:
    done = run(
        warm,
        "import __main__, dataclasses, pickle\n"
        "names = sorted(name for name in vars(__main__) if not name.startswith('_'))\n"
        "@dataclasses.dataclass\nclass Point:\n    x: int\n"
        "copied = pickle.loads(pickle.dumps(Point(3))).x\n"
        "module = Point.__module__",
    )
    assert done["names"] == ["dataclasses", "early", "pickle", "sys"]
    assert (done["copied"], done["module"]) == (3, "__main__")


def test_it_holds_no_data_of_earlier_runs(warm: DockerSandbox) -> None:
    secret = "a secret of the first run"
    assert warm.run("x = s\nopen('/tmp/left', 'w').write(s)", {"s": secret}).ok
    done = run(
        warm,
        "import os\n"
        "files = [os.path.join(at, name) for at, _, names in os.walk('/tmp') for name in names]\n"
        "job = sorted(os.listdir('/job'))\n"
        "found = [file for file in files if b'a secret' b' of' in open(file, 'rb').read()]",
    )
    assert done["found"] == []
    assert "/tmp/left" not in done["files"]
