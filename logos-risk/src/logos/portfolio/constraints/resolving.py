"""From the constraints of a config to the limits of one rebalance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import inf

import numpy as np

from logos.domain.errors import Problem
from logos.domain.instruments import Instrument
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.config import ConstraintsConfig, nearest_name
from logos.portfolio.constraints.limits import Bound, Group, Limits


def limits_of(
    config: ConstraintsConfig,
    *,
    symbols: Sequence[str],
    instruments: Mapping[str, Instrument],
    held: Vector,
    equity: float,
    invest: float,
    elsewhere: float = 0.0,
) -> Limits:
    """Return what the weights of a rebalance have to keep.

    Parameters
    ----------
    symbols:
        Those that are allocated to; the order of all arrays.
    instruments:
        By symbol, those of the session: for sectors and asset classes.
    held:
        Shape (N,): the weights of ``symbols`` before the rebalance.
    equity:
        In units of the account's currency.
    invest:
        The sum of the weights unless the config has ``net``; with it, what a method without shorts aims at.
    elsewhere:
        The absolute weight held in other symbols of the session, which this rebalance sells.
    """
    bounds, totals = tuple(_bounds(config, symbols, equity)), tuple(_totals(config, invest))
    total = (max(one.lower for one in totals), min(one.upper for one in totals))
    gross = None if config.gross is None else float(config.gross)
    lower, upper = _box(bounds, len(symbols), most=max(total[1], 0.0) if gross is None else gross)
    turnover = None
    if config.turnover is not None and (elsewhere > 0 or bool(np.any(held))):
        turnover = float(config.turnover) - elsewhere
    return Limits(
        symbols=tuple(symbols),
        lower=lower,
        upper=upper,
        total=total,
        held=np.asarray(held, dtype=np.float64),
        gross=gross,
        turnover=turnover,
        groups=tuple(_groups(config, [instruments[symbol] for symbol in symbols])),
        elsewhere=elsewhere,
        invest=invest,
        bounds=bounds,
        totals=totals,
    )


def _bounds(config: ConstraintsConfig, symbols: Sequence[str], equity: float) -> Iterator[Bound]:
    """Yield every key that bounds weights one by one, in the order in which a conflict names them."""
    if config.long_only:
        yield Bound(name="constraints.long_only", lower=0.0)
    if config.max_weight is not None:
        both = not config.long_only and config.min_weight is None
        most = float(config.max_weight)
        yield Bound(name="constraints.max_weight", lower=-most if both else -inf, upper=most)
    if config.min_weight is not None:
        yield Bound(name="constraints.min_weight", lower=float(config.min_weight))
    for place, symbol in enumerate(symbols):
        own = config.weights.get(symbol)
        if own is not None and own.min is not None:
            yield Bound(name=f"constraints.weights.{symbol}.min", members=(place,), lower=float(own.min))
        if own is not None and own.max is not None:
            yield Bound(name=f"constraints.weights.{symbol}.max", members=(place,), upper=float(own.max))
    if config.max_position is not None:
        # Without equity there is nothing to hold a position of.
        most = float(config.max_position) / equity if equity > 0 else 0.0
        told = f"{config.max_position:f} of the account's currency"
        yield Bound(name="constraints.max_position", lower=-most, upper=most, told=told)


def _totals(config: ConstraintsConfig, invest: float) -> Iterator[Bound]:
    net = config.net
    if net is None:
        yield Bound(name="invest", lower=invest, upper=invest)
        return
    if config.long_only:
        yield Bound(name="invest", lower=0.0, upper=invest)
    elif config.gross is not None:
        yield Bound(name="constraints.gross", lower=-float(config.gross), upper=float(config.gross))
    if net.min is not None:
        yield Bound(name="constraints.net.min", lower=float(net.min))
    if net.max is not None:
        yield Bound(name="constraints.net.max", upper=float(net.max))


def _box(bounds: Sequence[Bound], count: int, *, most: float) -> tuple[Vector, Vector]:
    """Return the tightest bounds of each weight; ``most`` is what the total or the gross exposure implies."""
    lower, upper = np.full(count, -most), np.full(count, most)
    for bound in bounds:
        places = slice(None) if bound.members is None else list(bound.members)
        lower[places] = np.maximum(lower[places], bound.lower)
        upper[places] = np.minimum(upper[places], bound.upper)
    return lower, upper


def _groups(config: ConstraintsConfig, instruments: Sequence[Instrument]) -> Iterator[Group]:
    labels: tuple[tuple[str, Mapping[str, Decimal], list[str | None]], ...] = (
        ("sectors", config.sectors, [one.sector for one in instruments]),
        ("asset_classes", config.asset_classes, [str(one.asset_class) for one in instruments]),
    )
    for key, caps, label_of in labels:
        for name in sorted(caps):
            members = tuple(place for place, label in enumerate(label_of) if label == name)
            cap = float(caps[name])
            if members:
                yield Group(
                    name=f"constraints.{key}.{name}",
                    members=members,
                    lower=0.0 if config.long_only else -cap,
                    upper=cap,
                )


def unknown_names(config: ConstraintsConfig, instruments: Mapping[str, Instrument]) -> list[Problem]:
    """Return a problem for each symbol, sector and asset class of the config that no instrument has.

    Their paths begin with ``constraints``.
    """
    found = instruments.values()
    checks: tuple[tuple[str, str, Mapping[str, object], set[str]], ...] = (
        ("weights", "symbol", config.weights, set(instruments)),
        ("sectors", "sector", config.sectors, {one.sector for one in found if one.sector is not None}),
        ("asset_classes", "asset class", config.asset_classes, {str(one.asset_class) for one in found}),
    )
    return [
        Problem(
            path=f"constraints.{key}.{name}",
            message=f"no instrument of the session has the {what} {name!r}",
            hint=nearest_name(name, sorted(known)),
        )
        for key, what, names, known in checks
        for name in sorted(names)
        if name not in known
    ]
