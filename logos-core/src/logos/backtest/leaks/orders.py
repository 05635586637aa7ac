"""The probes that keep the bars: another order of registration, the same run again, and each strategy by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any

import attrs

from logos.backtest.leaks import report
from logos.backtest.leaks.altering import FROM_THE_START, Alteration
from logos.backtest.leaks.bench import Bench
from logos.backtest.leaks.recording import strategy_text
from logos.backtest.leaks.running import StoppedClock, play, play_alone, strategy_of
from logos.backtest.leaks.trace import Trace, divergences, signal_divergence
from logos.backtest.leaks.workspaces import Place
from logos.config.records import SessionConfig, StrategyEntry
from logos.config.session import load_session_config
from logos.config.writing import yaml_text
from logos.domain.bars import Bar
from logos.domain.errors import LogosError
from logos.domain.instruments import AssetClass, Instrument
from logos.plugins.registry import Registry, load_registry
from logos.session.seats import Pair
from logos.strategies.checks import CALLS, Difference, check_strategy

UNRELATED = Instrument(
    symbol="0-UNRELATED", asset_class=AssetClass.EQUITY, tick=Decimal("0.01"), lot=Decimal(1), currency="USD"
)
_PROBE_OF = {
    "answers": report.ANSWERS,
    "determinism": report.REPETITION,
    "shared_state": report.DISTURBANCE,
    "look_ahead": report.LOOK_AHEAD,
    "hidden_recursion": report.START_MOVED,
    "restart": report.START_MOVED,
    "array_form": report.ARRAY_FORM,
}
_ANOTHER_TIME = StoppedClock(1_700_000_000 + 3_501_331)
"""Later by a prime number of seconds, so that no remainder is the same."""


def repetition(bench: Bench) -> Iterator[str]:
    """Run once more in this process, after a run over other bars, and with the clock elsewhere; nothing may move."""
    yield "once more"
    clocks = [clock for clock, _ in bench.plain.slices]
    how = "in a run over other bars, which the second run was to follow"
    bench.run(Alteration(after=FROM_THE_START), report.REPETITION, how, cut=clocks[len(clocks) // 3] if clocks else 0)
    how = "in a second run in the same process, after one over other bars, with the clock elsewhere"
    trace = bench.run(Alteration(), report.REPETITION, how, clock=_ANOTHER_TIME)
    if trace is not None:
        bench.compare(report.REPETITION, trace, how)


# -- order of registration ---------------------------------------------------------------------------------------------


def registration_order(bench: Bench, registry: Registry, entry_points: Iterable[EntryPoint]) -> Iterator[str]:
    """Register everything in another order; nothing may move."""
    runs = compared = 0

    def backwards(place: Place) -> Trace:
        return play(reversed_config(place.config), place.workspace, bench.conditions(place, backwards=True))

    def reloaded(place: Place) -> Trace:
        config = _reloaded(bench, place.config, registry, entry_points)
        config = attrs.evolve(config, known_instruments={UNRELATED.symbol: UNRELATED, **config.known_instruments})
        return play(config, place.workspace, bench.conditions(place))

    for run, how in (
        (backwards, "where instruments, strategies and the signals of a slice came in the opposite order"),
        (reloaded, "where the config file and the entry points were reversed, and one more instrument was known"),
    ):
        yield how
        trace = bench.attempt(Alteration(), report.REGISTRATION_ORDER, how, run)
        if trace is not None:
            bench.compare(report.REGISTRATION_ORDER, trace, how)
            runs, compared = runs + 1, compared + trace.size
    yield "strategies in another order"
    how = "where the strategies of a slice were asked in the opposite order"
    alone = bench.run_strategies(Alteration(), report.REGISTRATION_ORDER, how, backwards=True)
    if alone is not None:
        # Within a slice the bars came in another order too, which is no difference.
        same_bars = attrs.evolve(alone, slices=bench.strategies.slices)
        for each in divergences(bench.strategies, same_bars, feed=bench.feed):
            bench.note(report.REGISTRATION_ORDER, each, how)
        runs, compared = runs + 1, compared + alone.size
    bench.cover(
        report.REGISTRATION_ORDER,
        runs,
        compared,
        "Everything, with the instruments, the strategies, their symbols, the signals of a slice and the plugins' "
        "entry points in the opposite order, and beside one more instrument. The order of guards has meaning, and "
        "stays.",
    )


def reversed_config(config: SessionConfig) -> SessionConfig:
    """Return a config whose mappings and lists run backwards; what is promised to be in name order stays."""
    return attrs.evolve(
        config,
        instruments=_reversed(config.instruments),
        known_instruments=_reversed(config.known_instruments),
        strategies=tuple(attrs.evolve(entry, symbols=entry.symbols[::-1]) for entry in reversed(config.strategies)),
    )


def _reversed(items: Mapping[str, Instrument]) -> dict[str, Instrument]:
    return {name: items[name] for name in reversed(list(items))}


def reversed_text(resolved: Mapping[str, Any]) -> str:
    """Return a resolved config as YAML, with its lists without meaning, and its sections, in the opposite order."""
    values = {name: resolved[name] for name in reversed(list(resolved))}
    if "instruments" in values:
        values["instruments"] = dict(reversed(list(values["instruments"].items())))
    values["feed"] = {**values["feed"], "symbols": list(reversed(values["feed"]["symbols"]))}
    values["strategies"] = [_reversed_entry(entry) for entry in reversed(values["strategies"])]
    return yaml_text(values)


def _reversed_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    symbols = entry.get("symbols")
    return {**entry, "symbols": list(reversed(symbols))} if symbols else dict(entry)


def _reloaded(
    bench: Bench, config: SessionConfig, registry: Registry, entry_points: Iterable[EntryPoint]
) -> SessionConfig:
    text = reversed_text(config.resolved)
    try:
        return load_session_config(text, load_registry(reversed(list(entry_points))), source="the config, reversed")
    except LogosError as error:
        bench.notes.append(f"{report.REGISTRATION_ORDER}: the plugins could not be loaded anew: {error.message}.")
        return load_session_config(text, registry, source="the config, reversed")


# -- each strategy by itself -------------------------------------------------------------------------------------------


def each_strategy(bench: Bench) -> Iterator[str]:
    """Ask each strategy alone, and put it to the checks of ``logos strategies check`` over the config's own bars."""
    pairs = list(bench.pairs())
    compared = forms = 0
    with bench.spaces.open(Alteration()) as place:
        for pair, entry in pairs:
            yield strategy_text(pair)
            bars = bench.bars_of(pair.symbol)
            if not bars:
                continue
            compared += _compare_alone(bench, pair, place.config, place.workspace, (entry, bars))
            found = check_strategy(
                strategy_of(place.config, place.workspace, entry), bars, calls=max(4_000, CALLS // len(pairs))
            )
            for difference in _first_ones(found.differences):
                _note(bench, pair, difference)
            compared += sum(found.compared.values())
            forms += "array_form" in found.compared
    bench.cover(
        report.ARRAY_FORM,
        len(pairs),
        compared,
        f"Every strategy by itself on its own bars: alone, again, beside another instance, on shortened and altered "
        f"series, from its look-back alone; and {forms} of {len(pairs)} have an array form, which was compared.",
    )


def _compare_alone(
    bench: Bench, pair: Pair, config: SessionConfig, workspace: Any, what: tuple[StrategyEntry, Sequence[Bar]]
) -> int:
    entry, bars = what
    part = strategy_text(pair)
    how = "where no other strategy ran beside it"
    try:
        answers = play_alone(config, workspace, bars, entry)
    except Exception as error:  # noqa: BLE001 - a strategy that raises when it is alone has failed the probe
        bench.add(report.DISTURBANCE, part, "an answer at every bar", f"{type(error).__name__}: {error}", how)
        return 0
    for expected, values in zip(bench.strategies.signals[part], answers, strict=False):
        if expected[1] != values:
            bench.note(report.DISTURBANCE, signal_divergence(part, expected, (expected[0], values)), how)
            break
    return len(answers)


def _first_ones(differences: Sequence[Difference]) -> list[Difference]:
    """Return the first difference, which the others may follow from, and that of the array form."""
    others = [each for each in differences if each.check != "array_form"]
    return [*others[:1], *(each for each in differences if each.check == "array_form")]


def _note(bench: Bench, pair: Pair, difference: Difference) -> None:
    bench.add(
        _PROBE_OF[difference.check],
        strategy_text(pair),
        f"{difference.field} {difference.expected}",
        f"{difference.field} {difference.found}",
        f"at its bar {difference.bar}, {difference.how}",
        clock=difference.timestamp + bench.config.interval,
    )
