"""Where each (strategy, symbol) pair stands: its signal, its target, its share of the position."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.orders import Signal
from logos.session.seats import Pair, Strategy


@attrs.define(kw_only=True, eq=False)
class PairState:
    """One pair of a running session.

    Attributes
    ----------
    value:
        The last signal's value; ``None`` before the first signal.
    signal:
        The last signal that changed the value: it says how the target is to be ordered.
    weight:
        The target as a share of equity in hundred-millionths, where the allocator gave one.
    target:
        The target in signed lots, held until the signal changes.
    note:
        Why the target is not what was asked for; may be empty.
    position:
        The signed lots that this pair's orders have brought in.
    orders:
        The numbers of the pair's working orders.
    retry:
        Whether a blocked order that reduces exposure is to be tried again.
    refused:
        The reason code of the last refusal, so that a repeated one is not written again.
    """

    pair: Pair
    instrument: Instrument
    strategy: Strategy
    on_bar: Callable[[Bar], Signal | None] = attrs.field(init=False)
    value: int | None = None
    signal: Signal | None = None
    weight: int | None = None
    target: int = 0
    note: str = ""
    position: int = 0
    orders: list[int] = attrs.field(factory=list)
    retry: bool = False
    refused: str = ""

    def __attrs_post_init__(self) -> None:
        self.on_bar = self.strategy.on_bar
