"""The rules for risky code: quiet on ordinary analysis, awake to what a person should see."""

from __future__ import annotations

import re

import pytest

from graph_agent.prompts.code_extraction import program_in
from graph_agent.prompts.examples import EXAMPLES
from nodes.approval import risks as module
from nodes.approval.risks import RULES, risks
from tests.nodes.ordinary_programs import PROGRAMS


def rules(code: str) -> set[str]:
    return {risk.rule for risk in risks(code)}


@pytest.mark.parametrize("code", [*PROGRAMS, *(program_in(answer).code for _, answer in EXAMPLES)])
def test_ordinary_programs_are_not_risky(code: str) -> None:
    assert risks(code) == []


RISKY = {
    "programs": [
        "import subprocess\nsubprocess.run(['ls'])",
        "from multiprocessing import Pool",
        "import pandas as pd\npd.io.common.os.system('ls')",
        "import asyncio\nasyncio.create_subprocess_shell('ls')",
    ],
    "network": [
        "import requests",
        "from urllib import request",
        "import urllib.request as u\nu.urlopen('http://example.com')",
        "import http.client",
        "df = pd.read_csv('https://example.com/x.csv')",
        "df.to_parquet('s3://bucket/x')",
        "host = 'https://example.com'\ndf = pd.read_json(host + '/x?q=' + str(1))",
        "df = pd.read_html(f'https://example.com/{1}')",
        "import seaborn as sns\ntips = sns.load_dataset('tips')",
    ],
    "files": [
        "open('/etc/passwd').read()",
        "path = '/proc/self/environ'\nopen(path, 'rb')",
        "from pathlib import Path\nPath('~/.ssh/id_rsa').expanduser().read_text()",
        "pd.read_csv('../other.csv')",
        "df.to_csv(path_or_buf='/home/me/x.csv')",
        "pd.read_excel('C:\\\\data\\\\x.xlsx')",
        "import os.path\nopen(os.path.join('/etc', 'shadow'))",
        "import glob\nglob.glob('/job/*')",
        "import shutil\nshutil.rmtree('x')",
        "from pathlib import Path\nfor one in Path('.').iterdir():\n    one.unlink()",
    ],
    "system": [
        "import os\nkey = os.environ['KEY']",
        "import os as o\no._exit(0)",
        "import os.path\nos.listdir('.')",
        "from os import environ",
        "from os import *",
        "import os\nf = getattr(os, 'sys' + 'tem')",
        "import sys\nsys.modules.clear()",
        "import signal",
        "import builtins",
        "import importlib\nimportlib.import_module('o' + 's')",
        "from importlib import import_module",
    ],
    "native": [
        "import ctypes",
        "from cffi import FFI",
        "import numpy as np\nnp.ctypeslib.load_library('x', '.')",
    ],
    "unpickling": [
        "import pickle",
        "from joblib import load",
        "pd.read_pickle('x.pkl')",
        "import numpy as np\nnp.load('x.npy', allow_pickle=True)",
    ],
    "dynamic_code": [
        "eval(text)",
        "run = exec\nrun('x = 1')",
        "ｅxec('x = 1')",
        "df['x'].apply(eval)",
        "__import__('os')",
        "globals()['x']",
        "().__class__.__bases__[0].__subclasses__()",
        "print.__self__",
        "getattr(x, '__globals__')",
        "'{0.__class__.__init__.__globals__}'.format(x)",
        "pd.eval(\"__import__('os')\")",
        "f'{x.f_back}'",
    ],
    "endless": [
        "while True:\n    pass",
        "while 1:\n    for x in y:\n        break",
        "while True:\n    def f():\n        return 1",
        "while True:\n    try:\n        x()\n    except Exception:\n        pass",
    ],
    "hidden_text": ["admin = 'user\u202e# check'", "x = 1 # \u2066 y"],
    "unparsable": ["x = (", "x = '\0'", "(" * 1000 + ")" * 1000],
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in RISKY.items() for code in codes]
)
def test_each_rule_finds_its_risk(rule: str, code: str) -> None:
    assert rule in rules(code)


@pytest.mark.parametrize(
    "way_out",
    [
        "break",
        "if x:\n        break",
        "with x:\n        return",
        "try:\n        x()\n    except E:\n        break",
        "for x in y:\n        raise E",
        "for x in y:\n        pass\n    else:\n        break",
        "match x:\n        case 1:\n            break",
        "sys.exit()",
        "yield 1",
    ],
)
def test_a_loop_with_a_way_out_is_not_endless(way_out: str) -> None:
    body = f"while True:\n    {way_out}"
    indented = body.replace("\n", "\n    ")
    assert "endless" not in rules(f"def f():\n    {indented}")


def test_each_is_told_with_its_line_in_order() -> None:
    found = risks("x = 1\nimport os, socket\n\neval('x')\nos.remove('a')\n")
    assert [(risk.line, risk.rule, risk.message) for risk in found] == [
        (2, "network", "it imports 'socket'"),
        (4, "dynamic_code", "it uses eval"),
        (5, "system", "it uses os.remove"),
    ]


def test_rules_and_their_table_stay_together() -> None:
    table = re.findall(r"^([a-z_]+)  +\S", str(module.__doc__), re.MULTILINE)
    assert [name for name in table if name != "rule"] == list(RULES) == list(RISKY)
