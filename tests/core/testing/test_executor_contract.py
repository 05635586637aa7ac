"""The executors' contract passes an honest executor, and for each case fails one that breaks just that."""

import json

import attrs
import pytest

from logos.backtest.executors.inline import Inline
from logos.backtest.executors.jobs import Work, encode_job, encode_task, result_of
from logos.domain.errors import PartFailedError
from logos.session.jobs import Job
from logos.testing.executors import ExecutorContract


@attrs.frozen(kw_only=True)
class Explained:
    """Keys of an executor.

    Attributes
    ----------
    queue:
        Where tasks wait.
    """

    queue: str = "default"


@attrs.frozen(kw_only=True)
class Unexplained:
    """Keys of an executor."""

    queue: str = "default"


class Backwards(Inline):
    """Gives results in an order of its own, as an executor may."""

    def run(self, job, tasks):
        work = Work(encode_job(job))
        for number in reversed(range(len(tasks))):
            yield number, result_of(job, number, work.do(encode_task(job, number, tasks[number])))


class LosesTheLast(Inline):
    def run(self, job, tasks):
        results = list(super().run(job, tasks))
        yield from results[: max(1, len(results) - 1)] if len(results) > 30 else results


class ShortensFloats(Inline):
    def run(self, job, tasks):
        for number, result in super().run(job, tasks):
            yield number, round(result, 6) if isinstance(result, float) else result


class SortsKeys(Inline):
    def run(self, job, tasks):
        for number, result in super().run(job, tasks):
            yield number, json.loads(json.dumps(result, sort_keys=True))


class PassesObjects(Inline):
    """Hands over the caller's own objects where a job spoils them."""

    def run(self, job, tasks):
        if not job.target.endswith(":spoiling"):
            yield from super().run(job, tasks)
            return
        module, _, name = job.target.partition(":")
        do = getattr(__import__(module, fromlist=[name]), name)(job.shared)
        for number, task in enumerate(tasks):
            yield number, do(task)


class BeginsForEveryTask(Inline):
    def run(self, job, tasks):
        for number, task in enumerate(tasks):
            work = Work(encode_job(job))
            yield number, result_of(job, number, work.do(encode_task(job, number, task)))


class KeepsTheFirstJob(Inline):
    """Takes a job of the same name for the same job."""

    def __init__(self):
        self.jobs = {}

    def run(self, job, tasks):
        if job.target.endswith(":counting"):
            job = self.jobs.setdefault(job.target, job)
            work = self.jobs.setdefault(f"work of {job.target}", Work(encode_job(job)))
            for number, task in enumerate(tasks):
                yield number, result_of(job, number, work.do(encode_task(job, number, task)))
        else:
            yield from super().run(job, tasks)


class SkipsFailures(Inline):
    def run(self, job, tasks):
        try:
            yield from super().run(job, tasks)
        except PartFailedError as error:
            if "begin" in str(error):
                raise


class RaisesItsOwn(Inline):
    def run(self, job, tasks):
        try:
            yield from super().run(job, tasks)
        except PartFailedError as error:
            if "could not begin" in str(error):
                raise RuntimeError(str(error)) from error
            raise


class RemembersResults(Inline):
    """Gives what an earlier run has left over."""

    def __init__(self):
        self.left = []

    def run(self, job, tasks):
        results = self.left or list(super().run(job, tasks))
        self.left = []
        for index, found in enumerate(results):
            self.left = results[index + 1 :]
            yield found


class ClosesOnce(Inline):
    closed = False

    def close(self):
        if self.closed:
            message = "closed already"
            raise RuntimeError(message)
        self.closed = True


class ForgetsTheKilled(Inline):
    """As one whose workers die with their tasks: the killed task has no result."""

    def run(self, job, tasks):
        if not job.target.endswith(":killing"):
            yield from super().run(job, tasks)
            return
        echoes = Job(target="logos.testing.executors:echoing", shared={})
        for number, result in super().run(echoes, [task * 10 for task in tasks]):
            if number != job.shared["task"]:
                yield number, result


def contract(executor, keys=Explained, survives=False):
    class Held(ExecutorContract):
        config = keys
        survives_lost_workers = survives

        def make_executor(self):
            return executor()

    return Held()


@pytest.mark.parametrize("executor", [Inline, Backwards])
def test_honest_executor_passes_every_case(executor):
    assert contract(executor).failing() == {}


def test_cases_are_numbered_without_a_gap():
    assert list(ExecutorContract.cases()) == [f"X-0{number}" for number in range(1, 10)]


@pytest.mark.parametrize(
    ("executor", "keys", "survives", "case"),
    [
        (LosesTheLast, Explained, False, "X-01"),
        (ShortensFloats, Explained, False, "X-02"),
        (SortsKeys, Explained, False, "X-02"),
        (PassesObjects, Explained, False, "X-03"),
        (BeginsForEveryTask, Explained, False, "X-04"),
        (KeepsTheFirstJob, Explained, False, "X-04"),
        (SkipsFailures, Explained, False, "X-05"),
        (RaisesItsOwn, Explained, False, "X-06"),
        (RemembersResults, Explained, False, "X-07"),
        (ClosesOnce, Explained, False, "X-07"),
        (ForgetsTheKilled, Explained, True, "X-08"),
        (Inline, Unexplained, False, "X-09"),
    ],
)
def test_wrong_executor_fails_its_case_alone(executor, keys, survives, case):
    faults = contract(executor, keys, survives).failing()
    assert list(faults) == [case]
    assert case in faults[case]
