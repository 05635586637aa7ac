"""The tables of a portfolio: its last rebalance, how it stands to its benchmarks, its limits, what was given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from logos.context.redaction import redact_text
from logos.ui.streamlit.components.empty import empty_card
from logos.ui.streamlit.components.tables import plain_table, signed_table
from logos.ui.streamlit.data.portfolio_files import Rebalance
from logos.ui.streamlit.data.weights import Weights
from logos.ui.streamlit.design.formats import MISSING, count, money, number, percent, when

_MOST_PLAIN = 25
_MOST_NOTES = 50

LAST_NOTE = (
    "Target and held are shares of equity, held at the close of the slice after the decision. "
    "Share of risk is the share of the variance that was expected of the targets."
)
_LAST_COLUMNS = ("Symbol", "Target", "Held", "Difference (pp)", "Share of risk")


def last_table(weights: Weights, *, key: str) -> None:
    """Draw target and held weight of each symbol at the last rebalance, the largest target first."""
    order = np.argsort(-np.abs(np.nan_to_num(weights.target[-1])), kind="stable")
    if len(order) <= _MOST_PLAIN:
        _plain_last(weights, order)
    else:
        _long_last(weights, order, key=key)


def _plain_last(weights: Weights, order: Any) -> None:
    rows = []
    for index in order:
        target, actual = (float(table[-1, index]) for table in (weights.target, weights.actual))
        apart = number(100 * (actual - target), signed=True)
        rows.append(
            (weights.symbols[index], percent(target), percent(actual), apart, percent(float(weights.risk[-1, index])))
        )
    plain_table("Target and held weights at the last rebalance", _LAST_COLUMNS, rows, numeric=_LAST_COLUMNS[1:])


def _long_last(weights: Weights, order: Any, *, key: str) -> None:
    target, actual, risk = (100 * table[-1][order] for table in (weights.target, weights.actual, weights.risk))
    values = (target, actual, np.round(actual - target, 2) + 0.0, risk)
    table = {"Symbol": pa.array([weights.symbols[index] for index in order], pa.string())}
    table |= {
        name: pa.array(column, pa.float64(), from_pandas=True)
        for name, column in zip(_LAST_COLUMNS[1:], values, strict=True)
    }
    shown = (_of_hundred, _of_hundred, partial(number, signed=True), _of_hundred)
    st.dataframe(
        signed_table(pa.table(table), dict(zip(_LAST_COLUMNS[1:], shown, strict=True))),
        key=key,
        hide_index=True,
        height=420,
        placeholder=MISSING,
        alt="Target and held weights of every symbol at the last rebalance, largest target first",
    )


def _of_hundred(value: float) -> str:
    return f"{number(value)}%"


_COMPARED = (
    ("total_return", "Total return", "signed"),
    ("cagr", "CAGR", "signed"),
    ("volatility", "Volatility, a year", "percent"),
    ("sharpe", "Sharpe ratio, a year, ± error", "sharpe"),
    ("max_drawdown", "Max drawdown", "percent"),
    ("turnover", "Turnover, a year", "times"),
    ("cost_drag", "Cost drag, a year", "percent"),
    ("effective_assets", "Effective assets", "number"),
)
_DIFFERENCE = ("sharpe_difference", "Sharpe ratio less the portfolio's, ± error", "difference")


_WITHIN_NOISE = (
    "The last column is the benchmark's ratio less the portfolio's; below twice its standard error it is within "
    "noise, and it is left out where the two cannot be ranked."
)
_NOT_RANKED = (
    "Nobody is ranked: there are too few trading days to tell the Sharpe ratios apart, or spans, bars or costs differ."
)


def comparison_table(lines: Sequence[Mapping[str, str]], *, few: str = "") -> None:
    """Draw the rows of ``comparison.csv``, and say whether anybody may be called the better.

    Parameters
    ----------
    few:
        How many days there are where they are too few for figures a year to be judged by; empty where they are enough.
    """
    ranked = any(line.get(_DIFFERENCE[0]) for line in lines)
    shown = (*_COMPARED, _DIFFERENCE) if ranked else _COMPARED
    columns = ("Allocator", *(label for _, label, _ in shown))
    rows = [(line.get("allocator", ""), *(_cell(line, *one[::2]) for one in shown)) for line in lines]
    with st.container(key="portfolio-compared"):
        st.html("<style>.st-key-portfolio-compared .logos-table thead th{white-space:normal;min-width:5rem}</style>")
        plain_table("The portfolio and its benchmarks", columns, rows, numeric=columns[1:])
    told = f"The portfolio has {few}: too few to judge figures of a year by. " if few else ""
    st.caption(told + (_WITHIN_NOISE if ranked else _NOT_RANKED))


def _cell(line: Mapping[str, str], name: str, kind: str) -> str:
    value = line.get(name) or None
    if kind in {"sharpe", "difference"}:
        error = line.get(f"{name}_standard_error")
        text = number(value, signed=kind == "difference")
        return f"{text} ± {number(error)}" if value and error else text
    if kind == "number":
        return number(value)
    if kind == "times":
        return f"{number(value)} times" if value else MISSING
    return percent(value, signed=kind == "signed")


_MEANINGS = {
    "long_only": "no weight below zero",
    "max_weight": "greatest weight of a symbol",
    "min_weight": "least weight of a symbol",
    "weights": "bounds of single symbols",
    "gross": "absolute weights together",
    "net": "weights together",
    "sectors": "greatest weight of a sector",
    "asset_classes": "greatest weight of an asset class",
    "max_position": "greatest value of a position",
    "turnover": "absolute changes at one rebalance, together",
    "band": "smallest difference of weights that is traded",
    "min_trade": "smallest order that is sent",
}
_OF_ORDERS = frozenset({"band", "min_trade"})
_NONE: tuple[Any, ...] = (None, {}, [])
_SHARES = frozenset({"max_weight", "min_weight", "gross", "turnover", "band"})
_AMOUNTS = frozenset({"max_position", "min_trade"})
_OF_GROUPS = frozenset({"sectors", "asset_classes"})
_FIRST = ("plugin", "rebalance", "interval", "lookback", "min_history", "invest", "calendar", "risk_model")


def limits_table(settings: Mapping[str, Any]) -> None:
    """Draw the limits that a config sets, and name those that it does not."""
    found = [*_section(settings["allocator"].get("constraints")).items()]
    found += [(key, value) for key, value in _section(settings.get("position_manager")).items() if key in _OF_ORDERS]
    unit, places = _unit(settings)
    told = [(key, value) for key, value in found if value not in _NONE]
    given = [(key, _limit(key, value, unit, places), _MEANINGS.get(key, "")) for key, value in told]
    if not given:
        empty_card("No limits", "The config sets no constraint.")
        return
    plain_table("Limits", ("Limit", "Value", "Meaning"), given, numeric=("Value",))
    left_out = [key for key, value in found if value in _NONE]
    if left_out:
        st.caption(f"Not limited: {', '.join(map(redact_text, left_out))}.")


def _unit(settings: Mapping[str, Any]) -> tuple[str, int]:
    """Return the account's currency, and with how many decimals its money is shown."""
    currency = str(_section(settings.get("broker")).get("currency", ""))
    decimals = _section(_section(settings.get("currencies")).get(currency)).get("decimals")
    return currency, min(2, decimals) if isinstance(decimals, int) and decimals >= 0 else 2


def settings_table(settings: Mapping[str, Any]) -> None:
    """Draw the other keys of the allocator: how it estimates, and when it rebalances."""
    allocator = settings["allocator"]
    shown = [(key, _text(allocator[key])) for key in _FIRST if key in allocator]
    shown += [(key, _text(value)) for key, value in allocator.items() if key not in {*_FIRST, "constraints"}]
    plain_table("Settings of the allocator", ("Key", "Value"), shown)


def _section(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _limit(key: str, value: Any, unit: str, decimals: int) -> str:
    """Return a limit as text: a share of equity in percent, an amount with its currency."""
    if key in _AMOUNTS and not isinstance(value, dict | list):
        return money(str(value), unit, decimals)
    if key in _OF_GROUPS and isinstance(value, dict):
        return ", ".join(f"{group}: {_share(one)}" for group, one in value.items()) or MISSING
    return percent(str(value)) if key in _SHARES and not isinstance(value, dict | list) else _text(value)


def _share(value: Any) -> str:
    """Return a share in percent, also each of a group of them, such as a least and a greatest one."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_share(one)}" for name, one in value.items()) or MISSING
    return _text(value) if value is None or isinstance(value, bool | list) else percent(str(value))


def _text(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) or MISSING
    return str(value)


def notes_table(rebalances: Sequence[Rebalance]) -> None:
    """Draw what was given up and why, each note once, the newest first."""
    told: dict[str, list[Rebalance]] = {}
    for one in reversed(rebalances):
        for note in one.notes:
            told.setdefault(note, []).append(one)
    if not told:
        known = len(rebalances)
        often = "1 rebalance" if known == 1 else f"{count(known)} rebalances"
        empty_card("No notes", f"Nothing was given up in {often}." if known else "No rebalance is told of here.")
        return
    rows = [(note, count(len(ones)), when(ones[0].at), ones[0].method) for note, ones in told.items()]
    columns = ("Note", "Times", "Last at", "Method")
    plain_table("Notes of the allocator, newest first", columns, rows[:_MOST_NOTES], numeric=("Times",))
    if len(rows) > _MOST_NOTES:
        st.caption(f"The newest {_MOST_NOTES} of {count(len(rows))} notes.")
