"""Whatever is printed is masked, whoever prints it; and what nobody caught is printed masked by a hook."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from logos.cli.output import emit_json, plain_table
from logos.context.console import MaskedStream, masked_streams, traceback_text

SECRET = "hunter2x-and-more"


@pytest.fixture(autouse=True)
def _known(known):
    known.add(SECRET)


def test_what_is_printed_is_masked_and_the_streams_are_put_back(capsys):
    out, err = sys.stdout, sys.stderr
    with masked_streams(), masked_streams():
        sys.stdout.write(f"out {SECRET}\n")
        sys.stderr.write(f"err api_key=abcdef {SECRET}\n")
        sys.stderr.writelines(["one ", SECRET])
        assert sys.stdout.isatty() == out.isatty()
        assert isinstance(sys.stdout, MaskedStream)
    assert (sys.stdout, sys.stderr) == (out, err)
    assert capsys.readouterr() == ("out ***\n", "err api_key=*** ***\none ***")


def test_json_is_masked_and_stays_json(capsys):
    value: dict[str, Any] = {"message": f'api_key="{SECRET}"', "api_key": "x", "list": [SECRET], "next": 'n: "a"'}
    with masked_streams():
        emit_json(value)
    assert json.loads(capsys.readouterr().out) == {
        "message": 'api_key="***"',
        "api_key": "***",
        "list": ["***"],
        "next": 'n: "a"',
    }


def test_cells_of_a_table_are_masked():
    assert SECRET not in plain_table("", ["a"], [[f"refused {SECRET}"]])


def test_a_traceback_has_neither_the_secret_nor_locals():
    def fail():
        local = "local-value"
        raise RuntimeError(f"refused {SECRET}") from ValueError(f"password={len(local)}abc")

    with pytest.raises(RuntimeError) as caught:
        fail()
    text = traceback_text(caught.value)
    assert "refused ***" in text
    assert "password=***" in text
    assert "Traceback" in text


HOOKS = f"""
import sys, threading
from logos.context.console import install_hooks
from logos.context.redaction import remember
remember({SECRET!r})
install_hooks()
class Closing:
    def __del__(self):
        raise RuntimeError("closing {SECRET}")
class Mute(Exception):
    def __str__(self):
        raise ValueError("{SECRET}")
def work(error):
    raise error
for error in (RuntimeError("thread {SECRET}"), Mute(), SystemExit(1)):
    thread = threading.Thread(target=work, args=(error,), name="worker")
    thread.start()
    thread.join()
Closing()
raise RuntimeError("end {SECRET}")
"""


def test_what_nobody_caught_is_printed_masked():
    done = subprocess.run([sys.executable, "-c", HOOKS], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    for told in ("thread ***", "closing ***", "end ***", "Exception in thread worker", "Mute"):
        assert told in done.stderr
    assert "hunter2x" not in done.stderr
