"""The real ``logos dashboard`` in a process of its own, on a free port of this machine."""
# ruff: noqa: INP001 -- scripts that stand beside one another, not a package

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
from stage import PROGRAM

HOST = "127.0.0.1"


@attrs.frozen(kw_only=True)
class Dashboard:
    """A dashboard that is being served.

    Attributes
    ----------
    address:
        ``http://127.0.0.1:PORT``.
    pid:
        Of its process.
    seconds:
        From the start of the process until it said that it is well.
    """

    address: str
    pid: int
    seconds: float


@contextmanager
def dashboard(
    workspace: Path, environment: Mapping[str, str], *, prefix: Sequence[str] = (), limit: float = 90
) -> Iterator[Dashboard]:
    """Serve a workspace; the process is ended at the end, and must then say nothing of an error.

    Parameters
    ----------
    prefix:
        What stands before the program on its command line, such as a shell that mounts the workspace read-only first.
    limit:
        Seconds until it has to answer.
    """
    with tempfile.TemporaryFile("w+") as said:
        port, begin = _free_port(), time.perf_counter()  # noqa: TID251 - how long a start takes is asked for
        process = subprocess.Popen(  # noqa: S603 - the program itself
            [*prefix, str(PROGRAM), "dashboard", "--no-browser", "--port", str(port), "--workspace", str(workspace)],
            cwd=workspace,
            env={**environment, "LOGOS_HOME": str(workspace)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _is_well(port):
                late = time.perf_counter() - begin > limit  # noqa: TID251
                if process.poll() is not None or late:
                    said.seek(0)
                    raise RuntimeError(f"the dashboard does not answer (exit {process.returncode}):\n{said.read()}")
                time.sleep(0.02)
            took = time.perf_counter() - begin  # noqa: TID251
            yield Dashboard(address=f"http://{HOST}:{port}", pid=process.pid, seconds=took)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        said.seek(0)
        text = said.read()
        if "Traceback" in text or process.returncode:
            raise RuntimeError(f"the dashboard ended with {process.returncode} and said:\n{text}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_well(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read() == b"ok"
    except OSError:
        return False
    finally:
        connection.close()
