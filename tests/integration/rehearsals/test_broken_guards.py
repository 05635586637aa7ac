"""Rehearsals notice guards that are broken in ways that one order at a limit does not show."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from logos.context.clock import SystemClock
from logos.domain.orders import Side
from logos.proofs.rehearsing.planning import plan
from logos.proofs.rehearsing.records import FAIL, PASS, Drill
from logos.proofs.rehearsing.running import run_drill
from logos.risk import exposure
from logos.risk.drawdown import Drawdown
from logos.risk.exposure import Exposure, ExposureGuard
from logos.risk.max_notional import MaxNotional
from logos.risk.order_rate import OrderRate
from logos.risk.reject_rate import RejectRate
from logos.risk.window import Window

NOTIONAL = '{plugin: max_notional, limit: "60000"}'
EXPOSURE = '{plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}'
NEUTRAL = '{plugin: exposure, gross: "2", net: "0.2", per_symbol: "0.3"}'
DRAWDOWN = '{plugin: drawdown, max: "0.20", daily: "0.10"}'
REJECTS = "{plugin: reject_rate, max: 5, per: 10m}"
ORDERS = "{plugin: order_rate, max: 6, per: 1m}"

Break = Callable[[pytest.MonkeyPatch], None]


def no_sale(patch: pytest.MonkeyPatch) -> None:
    judge = MaxNotional.judge
    patch.setattr(
        MaxNotional, "judge", lambda self, one, view: None if one.side is Side.SELL else judge(self, one, view)
    )


def no_increasing_sale(patch: pytest.MonkeyPatch) -> None:
    judge = MaxNotional.judge

    def broken(self, intent, view):
        increases = intent.side is Side.SELL and view.account.position(intent.instrument.symbol) < 0
        return None if increases else judge(self, intent, view)

    patch.setattr(MaxNotional, "judge", broken)


def no_opening_sale(patch: pytest.MonkeyPatch) -> None:
    judge = MaxNotional.judge

    def broken(self, intent, view):
        opens = intent.side is Side.SELL and not view.account.position(intent.instrument.symbol)
        return None if opens else judge(self, intent, view)

    patch.setattr(MaxNotional, "judge", broken)


def reducing_blocked(patch: pytest.MonkeyPatch) -> None:
    judge = MaxNotional.judge
    patch.setattr(MaxNotional, "judge", lambda self, one, view: judge(self, attrs.evolve(one, reduces=False), view))


def unconverted(patch: pytest.MonkeyPatch) -> None:
    def broken(self, intent, view):
        value = Fraction(intent.instrument.tick) * Fraction(intent.instrument.lot) * intent.decision_price
        return "too much" if value * intent.quantity * 10**self._decimals > self._limit else None

    patch.setattr(MaxNotional, "judge", broken)


def summing(*, working: bool = True, low: bool = True, sales: bool = True) -> Break:
    """Return what breaks how exposure is added up: without working orders, without the low side, with sales as buys."""

    def worst(_self, view, own, signed):
        gross = highest = lowest = own_worst = 0
        for symbol in view.symbols:
            position = view.account.position(symbol)
            buys, sells = view.working(symbol) if working else (0, 0)
            if symbol == own:
                buys, sells = (buys + signed, sells) if signed > 0 else (buys, sells - signed)
            if position or buys or sells:
                one = exposure._value(view, symbol, position + buys)
                other = exposure._value(view, symbol, position - sells)
                side = max(abs(one), abs(other)) if low else abs(one)
                gross, highest, lowest = gross + side, highest + one, lowest + (other if sales else one)
                own_worst = side if symbol == own else own_worst
        return Exposure(gross, highest, lowest, own_worst)

    return lambda patch: patch.setattr(ExposureGuard, "_worst", worst)


def no_short(patch: pytest.MonkeyPatch) -> None:
    value = exposure._value
    patch.setattr(exposure, "_value", lambda *arguments: max(0, value(*arguments)))


def without(name: str, beside: str) -> Break:
    """Return what makes exposure ignore a limit where another one is set."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        init = ExposureGuard.__init__

        def wrong(self, *limits: Decimal | None) -> None:
            init(self, *limits)
            if getattr(self, f"_{beside}") is not None:
                setattr(self, f"_{name}", None)

        patch.setattr(ExposureGuard, "__init__", wrong)

    return broken


def no_max_beside_daily(patch: pytest.MonkeyPatch) -> None:
    init = Drawdown.__init__
    patch.setattr(
        Drawdown, "__init__", lambda self, most, daily, *rest: init(self, None if daily else most, daily, *rest)
    )


def no_daily_beside_max(patch: pytest.MonkeyPatch) -> None:
    init = Drawdown.__init__
    patch.setattr(
        Drawdown, "__init__", lambda self, most, daily, *rest: init(self, most, None if most else daily, *rest)
    )


def forgets(name: str) -> Break:
    """Return what makes drawdown take one thing of a snapshot not back: the peak, the base of the day."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        restore = Drawdown.restore
        patch.setattr(
            Drawdown, "restore", lambda self, state: restore(self, {**state, name: getattr(self, f"_{name}")})
        )

    return broken


def peak_of_now(patch: pytest.MonkeyPatch) -> None:
    restore = Drawdown.restore
    patch.setattr(Drawdown, "restore", lambda self, state: restore(self, {**state, "peak": state["last"]}))


def never_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Window, "add", lambda self, clock: self.times.append(clock))
    patch.setattr(Window, "count", lambda self, _clock: len(self.times))


def one_second(patch: pytest.MonkeyPatch) -> None:
    init = Window.__init__
    patch.setattr(Window, "__init__", lambda self, _seconds: init(self, 1))


def restores_nothing(guard: type) -> Break:
    return lambda patch: patch.setattr(guard, "restore", lambda _self, _state: None)


def each(*broken: tuple[str, Break, str], long: bool = False) -> list[object]:
    marks = [pytest.mark.long] if long else []
    return [pytest.param(line, fault, id=name, marks=marks) for name, fault, line in broken]


BROKEN = [
    *each(
        ("max_notional ignores sales", no_sale, NOTIONAL),
        ("max_notional without conversion", unconverted, NOTIONAL),
        ("exposure ignores shorts", no_short, EXPOSURE),
        ("exposure ignores gross beside net", without("gross", "net"), EXPOSURE),
        ("exposure ignores working orders", summing(working=False), EXPOSURE),
        ("exposure net of sales", summing(sales=False), EXPOSURE),
        ("drawdown ignores max beside daily", no_max_beside_daily, DRAWDOWN),
        ("drawdown forgets its peak", forgets("peak"), DRAWDOWN),
        ("order_rate is never over", never_over, ORDERS),
        ("order_rate of a second", one_second, ORDERS),
        ("order_rate restores nothing", restores_nothing(OrderRate), ORDERS),
        ("reject_rate is never over", never_over, REJECTS),
        ("reject_rate restores nothing", restores_nothing(RejectRate), REJECTS),
    ),
    *each(
        ("max_notional ignores increasing sales", no_increasing_sale, NOTIONAL),
        ("max_notional ignores opening sales", no_opening_sale, NOTIONAL),
        ("max_notional blocks what reduces", reducing_blocked, NOTIONAL),
        ("exposure without the low side", summing(low=False), EXPOSURE),
        ("exposure ignores per_symbol beside gross", without("per_symbol", "gross"), EXPOSURE),
        ("exposure ignores net beside gross", without("net", "gross"), NEUTRAL),
        ("exposure ignores per_symbol beside net", without("per_symbol", "net"), NEUTRAL),
        ("exposure ignores gross beside a small net", without("gross", "net"), NEUTRAL),
        ("drawdown ignores daily beside max", no_daily_beside_max, DRAWDOWN),
        ("drawdown restores the equity as its peak", peak_of_now, DRAWDOWN),
        ("drawdown forgets the base of the day", forgets("base"), DRAWDOWN),
        ("reject_rate of a second", one_second, REJECTS),
        long=True,
    ),
]


def drills_of(config, registry) -> list[Drill]:
    (guard,) = config.guards
    return [step for step in plan(config, registry, only=guard.name, modes=False) if isinstance(step, Drill)]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("line", "fault"), BROKEN)
def test_a_broken_guard_fails_its_rehearsal(line, fault, config_with, registry, tmp_path, monkeypatch) -> None:
    drills = drills_of(config_with(line), registry)
    fault(monkeypatch)
    results = (run_drill(drill, tmp_path / drill.slug, registry, SystemClock()) for drill in reversed(drills))
    failed = next((result for result in results if result.verdict == FAIL), None)
    assert failed is not None
    assert "error" not in failed.happened


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "line",
    [
        NEUTRAL,
        pytest.param(EXPOSURE, marks=pytest.mark.long),
        pytest.param(DRAWDOWN, marks=pytest.mark.long),
        pytest.param(NOTIONAL, marks=pytest.mark.long),
        pytest.param('{plugin: drawdown, max: "0.05", daily: "0.3"}', marks=pytest.mark.long),
        pytest.param('{plugin: exposure, gross: "3", per_symbol: "0.05"}', marks=pytest.mark.long),
        pytest.param('{plugin: exposure, gross: "0.5", net: "0.4"}', marks=pytest.mark.long),
        pytest.param("{plugin: order_rate, max: 1, per: 1d}", marks=pytest.mark.long),
        pytest.param("{plugin: reject_rate, max: 2, per: 90s}", marks=pytest.mark.long),
    ],
)
def test_a_sound_guard_passes_with_all_its_limits(line, config_with, registry, tmp_path) -> None:
    drills = drills_of(config_with(line), registry)
    results = [run_drill(drill, tmp_path / drill.slug, registry, SystemClock()) for drill in drills]
    assert {result.name: dict(result.happened) for result in results if result.verdict != PASS} == {}
