"""The config section of the replay feed. Symbols and interval belong to every feed, and come with the context."""

from __future__ import annotations

import attrs

from logos.domain.errors import InputError
from logos.domain.validating import one_of

REFUSE = "refuse"
QUARANTINE = "quarantine"
ROUND = "round"
BUNDLED = "bundled"


def _not_empty(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value.strip():
        raise InputError(f"{attribute.name} is empty", hint=f"Name a cache folder, such as data/cache, or {BUNDLED}")
    if "://" in value:
        # Addresses carry logins, so it is not repeated.
        raise InputError(f"{attribute.name} is an address, and must be a folder", hint="Replay reads files only")


@attrs.frozen(kw_only=True)
class ReplayConfig:
    """What the replay feed reads, and what it does with rows that are not right.

    Attributes
    ----------
    path:
        The cache folder, relative to the workspace root; ``bundled`` for the simulated bars that come with the program.
    on_bad_row:
        ``refuse`` the file, or ``quarantine`` the row: leave it out, and report it with file and line.
    off_tick:
        For a price between two ticks: ``refuse`` the file, or ``round`` to the nearest (half to even) and count it.
    """

    path: str = attrs.field(validator=_not_empty)
    on_bad_row: str = attrs.field(default=REFUSE, validator=one_of(REFUSE, QUARANTINE))
    off_tick: str = attrs.field(default=REFUSE, validator=one_of(REFUSE, ROUND))
