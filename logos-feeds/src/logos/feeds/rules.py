"""What a config says about polling, in seconds."""

from __future__ import annotations

import attrs

from logos.domain.errors import InputError
from logos.domain.times import parse_duration
from logos.feeds.config import FORWARD_FILL, REFUSE, PollingConfig

CLOSED_EVERY = 300
"""How often, in seconds, a venue is asked while its market is closed: corrections may still come."""

FIRST_BACKOFF = 0.5
"""Seconds before the first retry; doubled for each further one."""

LONGEST_BACKOFF = 30.0
"""The ceiling of the wait before a retry, in seconds; what a venue asks for by itself may be longer."""


@attrs.frozen(kw_only=True)
class Rules:
    """A polling config with its durations in seconds; the fields are those of ``PollingConfig``.

    Attributes
    ----------
    interval:
        Length of a bar.
    overlap:
        How many bars before the first one wanted are asked for again: one at least, for the close to fill forward from.
    """

    interval: int
    poll_delay: int
    poll_every: int
    timeout: int
    patience: int
    retries: int
    circuit_failures: int
    circuit_pause: int
    overlap: int
    forward_fill: bool
    refuse_off_tick: bool

    @classmethod
    def of(cls, config: PollingConfig, interval: int) -> Rules:
        """Return the rules of a config.

        Raises
        ------
        InputError
            Where a wait does not fit into the interval.
        """
        _check_waits(config, interval)
        return cls(
            interval=interval,
            poll_delay=parse_duration(config.poll_delay),
            poll_every=parse_duration(config.poll_every),
            timeout=parse_duration(config.timeout),
            patience=parse_duration(config.patience),
            retries=config.retries,
            circuit_failures=config.circuit_failures,
            circuit_pause=parse_duration(config.circuit_pause),
            overlap=max(1, config.revision_bars),
            forward_fill=config.gaps == FORWARD_FILL,
            refuse_off_tick=config.off_tick == REFUSE,
        )


def _check_waits(config: PollingConfig, interval: int) -> None:
    if parse_duration(config.poll_delay) >= interval:
        raise InputError(
            f"poll_delay is {config.poll_delay}, and must be shorter than the interval, which is {interval} s",
            hint="It is the wait after a bar's close; the default is 2s",
        )
    if parse_duration(config.poll_every) > interval:
        raise InputError(
            f"poll_every is {config.poll_every}, and must be at most the interval, which is {interval} s",
            hint="It is how often a missing bar is asked for; the default is 5s",
        )
