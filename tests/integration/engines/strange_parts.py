"""Parts that a third party might bring, and that would show a difference between the engines if there were one."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from logos.domain.columns import SignalColumns
from logos.domain.errors import InputError
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Signal
from logos.plugins import GuardPart, StrategyPart, hookimpl
from logos.session.seats import Guard


@attrs.frozen(kw_only=True)
class Seconds:
    seconds: int = 300


class Opening(Guard):
    """Lets no order go out that increases within some seconds after the session's first slice."""

    def __init__(self, seconds):
        self._seconds = seconds

    def judge(self, intent, session):
        if intent.reduces or session.clock - session.started_at >= self._seconds:
            return None
        return f"too early: {session.clock - session.started_at} after {session.started_at}"


class Remembering(Guard):
    """Has a memory of every slice, order and answer, and no word for the quick engines: they must show it all."""

    def __init__(self):
        self._slices = self._ordered = self._answered = 0

    def inspect(self, session):
        self._slices += 1
        return f"seen enough: {self._slices}" if self._slices > 120 and self._answered % 7 == 6 else None

    def judge(self, intent, session):
        seen = (self._slices, self._ordered, self._answered)
        return f"not now: {seen}" if not intent.reduces and sum(seen) % 5 == 0 else None

    def ordered(self, intent, session):
        self._ordered += 1

    def answered(self, event, session):
        self._answered += 1


@attrs.frozen(kw_only=True)
class Steps:
    levels: int = 3
    late: int = 0
    refuse: bool = False
    breaks_at: int = 0


class Fractions:
    """Wants a fraction of its share that changes with the price; its array form may lag from some bar on."""

    lookback = 1

    def __init__(self, params):
        self._params = params

    def on_bar(self, bar):
        return Signal(bar.close % self._params.levels * RATIO_ONE // self._params.levels)

    def signals(self, bars):
        value = bars.close % self._params.levels * RATIO_ONE // self._params.levels
        if self._params.late:
            value = np.concatenate([value[: self._params.late], value[self._params.late - 1 : -1]])
        return SignalColumns(first=0, value=value)


class Breaking:
    """Alternates, and breaks at a bar; it has no array form."""

    lookback = 1

    def __init__(self, at):
        self._at, self._bars = at, 0

    def on_bar(self, bar):
        self._bars += 1
        if self._bars == self._at:
            raise ZeroDivisionError("broken on purpose")
        return Signal(self._bars // 4 % 2 * RATIO_ONE)


def breaking(config: Steps, context: Any) -> Breaking:
    return Breaking(config.breaks_at)


def opening(config: Seconds, context: Any) -> Opening:
    return Opening(config.seconds)


def remembering(config: Any, context: Any) -> Remembering:
    return Remembering()


def fractions(config: Steps, context: Any) -> Fractions:
    if config.refuse:
        raise InputError("these steps are refused by the factory")
    return Fractions(config)


@hookimpl
def logos_guards():
    yield GuardPart(name="opening", summary="x", target="strange_parts:opening", config="strange_parts:Seconds")
    yield GuardPart(name="remembering", summary="x", target="strange_parts:remembering")


@hookimpl
def logos_strategies():
    yield StrategyPart(name="fractions", summary="x", target="strange_parts:fractions", config="strange_parts:Steps")
    yield StrategyPart(name="breaking", summary="x", target="strange_parts:breaking", config="strange_parts:Steps")
