"""The Dask executor keeps the contract, and gives what the others give, with workers killed under way.

No test waits for time to pass: a task tells its process id through a named pipe, and stays in its task by reading
from another one that nobody writes. All connections are to this machine.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import distributed
import pytest

from logos.backtest.executors import dask_cluster
from logos.backtest.executors.config import DaskConfig, ProcessesConfig
from logos.backtest.executors.dask import open_dask
from logos.backtest.executors.inline import open_inline
from logos.backtest.executors.processes import open_processes
from logos.domain.errors import InputError, PartFailedError
from logos.session.jobs import Job
from logos.testing.contexts import part_context
from logos.testing.executors import ExecutorContract

JOBS = """
import os
from pathlib import Path


def holding(shared):
    folder = Path(shared["folder"])

    def do(task):
        marker = folder / f"seen-{task}"
        if task in shared["held"] and not marker.exists():
            marker.touch()
            (folder / f"pid-{task}").write_text(str(os.getpid()))
            (folder / "gate").read_text()
        return {"square": task**2, "third": task / 3}

    return do


def processes(shared):
    return lambda task: os.getpid()


def printing(shared):
    return lambda task: print("task", task, flush=True)
"""

HOLDER = """
import sys

from logos.backtest.executors.dask import Dask
from logos.session.jobs import Job

if __name__ == "__main__":
    folder = sys.argv[1]
    executor = Dask(None, 2)
    try:
        list(executor.run(Job(target="jobs_of_the_test:holding", shared={"folder": folder, "held": [0, 1]}), [0, 1]))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        executor.close()
"""


HERE = "127.0.0.1:0"


class TestDask(ExecutorContract):
    config = DaskConfig
    survives_lost_workers = True

    def make_executor(self):
        return open_dask(DaskConfig(workers=1), part_context())


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
def executor():
    with closing(open_dask(DaskConfig(workers=2), part_context())) as opened:
        yield opened


@pytest.fixture
def environment(folder, offline_environment):
    search = os.pathsep.join([str(folder), offline_environment["PYTHONPATH"]])
    return {**offline_environment, "PYTHONPATH": search, "TMPDIR": str(folder)}


@pytest.fixture
def start(environment):
    """Return a function that starts a program of Dask's and waits until it says where it listens."""
    started = []

    def begin(module, *arguments):
        program = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{module}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        return program

    yield begin
    for program in started:
        program.kill()
        program.communicate()


@pytest.fixture
def scheduler(start):
    """Return a scheduler's program and its address."""
    program = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", HERE)
    for line in program.stderr:
        found = re.search(r"tcp://127\.0\.0\.1:\d+", line)
        if found:
            return program, found[0]
    raise AssertionError("the scheduler has ended")


@pytest.fixture
def cluster(scheduler, start, tmp_path):
    """Return the address of a cluster with two workers that are there."""
    _, address = scheduler
    where = [
        "--host",
        "127.0.0.1",
        "--no-dashboard",
        "--dashboard-address",
        HERE,
        "--local-directory",
        str(tmp_path / "scratch"),
    ]
    start("worker", address, *where, "--nworkers", "2", "--nthreads", "1")
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    return address


def job(name, **shared):
    return Job(target=f"jobs_of_the_test:{name}", shared=shared)


def kill_when_held(folder, *tasks):
    """Kill the worker of each task as soon as it says that it is in the middle of it."""

    def kill():
        for task in tasks:
            os.kill(int((folder / f"pid-{task}").read_text()), signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def wait_until(told):
    """Wait until something is so that is certain to come."""
    for _ in range(30_000):
        if told():
            return
        time.sleep(0.002)
    raise AssertionError("it has not come")


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def results(executor, work, count):
    with closing(executor):
        return sorted(executor.run(work, range(count)), key=lambda found: found[0])


def test_the_same_job_has_the_same_results_everywhere_with_workers_killed_under_way(folder):
    context = part_context()
    inline = results(open_inline(None, context), job("holding", folder=str(folder), held=[]), 12)
    work = job("holding", folder=str(folder), held=[0, 1])
    for executor in (
        open_processes(ProcessesConfig(workers=2), context),
        open_dask(DaskConfig(workers=2), context),
    ):
        killing = kill_when_held(folder, 0, 1)
        assert results(executor, work, 12) == inline
        killing.join()
        for marker in folder.glob("seen-*"):
            marker.unlink()
    assert inline == [(number, {"square": number**2, "third": number / 3}) for number in range(12)]


def test_a_cluster_that_is_running_does_the_tasks_and_stays(folder, cluster):
    killing = kill_when_held(folder, 0)
    with closing(open_dask(DaskConfig(address=cluster), part_context())) as executor:
        found = sorted(executor.run(job("holding", folder=str(folder), held=[0]), range(6)), key=lambda one: one[0])
        killing.join()
        assert [result["square"] for _, result in found] == [number**2 for number in range(6)]
        workers = {process for _, process in executor.run(job("processes"), range(6))}
    assert workers
    assert all(is_alive(process) for process in workers)


def test_results_that_have_come_outlive_the_worker_that_found_them(folder):
    with closing(open_dask(DaskConfig(workers=1), part_context())) as executor:
        run = executor.run(job("holding", folder=str(folder), held=[0]), [2, 3, 4, 5, 6, 0])
        found = [next(run)]
        come = run.gi_frame.f_locals["coming"].queue.queue
        holder = int((folder / "pid-0").read_text())
        wait_until(lambda: len(come) == 4)
        os.kill(holder, signal.SIGKILL)
        wait_until(lambda: any(future.status == "lost" for future, _ in list(come)))
        found += run
    assert sorted((number, result["square"]) for number, result in found) == list(enumerate([4, 9, 16, 25, 36, 0]))


def test_the_end_of_the_executor_is_the_end_of_its_cluster(folder, executor):
    workers = {process for _, process in executor.run(job("processes"), range(6))}
    assert 1 <= len(workers) <= 2
    executor.close()
    assert not any(is_alive(process) for process in workers)


def test_a_run_that_is_left_ends_the_workers_that_are_busy_with_it(folder, executor):
    run = executor.run(job("holding", folder=str(folder), held=[1]), [0, 1])
    assert next(run)[0] == 0
    held = int((folder / "pid-1").read_text())
    run.close()
    assert not is_alive(held)


def test_a_cluster_that_goes_away_under_way_is_an_error(folder, cluster, scheduler):
    program, _ = scheduler
    with closing(open_dask(DaskConfig(address=cluster), part_context())) as executor:
        run = executor.run(job("holding", folder=str(folder), held=[1]), [0, 1])
        assert next(run)[0] == 0
        (folder / "pid-1").read_text()
        program.kill()
        with pytest.raises(PartFailedError, match="the Dask cluster was lost while it did task 1"):
            next(run)


def test_an_address_where_nothing_answers_is_an_error_within_seconds(monkeypatch):
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with (
        closing(open_dask(DaskConfig(address=address), part_context())) as executor,
        pytest.raises(InputError, match=f"no Dask scheduler that can be used answers at {address} within 1 seconds"),
    ):
        list(executor.run(job("processes"), [0]))


def test_a_cluster_without_workers_is_an_error(scheduler, monkeypatch):
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    with (
        closing(open_dask(DaskConfig(address=scheduler[1]), part_context())) as executor,
        pytest.raises(InputError, match=r"has no workers. Start one with: dask worker tcp://"),
    ):
        list(executor.run(job("processes"), [0]))


def test_a_cluster_with_other_versions_is_refused(folder, cluster, monkeypatch):
    here = dask_cluster.get_versions
    for package in ("numpy", "logos-core", "distributed", "python"):

        def other(packages, package=package):
            described = here(packages)
            return {**described, "packages": {**described["packages"], package: "0.0.1"}}

        monkeypatch.setattr(dask_cluster, "get_versions", other)
        with (
            closing(open_dask(DaskConfig(address=cluster), part_context())) as executor,
            pytest.raises(InputError, match=rf"of the Dask cluster at \S+ has {package} .+, and here it is 0\.0"),
        ):
            list(executor.run(job("processes"), [0]))


def test_what_tasks_print_does_not_reach_standard_output(folder, executor, capfd):
    list(executor.run(job("printing"), range(3)))
    executor.close()
    printed = capfd.readouterr()
    assert printed.out == ""
    assert sorted(printed.err.split("\n")) == ["", "task 0", "task 1", "task 2"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_program_takes_its_cluster_along_without_a_word(folder, environment, number, code):
    script = folder / "holder.py"
    script.write_text(HOLDER)
    program = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for task in (0, 1):
        (folder / f"pid-{task}").read_text()
    if number == signal.SIGINT:
        os.killpg(program.pid, number)
    else:
        program.kill()
    # The workers hold its standard error too: the end of that is the end of all of them.
    out, error = program.communicate(timeout=60)
    assert (out, program.returncode) == ("", code)
    # Python itself has a word on what a killed program had no time to release.
    assert error == "" if number == signal.SIGINT else "Traceback" not in error
