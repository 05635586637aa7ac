"""The default position manager, ``targets``: it trades the whole difference."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.session.seats import AccountView, Pair


class WholeDifference:
    """Brings a pair from its position to its target in one go."""

    def difference(self, pair: Pair, target: int, position: int, account: AccountView) -> int:  # noqa: ARG002 - a seat
        """Return the signed lots to trade: the target less the position."""
        return target - position


def build_targets(config: object, context: PartContext) -> WholeDifference:  # noqa: ARG001 - it takes no keys
    """Build the ``targets`` position manager."""
    return WholeDifference()
