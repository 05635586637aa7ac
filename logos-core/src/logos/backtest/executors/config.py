"""The config of the core's executors."""

from __future__ import annotations

import re
from typing import Any

import attrs

from logos.domain.errors import InputError

_ADDRESS = re.compile(r"([a-z]+://)?(\[[0-9a-fA-F:]+\]|[^\s:/@\[\]]+):\d{1,5}")


def _positive(_instance: Any, attribute: attrs.Attribute[int | None], value: int | None) -> None:
    if value is not None and value < 1:
        raise InputError(
            f"{attribute.name} is {value}, and must be at least 1",
            hint="Leave it out for one worker a usable core",
        )


def _address(_instance: Any, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None and not _ADDRESS.fullmatch(value):
        # What was written there may carry a login, so it is not repeated.
        raise InputError(
            f"{attribute.name} is not the address of a scheduler",
            hint="Write host and port, such as tcp://127.0.0.1:8786, or leave it out for a cluster on this machine",
        )


@attrs.frozen(kw_only=True)
class ProcessesConfig:
    """The config of ``processes``.

    Attributes
    ----------
    workers:
        How many worker processes, at least 1; by default one for every core that this process may use.
    """

    workers: int | None = attrs.field(default=None, validator=_positive)


@attrs.frozen(kw_only=True)
class DaskConfig:
    """The config of ``dask``.

    Attributes
    ----------
    address:
        The address of a scheduler that is running, such as ``tcp://127.0.0.1:8786``; by default, a cluster is
        started on this machine and ended after the work.
    workers:
        How many worker processes the cluster on this machine has, at least 1; by default one for every core that
        this process may use.
    """

    address: str | None = attrs.field(default=None, validator=_address)
    workers: int | None = attrs.field(default=None, validator=_positive)

    def __attrs_post_init__(self) -> None:
        """Refuse a number of workers for a cluster that has its own."""
        if self.address is not None and self.workers is not None:
            raise InputError(
                "address and workers are both given, and a cluster that is running has its own workers",
                hint="Leave out one of them",
            )
