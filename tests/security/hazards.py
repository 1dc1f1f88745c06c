"""Results that would hurt the host when they are decoded, saved or shown."""

from __future__ import annotations

import json
import pathlib
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from typing import Any

from graph_agent.cli.exec import execution_json
from graph_agent.results.artifacts import save_execution
from sandbox.records import Execution
from sandbox.security.attack import CHANNEL, Attack, Check
from sandbox.security.selection import PAYLOAD, TIGHT
from tests.sandbox.results import hostile_payloads

BIG = {**TIGHT, "memory": "512m", "max_result": "16m", "max_files": 50, "max_variables": 400}
MAX_S = 120.0
MAX_SAVED_BYTES = 1 << 30
SECRET = "root:x:0"
"""What a file of the host would show."""


def _made(id_: str, program: str, check: Check, **limits: Any) -> Attack:
    return Attack(id_, "hazard", program, check, limits={**BIG, **limits})


def _sent(id_: str, program: str, check: Check) -> Attack:
    return _made(id_, CHANNEL + PAYLOAD + program, check)


def inner(value: Any, depth: int = 6) -> Iterable[Any]:
    """Yield a value and what it contains."""
    yield value
    if depth and isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if depth and hasattr(value, "to_numpy"):
        value = value.to_numpy().ravel().tolist()
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from inner(part, depth - 1)


def opens_nothing(run: Execution) -> str:
    """Check that no returned value is a path that opens files."""
    paths = [part for part in inner(dict(run.variables)) if isinstance(part, pathlib.Path)]
    return f"{paths[0]!r} opens a file of the host" if paths else ""


def can_be_used(run: Execution) -> str:
    """Use the results as ``exec`` does: save, describe, print; nothing is read or left hanging."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        files = save_execution(run, pathlib.Path(folder, "out"))
        shown = json.dumps(execution_json(run, files), default=repr)
        saved = [path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    if time.monotonic() - started > MAX_S:
        return "using it took too long"
    if sum(map(len, saved)) > MAX_SAVED_BYTES:
        return "it filled the disk"
    texts = [shown, *(data.decode("utf-8", "replace") for data in saved)]
    return "a file of the host is shown" if any(SECRET in text for text in texts) else ""


MANIFEST = re.compile(r"\.codegen-agent-[0-9a-f]{16}\.json")


def saved_inside(run: Execution) -> str:
    """Save the files beside a trap: nothing may be written outside, hidden or through a link."""
    with tempfile.TemporaryDirectory() as folder:
        out, outside = pathlib.Path(folder, "out"), pathlib.Path(folder, "outside")
        outside.mkdir()
        out.mkdir()
        (out / "trap").symlink_to(outside)
        (out / "trap.csv").symlink_to(outside / "written")
        save_execution(run, out)
        written = [path.name for path in outside.iterdir()]
        beside = sorted({path.name for path in pathlib.Path(folder).iterdir()} - {"out", "outside"})
        saved = [path.relative_to(out) for path in out.rglob("*")]
        # Our own list of what was saved is the only hidden file, with a name that we chose.
        paths = [path for path in saved if not MANIFEST.fullmatch(str(path))]
        hidden = [str(path) for path in paths if any(part.startswith(".") for part in path.parts)]
        odd = [str(path) for path in paths if not str(path).isprintable()]
        links = [str(p) for p in paths if (out / p).is_symlink() and not p.name.startswith("trap")]
    wrong = {"outside": written, "beside": beside, "hidden": hidden, "odd": odd, "links": links}
    return str({kind: names for kind, names in wrong.items() if names} or "")


def withheld(*names: str) -> Check:
    def check(run: Execution) -> str:
        back = [name for name in names if name in run.variables]
        return f"{back} came back" if back else ""

    return check


def no_figures(run: Execution) -> str:
    return f"{run.figures}" if run.figures else ""


def _file(id_: str, name: str) -> Attack:
    made = (
        "import os\n"
        f"path = {name!r}\n"
        "os.makedirs(os.path.dirname(path) or '.', exist_ok=True)\n"
        "with open(path, 'w') as file: file.write('x')"
    )
    return _made(f"file-{id_}", made, saved_inside)


RETURNED = (
    _made("path-in-list", "import pathlib\nx = [[pathlib.Path('/etc/passwd')]]", opens_nothing),
    _made("path-as-key", "import pathlib\nx = {pathlib.Path('/etc/shadow'): 1}", opens_nothing),
    _made("path-in-frame", "import pandas, pathlib\n"
          "x = pandas.DataFrame({'a': [pathlib.Path('/etc/passwd')]})", opens_nothing),
    _made("path-in-tuple", "import pathlib\nfrom collections import namedtuple\n"
          "R = namedtuple('R', 'path')\nx = R(pathlib.PosixPath('/etc/passwd'))", opens_nothing),
    _made("path-in-record", "import dataclasses, pathlib\n@dataclasses.dataclass\nclass R:\n"
          "    path: object\nx = R(pathlib.Path('/etc/passwd'))", opens_nothing),
    _made("path-of-process", "import pathlib\nx = pathlib.Path('/proc/self/environ')\nx",
          opens_nothing),
    _made("relative-path", "import pathlib\nx = pathlib.Path('../../.ssh/id_rsa')", opens_nothing),
    _made("loads-on-print", "class R:\n    def __reduce__(self): return (eval, ('1/0',))\n"
          "x = R()", can_be_used),
    _made("large-integer", "x = 1 << 100_000\ny = [-x, {'a': x}]", can_be_used),
    _made("large-exponent", "import decimal, fractions\nx = decimal.Decimal('1e999999')\n"
          "y = fractions.Fraction(1, 3 ** 2000)", can_be_used),
    _made("not-a-number", "x = {'a': float('nan'), 'b': float('-inf')}", can_be_used),
    _made("lone-surrogate", "x = '\\ud800'\ny = {'\\udfff': ['\\ud83d']}\nprint('ok')",
          can_be_used),
    _made("zero-bytes", "x = 'a\\0b'\ny = b'\\0' * 99\nz = {'\\0': 1}", can_be_used),
    _made("odd-labels", "import pandas\nx = pandas.DataFrame({'__class__': [1], '': [2]})\n"
          "x.index = ['__dict__']\ny = x['__class__']", can_be_used),
    _made("labels-that-numpy-reads", "import pandas\n"
          "x = pandas.Series([dict(data=(4096, False), shape=(9,), typestr='<i8', version=3)],"
          " index=['__array_interface__'])", can_be_used),
    _made("fields-that-numpy-reads", "import types\nx = types.SimpleNamespace(**{"
          "'__array_interface__': dict(data=(4096, False), shape=(9,), typestr='<i8',"
          " version=3)})", can_be_used),
    _made("endless-range", "x = range(10**18)\ny = slice(0, 10**18)", can_be_used),
    _made("zone-as-file", "import datetime, zoneinfo\n"
          "x = datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo('UTC'))", can_be_used),
    _made("zone-in-arrow", "import pyarrow\n"
          "x = pyarrow.table({'a': pyarrow.array([1], pyarrow.timestamp('us',"
          " 'dateutil//etc/passwd'))})", can_be_used),
    _made("colliding-keys", "x = {n * (2**61 - 1): n for n in range(3000)}\ny = set(x)",
          can_be_used),
    _made("endless-index", "import pandas\nx = pandas.DataFrame(index=range(10**12))\n"
          "y = pandas.Series(dtype='float64', index=pandas.RangeIndex(0))", can_be_used),
    _made("one-text-in-all-rows", "import numpy, pandas\nx = pandas.Series("
          "pandas.Categorical.from_codes(numpy.zeros(10**6, 'int8'), ['x' * 100_000]))",
          can_be_used),
    _made("sparse-column", "import pandas\nx = pandas.DataFrame({'a': pandas.arrays.SparseArray("
          "[1], sparse_index=pandas._libs.sparse.IntIndex(10**9, [0]), fill_value=0)})",
          can_be_used),
    _made("product-of-labels", "import numpy, pandas\nlevels = [range(2000)] * 3\n"
          "codes = [numpy.zeros(2, 'int8')] * 3\n"
          "x = pandas.Series([1, 2], index=pandas.MultiIndex(levels, codes))", can_be_used),
    _made("formulas", "import pandas\nx = pandas.DataFrame({'=1+1': ['=cmd|calc', '+1', '-1', '@a',"
          " '\\t=1', '\\r=1']})", can_be_used),
)  # fmt: skip
FILES = (
    _file("hidden", ".bashrc"),
    _file("hook", ".git/hooks/pre-commit"),
    _file("environment", ".env"),
    _file("trap", "trap.csv"),
    _file("trap-folder", "trap/x.csv"),
    _file("option", "-rf"),
    _file("wildcard", "*"),
    _file("new-line", "a\nb.csv"),
    _file("escape", "\x1b[31mred.csv"),
    _file("backwards", "csv\u202etxt.exe"),
    _file("backslash", "..\\..\\x.csv"),
    _file("home", "~/x.csv"),
    _file("device", "CON"),
    _file("dots", "...csv"),
    _file("ours", "transcript.md"),
    _file("code", "code.py"),
    _file("manifest", ".codegen-agent-0000000000000000.json"),
    _made("file-by-link", "import os\nos.symlink('/etc/passwd', 'passwd.csv')\n"
          "os.symlink('/etc', 'etc')\nos.link('/etc/hostname', 'name.csv')"
          " if False else None", saved_inside),
    _made("files-that-differ-in-case", "open('A.csv', 'w').write('1')\n"
          "open('a.csv', 'w').write('2')", saved_inside),
    _made("file-by-outer-link", "import os\nos.symlink('/', 'root')\nos.mkdir('d')\n"
          "os.symlink('../../../../etc/passwd', 'd/x')", saved_inside),
    _made("folder-swapped", "import os, shutil\nshutil.rmtree(os.getcwd())\n"
          "os.symlink('/etc', '/tmp/work')", saved_inside),
)  # fmt: skip
PICTURES = (
    _sent("png-that-lies", "send({'type': 'figure', 'mime': 'image/png'},"
          " b'\\x89PNG\\r\\n\\x1a\\n' + bytes(99))", no_figures),
    _sent("png-bomb", "import zlib\ndef part(k, d): return struct.pack('>I', len(d)) + k + d"
          " + struct.pack('>I', zlib.crc32(k + d))\n"
          "png = b'\\x89PNG\\r\\n\\x1a\\n' + part(b'IHDR', struct.pack('>IIBBBBB', 20000, 20000,"
          " 8, 6, 0, 0, 0)) + part(b'IDAT', zlib.compress(bytes(1 << 24)))"
          " + part(b'IEND', b'')\nsend({'type': 'figure', 'mime': 'image/png'}, png)", no_figures),
    _sent("png-as-script", "send({'type': 'figure', 'mime': 'image/png'},"
          " b'<svg onload=alert(1)>')", no_figures),
    _sent("jpeg-that-lies", "send({'type': 'figure', 'mime': 'image/jpeg'},"
          " b'\\xff\\xd8\\xff\\xc0\\0\\x11\\x08\\xff\\xff\\xff\\xff' + bytes(50))", no_figures),
    _sent("deep-plotly", "send({'type': 'figure', 'mime': 'application/vnd.plotly.v1+json'},"
          " b'[' * 100_000)", no_figures),
    _sent("wide-plotly", "send({'type': 'figure', 'mime': 'application/vnd.plotly.v1+json'},"
          " b'{\"layout\":{},\"data\":[' + b'0,' * 4_500_000 + b'0]}')", no_figures),
    _sent("plotly-of-numbers", "send({'type': 'figure', 'mime': 'application/vnd.plotly.v1+json'},"
          " b'{\"layout\":{\"width\":1e999},\"data\":[NaN]}')", no_figures),
)  # fmt: skip
PAYLOADS = {
    f"payload {name}": payload
    for group in ("MALFORMED", "BUILTIN", "STDLIB", "RECORDS", "NUMPY", "PANDAS_FRAMES",
                  "PANDAS_ARRAYS", "ARROW", "OTHER")
    for name, payload in getattr(hostile_payloads, group).items()
}  # fmt: skip
"""Bytes that no encoder makes: all are sent by one program."""
SEND_ALL = (
    f"{CHANNEL}{PAYLOAD}for number, body in enumerate(bodies): variable(f'x{{number}}', body)"
)
ALL = (*RETURNED, *FILES, *PICTURES)
