"""What is known of a session before it starts: for the remarks of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

import attrs

from logos.context.parts import PartContext
from logos.domain.errors import Problem


@attrs.frozen(kw_only=True)
class Outlook:
    """A session that could start.

    Attributes
    ----------
    feed, broker:
        The short names of the plugins.
    polled:
        Whether bars come as time passes, so that they can fail to come.
    outside:
        Whether the broker works with a venue.
    bars:
        How many bars each symbol has; nothing for a polled feed.
    spans:
        The open times of the first and the last of them, in seconds since the epoch, UTC, where they are known.
    """

    context: PartContext
    feed: str
    broker: str
    polled: bool
    outside: bool
    bars: Mapping[str, int]
    spans: Mapping[str, tuple[int, int]] = attrs.field(factory=dict)


@runtime_checkable
class Remarking(Protocol):
    """A config class that can tell what is odd about its own values, such as a limit that can never be reached.

    ``logos config check`` shows remarks as warnings. What is wrong is no remark: a validator refuses it.
    """

    def remarks(self, outlook: Outlook) -> Iterable[Problem]:
        """Yield remarks; ``path`` is the key that they are about, or empty for all of them."""
