"""What could make two runs differ is banned by rule: the clock, randomness, the environment, the machine's name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BANNED = {
    "wall clock": "import time\nNOW = time.time()\n",
    "wall clock, imported by name": "from time import time_ns\nNOW = time_ns()\n",
    "elapsed time": "import time\nNOW = time.monotonic()\n",
    "local time": "import time\nNOW = time.localtime()\n",
    "datetime now": "import datetime\nNOW = datetime.datetime.now(datetime.UTC)\n",
    "datetime now, by name": "from datetime import UTC, datetime\nNOW = datetime.now(UTC)\n",
    "datetime utcnow": "from datetime import datetime\nNOW = datetime.utcnow()\n",
    "date today": "from datetime import date\nTODAY = date.today()\n",
    "random": "import random\nDRAW = random.random()\n",
    "random, by name": "from random import Random\nDRAW = Random()\n",
    "numpy random": "import numpy as np\nDRAW = np.random.default_rng()\n",
    "numpy random, by name": "from numpy.random import default_rng\nDRAW = default_rng()\n",
    "secrets": "import secrets\nDRAW = secrets.token_hex()\n",
    "system randomness": "import os\nDRAW = os.urandom(8)\n",
    "uuid1": "import uuid\nNAME = uuid.uuid1()\n",
    "uuid4": "from uuid import uuid4\nNAME = uuid4()\n",
    "environment": 'import os\nHOME = os.environ["HOME"]\n',
    "environment, by call": 'import os\nHOME = os.getenv("HOME")\n',
    "environment, by name": 'from os import environ\nHOME = environ["HOME"]\n',
    "host name": "import socket\nHOST = socket.gethostname()\n",
    "node name": "import platform\nHOST = platform.node()\n",
    "locale": "import locale\nNAME = locale.getlocale()\n",
}

EXCEPTED_FILES = {"logos-core/src/logos/context/clock.py"}
"""The one door to the clock."""

DOORS = ("logos/context/", "logos/paths/")
"""Rooms in which a single line may be excepted, with its reason."""


def findings(repository: Path, source: str, place: str) -> list[str]:
    """Return the codes of the determinism rules that ruff finds in a source that stands at a place of the tree."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--output-format=json",
        "--stdin-filename",
        place,
        "-",
    ]
    done = subprocess.run(
        command, cwd=repository, input=source, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in {0, 1}, done.stderr
    return [found["code"] for found in json.loads(done.stdout) if found["code"] in {"TID251", "TID253"}]


@pytest.mark.parametrize("source", BANNED.values(), ids=BANNED)
def test_a_source_of_chance_is_refused_in_every_distribution(
    repository: Path,
    distributions: tuple[Path, ...],
    source: str,
) -> None:
    places = [f"{folder.name}/src/logos/session/step.py" for folder in distributions]
    assert all(findings(repository, source, place) for place in places)


def test_plain_computation_is_not_refused(repository: Path) -> None:
    source = "import time\nimport datetime\nSTART = datetime.datetime.fromtimestamp(0, datetime.UTC)\ntime.sleep(0)\n"
    assert findings(repository, source, "logos-core/src/logos/session/step.py") == []


def test_the_files_that_are_excepted_are_these(settings_of_the_tools: dict[str, Any]) -> None:
    exceptions = settings_of_the_tools["ruff"]["lint"]["per-file-ignores"]
    sources = {place for place, codes in exceptions.items() if "TID251" in codes and place.startswith("logos-")}
    assert sources == EXCEPTED_FILES


def test_every_exception_in_a_line_stands_at_a_door_of_the_context(distributions: tuple[Path, ...]) -> None:
    lines = []
    for folder in distributions:
        for module in sorted((folder / "src").rglob("*.py")):
            place = module.relative_to(folder / "src").as_posix()
            excepted = [
                line for line in module.read_text(encoding="utf-8").splitlines() if "noqa" in line and "TID25" in line
            ]
            lines += [f"{place}: {line.strip()}" for line in excepted if not place.startswith(DOORS)]
    assert lines == []
