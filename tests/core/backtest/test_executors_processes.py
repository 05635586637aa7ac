"""Worker processes are killed, interrupted and orphaned in the middle of their tasks, and nothing is lost or left.

No test waits for time to pass: a task tells its process id through a named pipe, and stays in its task by reading
from another one that nobody writes.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from logos.backtest.executors.config import ProcessesConfig
from logos.backtest.executors.inline import Inline
from logos.backtest.executors.processes import open_processes
from logos.domain.errors import PartFailedError
from logos.session.jobs import Job
from logos.testing.contexts import part_context

JOBS = """
import os
import subprocess
from pathlib import Path


def holding(shared):
    folder = Path(shared["folder"])

    def do(task):
        marker = folder / f"seen-{task}"
        if task in shared["held"] and not marker.exists():
            marker.touch()
            (folder / f"pid-{task}").write_text(str(os.getpid()))
            (folder / "gate").read_text()
        return task**2

    return do


def processes(shared):
    return lambda task: os.getpid()


def printing(shared):
    print("begun")
    return lambda task: print("task", task, flush=True)


def variables(shared):
    return lambda task: subprocess.run(["printenv", task], capture_output=True, text=True).stdout.strip()


def closing(shared):
    def do(task):
        os.closerange(3, 100)
        os.read(0, 1)
        return task

    return do
"""

HOLDER = """
import sys

from logos.backtest.executors.processes import Processes
from logos.session.jobs import Job
from logos.testing.contexts import RecordingLog

folder = sys.argv[1]
sys.path.insert(0, folder)
executor = Processes(2, RecordingLog())
try:
    list(executor.run(Job(target="jobs_of_the_test:holding", shared={"folder": folder, "held": [0, 1]}), [0, 1]))
except KeyboardInterrupt:
    sys.exit(130)
finally:
    executor.close()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder on the import path with the jobs, and with pipes for two tasks."""
    (tmp_path / "jobs_of_the_test.py").write_text(JOBS)
    for name in ("pid-0", "pid-1", "gate"):
        os.mkfifo(tmp_path / name)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("jobs_of_the_test", None)


@pytest.fixture
def context():
    return part_context()


@pytest.fixture
def executor(context):
    with closing(open_processes(ProcessesConfig(workers=2), context)) as opened:
        yield opened


@pytest.fixture
def holder(folder):
    """Return a program whose two workers are both in the middle of a task, and their process ids."""
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    workers = [int((folder / f"pid-{task}").read_text()) for task in (0, 1)]
    yield program, workers
    program.kill()
    program.communicate()


def job(name, **shared):
    return Job(target=f"jobs_of_the_test:{name}", shared=shared)


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def kill_when_held(folder, *tasks):
    """Kill the worker of each task as soon as it says that it is in the middle of it; return the killed, to be."""
    killed = []

    def kill():
        for task in tasks:
            killed.append(int((folder / f"pid-{task}").read_text()))
            os.kill(killed[-1], signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread, killed


def test_workers_killed_under_way_cost_no_result(folder, executor, context):
    work = job("holding", folder=str(folder), held=[0, 1])
    thread, killed = kill_when_held(folder, 0, 1)
    found = sorted(executor.run(work, range(8)))
    thread.join()
    assert found == sorted(Inline().run(work, range(8))) == [(number, number**2) for number in range(8)]
    assert sorted(values["task"] for _, event, values in context.log.lines if event == "worker_lost") == [0, 1]
    assert not any(is_alive(process) for process in killed)


def test_workers_killed_between_two_runs_cost_no_result(folder, executor):
    for process in {process for _, process in executor.run(job("processes"), range(10))}:
        os.kill(process, signal.SIGKILL)
    found = sorted(executor.run(job("holding", folder=str(folder), held=[]), range(10)))
    assert found == [(number, number**2) for number in range(10)]


def test_workers_stay_for_the_next_run_and_end_with_the_executor(folder, executor):
    first = {process for _, process in executor.run(job("processes"), range(10))}
    second = {process for _, process in executor.run(job("processes", again=True), range(10))}
    assert second <= first
    assert 1 <= len(first) <= 2
    assert os.getpid() not in first
    executor.close()
    assert not any(is_alive(process) for process in first)


def test_a_run_that_is_left_ends_the_workers_that_are_busy_with_it(folder, executor):
    run = executor.run(job("holding", folder=str(folder), held=[1]), [0, 1])
    assert next(run) == (0, 0)
    held = int((folder / "pid-1").read_text())
    run.close()
    assert not is_alive(held)
    assert sorted(executor.run(job("holding", folder=str(folder), held=[]), [5])) == [(0, 25)]


def test_closing_ends_busy_workers_and_the_run_says_so(folder, executor):
    run = executor.run(job("holding", folder=str(folder), held=[1]), [0, 1])
    assert next(run) == (0, 0)
    held = int((folder / "pid-1").read_text())
    executor.close()
    assert not is_alive(held)
    with pytest.raises(PartFailedError, match="the executor was closed before all tasks"):
        next(run)


def test_an_interrupt_ends_program_and_workers_without_a_word(holder):
    program, workers = holder
    os.killpg(program.pid, signal.SIGINT)
    # The workers hold its standard error too: the end of that is the end of all of them.
    assert program.communicate(timeout=60) == (b"", b"")
    assert program.returncode == 130
    assert not any(is_alive(process) for process in workers)


def test_workers_end_when_the_program_is_killed(holder):
    program, _ = holder
    program.kill()
    assert program.communicate(timeout=60) == (b"", b"")


def test_what_tasks_print_does_not_reach_standard_output(folder, executor, capfd):
    list(executor.run(job("printing"), range(3)))
    executor.close()
    printed = capfd.readouterr()
    assert printed.out == ""
    assert sorted(set(printed.err.split("\n"))) == ["", "begun", "task 0", "task 1", "task 2"]


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
def test_a_worker_uses_one_core(folder, executor, monkeypatch, variable):
    monkeypatch.setenv(variable, "5")
    assert list(executor.run(job("variables"), [variable])) == [(0, "1")]


def test_a_worker_that_cuts_its_own_line_counts_as_lost(folder, executor):
    with pytest.raises(PartFailedError, match=r"task 0 of the job \S+ was given up: its worker was lost 4 times"):
        list(executor.run(job("closing"), [0]))


def test_an_interpreter_that_does_not_start_is_an_error(executor, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(PartFailedError, match="a worker process cannot be started"):
        list(executor.run(job("processes"), [0]))


def test_two_runs_at_once_do_not_mix(folder, executor):
    one = executor.run(job("holding", folder=str(folder), held=[]), range(5))
    other = executor.run(job("processes"), range(5))
    pairs = list(zip(one, other, strict=True))
    assert sorted(result for result, _ in pairs) == [(number, number**2) for number in range(5)]
