"""Every installed strategy as its page shows it: what it says of itself, its parameters, how it stands to checks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from decimal import Decimal
from threading import Lock
from typing import Any

import attrs

from logos.cli.strategies_commands import builder_of, check_offer, parameters_from, parameters_of
from logos.config.writing import plain_values, yaml_text
from logos.context.clock import SystemClock
from logos.context.redaction import redact_text
from logos.domain.errors import LogosError, PluginError
from logos.plugins.offers import PLUGIN, READY, Offer
from logos.plugins.registry import Registry
from logos.session.seats import ArrayStrategy
from logos.strategies.base import ParameterInfo
from logos.strategies.checks import CheckReport
from logos.ui.streamlit.data.caching import Kept
from logos.ui.streamlit.data.docstrings import as_markdown, summary_of
from logos.ui.streamlit.data.readings import Reading

_BROKEN = "Report it to the plugin's authors"


@attrs.frozen(kw_only=True)
class Sheet:
    """What is known of a strategy that can be built.

    Attributes
    ----------
    about:
        The docstring of its class, as Markdown; of what builds it where it cannot be built without parameters.
    lookback:
        Bars, at default parameters; ``None`` where a parameter has no default.
    array_form:
        Whether it answers for whole columns; ``None`` where it was not built.
    source:
        The module that it comes from.
    """

    summary: str
    about: str
    parameters: tuple[ParameterInfo, ...]
    lookback: int | None
    array_form: bool | None
    source: str

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the parameters without a default."""
        return tuple(one.name for one in self.parameters if one.required)


@attrs.frozen(kw_only=True)
class Strategy:
    """One offer of a strategy; ``name`` is what a config writes."""

    offer: Offer
    name: str
    sheet: Reading[Sheet]

    @property
    def state(self) -> str:
        """Whether it can be used, in a word."""
        return self.offer.status if self.offer.status != READY or self.sheet.usable else "broken"


@attrs.frozen(kw_only=True)
class Checked:
    """What the checks of ``logos strategies check`` found.

    Attributes
    ----------
    at:
        When they ended, in seconds since the epoch, UTC.
    """

    reports: tuple[CheckReport, ...]
    at: int

    @property
    def passed(self) -> bool:
        """Whether no check found a difference on any series."""
        return all(report.passed for report in self.reports)


def list_strategies(registry: Registry) -> tuple[Strategy, ...]:
    """Return every installed strategy in name order, also those that cannot be used."""
    offers = registry.offers("strategy")
    names = [offer.name for offer in offers]
    return tuple(
        Strategy(
            offer=offer, name=offer.qualified if names.count(offer.name) > 1 else offer.name, sheet=_sheet_of(offer)
        )
        for offer in offers
    )


def failed_plugins(registry: Registry) -> tuple[Offer, ...]:
    """Return the plugins that could not be loaded: nobody knows whether they have strategies."""
    return registry.offers(PLUGIN)


def look_ahead_check(offer: Offer) -> Reading[Checked]:
    """Put a strategy with default parameters to the checks of ``logos strategies check``, once a process and version.

    It takes about a second, on generated bars and those that come with the program; it writes nothing.
    """
    key = _key(offer)
    known = _CHECKS.get(key)
    if known is not None:
        return known
    with _CHECKING.setdefault(key, Lock()):  # two windows that ask at once wait for one answer
        known = _CHECKS.get(key)
        if known is None:
            known = _check(offer)
            _CHECKS.put(key, known)
    return known


def _check(offer: Offer) -> Reading[Checked]:
    try:
        reports = check_offer(offer, parameters_from(offer, ()))
    except LogosError as error:
        return Reading.damaged(redact_text(error.message), redact_text(error.hint))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's own code: shown as its fault
        return Reading.damaged(redact_text(f"{offer.qualified} cannot be checked: {_told(error)}"), _BROKEN)
    return Reading.ok(Checked(reports=tuple(reports), at=SystemClock().now()))


def _sheet_of(offer: Offer) -> Reading[Sheet]:
    if offer.status != READY:
        return Reading.damaged(redact_text(offer.fault), redact_text(offer.mend))
    known = _SHEETS.get(_key(offer))
    if known is None:
        known = _sheet(offer)
        _SHEETS.put(_key(offer), known)
    return known


def _sheet(offer: Offer) -> Reading[Sheet]:
    try:
        parameters = parameters_of(offer)
        if any(one.required for one in parameters):
            described: Any = _class_of(offer)
            lookback, array_form = None, None
        else:
            strategy = builder_of(offer, parameters_from(offer, ()))()
            described = type(strategy)
            lookback, array_form = _whole(offer, strategy.lookback), isinstance(strategy, ArrayStrategy)
        doc = inspect.getdoc(described)
    except LogosError as error:
        return Reading.damaged(redact_text(error.message), redact_text(error.hint))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's own code: shown as its fault
        return Reading.damaged(redact_text(f"{offer.qualified} cannot be described: {_told(error)}"), _BROKEN)
    return Reading.ok(
        Sheet(
            summary=redact_text(summary_of(doc) or offer.summary),
            about=redact_text(as_markdown(doc)),
            parameters=parameters,
            lookback=lookback,
            array_form=array_form,
            source=getattr(described, "__module__", ""),
        )
    )


def _class_of(offer: Offer) -> Any:
    """Return the class that a factory says it returns, which has the docstring; the factory where it says nothing."""
    factory = offer.factory()
    try:
        annotated = inspect.get_annotations(factory, eval_str=True).get("return")
    except Exception:  # noqa: BLE001 - an annotation that cannot be evaluated: the factory's own text serves
        annotated = None
    return annotated if isinstance(annotated, type) else factory


def _whole(offer: Offer, lookback: object) -> int:
    if isinstance(lookback, bool) or not isinstance(lookback, int):
        raise PluginError(f"{offer.qualified} has a look-back of {lookback!r}, expected a whole number", hint=_BROKEN)
    return lookback


def _key(offer: Offer) -> tuple[str, str]:
    return offer.qualified, offer.version


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def default_text(info: ParameterInfo) -> str:
    """Return a parameter's default as a config writes it; ``required`` where there is none."""
    return "required" if info.required else value_text(info.default)


def value_text(value: Any) -> str:
    """Return a value of a parameter as a config writes it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(plain_values(value))


def bound_text(value: Any) -> str:
    """Return a bound of a parameter, the thousands of a number grouped; empty for none."""
    return f"{value:,}" if isinstance(value, int | Decimal) and not isinstance(value, bool) else value_text(value)


def example_path(strategy: Strategy) -> str:
    """Return where the example's commands look for its config, relative to the workspace."""
    return f"configs/try_{strategy.offer.name}.yaml"


def example_config(strategy: Strategy, sheet: Sheet) -> str:
    """Return a config that runs the strategy with its defaults on bundled bars; required ones stand as a comment."""
    entry: dict[str, Any] = {"plugin": strategy.name, "name": strategy.offer.name}
    params = {one.name: plain_values(one.default) for one in sheet.parameters if not one.required}
    if params:
        entry["params"] = params
    values = {
        "session": {"name": f"try_{strategy.offer.name}"[:40]},
        "feed": {"plugin": "replay", "path": "bundled", "symbols": ["BTC-USD", "DEMO"]},
        "broker": {"plugin": "paper", "cash": "100000", "fees": {"taker_bps": "10"}},
        "strategies": [entry],
    }
    comments = [f"    # params.{name} has no default: add it\n" for name in sheet.required]
    return (yaml_text(values) + "".join(comments)).rstrip("\n")


def example_commands(strategy: Strategy, sheet: Sheet) -> str:
    """Return what to type: check it, backtest it, vary its parameters, trade it on paper."""
    path = example_path(strategy)
    check = [] if sheet.required else [f"logos strategies check {strategy.name}"]
    lines = [*check, f"logos backtest --config {path}"]
    params = [f"--param {name}={values}" for name, values in _varied(sheet)]
    if params:
        lines.append(" \\\n  ".join((f"logos sweep --config {path}", *params)))
    lines.append(f"logos trade --config {path}")
    return "\n".join(lines)


def _varied(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Yield the first two whole parameters with three values about their default, within their bounds."""
    found = 0
    for one in sheet.parameters:
        if one.type != "int" or one.required or found == 2:
            continue
        default = int(one.default)
        values = {default, max(default * 4 // 5, 1), default * 6 // 5}
        allowed = sorted(
            value
            for value in values
            if (one.low is None or value >= one.low) and (one.high is None or value <= one.high)
        )
        if len(allowed) > 1:
            found += 1
            yield one.name, ",".join(map(str, allowed))


_SHEETS: Kept[Reading[Sheet]] = Kept(256)
_CHECKS: Kept[Reading[Checked]] = Kept(256)
_CHECKING: dict[tuple[str, str], Lock] = {}
