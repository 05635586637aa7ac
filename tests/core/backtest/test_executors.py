"""The core's executors keep their contract, take only keys that mean something, and are found as plugins."""

import builtins

import pytest

from logos.backtest.executors.config import DaskConfig, ProcessesConfig
from logos.backtest.executors.dask import open_dask
from logos.backtest.executors.inline import open_inline
from logos.backtest.executors.jobs import usable_cores
from logos.backtest.executors.processes import open_processes
from logos.domain.errors import InputError, PartFailedError, PluginError
from logos.plugins.registry import load_registry
from logos.session.jobs import Job
from logos.testing.contexts import part_context
from logos.testing.contract import check_config_class
from logos.testing.executors import ExecutorContract


class TestInline(ExecutorContract):
    def make_executor(self):
        return open_inline(None, part_context())


class TestProcesses(ExecutorContract):
    config = ProcessesConfig
    survives_lost_workers = True

    def make_executor(self):
        return open_processes(ProcessesConfig(workers=2), part_context())


@pytest.mark.parametrize("name", ["inline", "processes", "dask"])
def test_an_executor_is_offered_by_the_core(name):
    offer = next(one for one in load_registry().offers("executor") if one.name == name)
    assert offer.distribution == "logos-core"
    assert callable(offer.factory())


def test_the_keys_of_dask_are_explained():
    check_config_class(DaskConfig, "dask")


@pytest.mark.parametrize("config", [ProcessesConfig, DaskConfig])
@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused(config, workers):
    with pytest.raises(InputError, match=f"workers is {workers}, and must be at least 1"):
        config(workers=workers)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "127.0.0.1:8786", "tls://cluster.example:1", "[::1]:8786"])
def test_an_address_is_taken(address):
    assert DaskConfig(address=address).address == address


@pytest.mark.parametrize("address", ["", "localhost", "127.0.0.1:", "tcp://a b:1", "tcp://name:word@host:1", "a:b:c"])
def test_what_is_no_address_is_refused_and_not_repeated(address):
    with pytest.raises(InputError, match="address is not the address of a scheduler") as refused:
        DaskConfig(address=address)
    assert "word" not in str(refused.value)


def test_workers_are_refused_where_the_cluster_has_its_own():
    with pytest.raises(InputError, match="address and workers are both given"):
        DaskConfig(address="127.0.0.1:8786", workers=2)


def test_a_missing_library_is_named_with_the_line_that_installs_it(monkeypatch):
    whole = builtins.__import__

    def without(name, *arguments, **named):
        if name.partition(".")[0] == "distributed":
            raise ModuleNotFoundError(name)
        return whole(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PluginError) as refused:
        open_dask(DaskConfig(), part_context())
    assert "pip install 'logos-core[dask]'" in str(refused.value)


def test_there_is_a_core_to_use():
    assert usable_cores() >= 1


@pytest.mark.parametrize("shared", [{"bars": object()}, {"price": float("nan")}, {"symbols": {"A"}}])
def test_what_a_job_shares_must_be_json(shared):
    executor = open_inline(None, part_context())
    with pytest.raises(PartFailedError, match=r"what the job some\.where:begin shares is not made of JSON values"):
        list(executor.run(Job(target="some.where:begin", shared=shared), [1]))


def test_a_task_must_be_json():
    executor = open_inline(None, part_context())
    job = Job(target="logos.testing.executors:echoing", shared={})
    with pytest.raises(PartFailedError, match=r"task 1 of the job \S+ is not made of JSON values"):
        list(executor.run(job, [0, object()]))


def test_the_traceback_of_a_failed_task_is_kept():
    executor = open_inline(None, part_context())
    job = Job(target="logos.testing.executors:failing", shared={"task": 0, "message": "broken"})
    with pytest.raises(PartFailedError) as failed:
        list(executor.run(job, [0]))
    (note,) = failed.value.__notes__
    assert note.startswith("Traceback")
    assert 'raise ValueError(shared["message"])' in note


def test_an_interrupt_stops_the_inline_executor_and_is_not_taken_for_a_failure(tmp_path, monkeypatch):
    (tmp_path / "jobs_that_interrupt.py").write_text(
        "import signal\ndef begin(shared):\n    return lambda task: signal.raise_signal(signal.SIGINT)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    executor = open_inline(None, part_context())
    with pytest.raises(KeyboardInterrupt):
        list(executor.run(Job(target="jobs_that_interrupt:begin", shared={}), [0]))
