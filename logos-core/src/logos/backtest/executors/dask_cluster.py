"""Dask clusters: one of our own on this machine, or a connection to one that is running."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import distributed
from distributed.versions import VersionMismatchWarning, get_versions

from logos.backtest.executors.jobs import MOST_RETRIES
from logos.domain.errors import InputError, PartFailedError

PATIENCE = 5
"""Seconds in which a scheduler must answer, and a cluster that is running must show a worker."""

_NOTICE = 0.5
"""Seconds that a worker has to end by itself before it is killed."""

_SAME = ("python", "distributed", "logos-core", "numpy")
"""What must have the same version everywhere, so that the same task has the same result."""

_DASK: Any = distributed  # its classes have no complete annotations


def dask_setup(worker: object) -> None:  # noqa: ARG001 - Dask calls it, by this name, in every worker of our own
    """Send what tasks print to standard error: standard output belongs to the program's own answer."""
    os.dup2(2, 1)


def open_local(workers: int, resources: ExitStack) -> Any:
    """Start a cluster on this machine, reachable from this machine alone.

    Parameters
    ----------
    workers:
        How many worker processes, with one thread each.
    resources:
        Closes everything that is opened here.

    Returns
    -------
    Its ``distributed.Client``.

    Raises
    ------
    PartFailedError
        Where it does not start.
    """
    folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="logos-dask-", ignore_cleanup_errors=True))
    with _interrupts_stay_here(), _one_task_a_worker():
        try:
            cluster = _DASK.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False, "allowed_failures": MOST_RETRIES},
                local_directory=folder,
                # The pages of mapped files would be counted as a worker's own memory.
                memory_limit=0,
                silence_logs=logging.CRITICAL,
                config={"logging": {"distributed": "critical"}},
                preload=__name__,
            )
        except (OSError, RuntimeError) as error:
            raise PartFailedError(
                f"the Dask cluster on this machine does not start: {type(error).__name__}: {error}",
                hint="Use executor processes, which needs no network",
            ) from error
        resources.callback(_end, cluster)
        return resources.enter_context(_DASK.Client(cluster, set_as_default=False))


def open_running(address: str, resources: ExitStack) -> Any:
    """Connect to a cluster that is running.

    Parameters
    ----------
    resources:
        Closes the connection.

    Returns
    -------
    The ``distributed.Client``.

    Raises
    ------
    InputError
        Where nothing answers there, it has no workers, or other versions than here.
    """
    with warnings.catch_warnings():
        # Versions are compared below, and a difference that matters is an error.
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            client = _DASK.Client(address, timeout=PATIENCE, set_as_default=False)
        except Exception as error:  # what a stranger answers can break the handshake in any way
            raise InputError(
                f"no Dask scheduler that can be used answers at {address} within {PATIENCE} seconds: "
                f"{type(error).__name__}: {error}",
                hint="Start one with: dask scheduler, or leave out the address for a cluster on this machine",
            ) from error
    resources.enter_context(client)
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise InputError(
            f"the Dask cluster at {address} has no workers", hint=f"Start one with: dask worker {address}"
        ) from error
    _check_versions(client, address)
    return client


def _end(cluster: Any) -> None:
    """End a cluster of our own; it would give a worker five seconds to finish what is wanted no longer."""

    async def end_workers() -> None:
        await asyncio.gather(*(nanny.close(timeout=_NOTICE) for nanny in cluster.workers.values()))

    cluster.sync(end_workers)
    cluster.close()


def _check_versions(client: Any, address: str) -> None:
    found = client.get_versions(packages=["logos-core"])
    here = _versions(get_versions(packages=["logos-core"]))
    # The scheduler passes texts on and does no task, so it needs neither Logos nor numpy.
    nodes = {"the scheduler": {name: _versions(found["scheduler"])[name] for name in ("python", "distributed")}}
    nodes |= {f"worker {name}": _versions(found["workers"][name]) for name in sorted(found["workers"])}
    for node, versions in nodes.items():
        for name, version in versions.items():
            if version != here[name]:
                raise InputError(
                    f"{node} of the Dask cluster at {address} has {name} {version or 'not at all'}, "
                    f"and here it is {here[name]}",
                    hint="Install the same versions on all machines: the same task could have another result",
                )


def _versions(described: Mapping[str, Any]) -> dict[str, str | None]:
    packages = described["packages"]
    versions = {name: packages.get(name) for name in _SAME}
    # Such as 3.11.7.final.0, of which major and minor count.
    return versions | {"python": ".".join(packages["python"].split(".")[:2])}


@contextmanager
def _interrupts_stay_here() -> Iterator[None]:
    """Keep Ctrl-C from every thread that is started in here, and so from all processes that those start later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_task_a_worker() -> Iterator[None]:
    """Let a scheduler that is made in here give a worker the task that it does, and none to wait behind it.

    The death of a worker is counted against every task that it has.
    """
    settings = _DASK.config["distributed"]["scheduler"]
    before = settings["worker-saturation"]
    settings["worker-saturation"] = 1.0
    try:
        yield
    finally:
        settings["worker-saturation"] = before
