"""What this distribution offers. Entry point of the group ``logos.v1``."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import GuardPart, hookimpl


@hookimpl
def logos_guards() -> Iterator[GuardPart]:
    """Yield the one guard."""
    yield GuardPart(
        name="quiet_hours",
        summary="Blocks orders that increase exposure between two times of day",
        target="quiet_hours.guard:open_quiet_hours",
        config="quiet_hours.config:QuietHoursConfig",
        capabilities=frozenset({"blocks"}),
    )
