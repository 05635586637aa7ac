"""Brokers outside this process, before a session: asked alone, and what they say put into the config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from typing import Any

import attrs

from logos.config.changing import with_values
from logos.config.part_reading import Offers
from logos.config.records import SessionConfig
from logos.config.writing import decimal_text
from logos.context.parts import PartContext
from logos.context.redaction import holds_known_secret, redact_text
from logos.domain.errors import ConfigError, LogosError, PluginError, Problem
from logos.session.outside import MarketTerms, OutsideBroker, Survey, Verdict
from logos.session.seats import Broker

OUTSIDE = "outside"
"""The capability of a broker part that fills ``OutsideBroker``."""

DRY_RUN = "dry_run"
"""The capability of a broker part whose orders do not leave: it shows what its venue would be sent."""

_STEPS = ("tick", "lot")
_FEES = ("maker_bps", "taker_bps")


class SurveyError(ConfigError):
    """A venue, or the account there, is not fit for a session; ``problems`` holds every finding that failed."""


@attrs.frozen(kw_only=True)
class Terms:
    """A config under the terms of its venue.

    Attributes
    ----------
    taken:
        By path in the resolved config, the venue that a value came from.
    warnings:
        Where the config writes something else than the venue says.
    """

    config: SessionConfig
    taken: Mapping[str, str]
    warnings: tuple[str, ...]


def is_outside(config: SessionConfig) -> bool:
    """Return whether the broker of a config works with something outside this process."""
    return OUTSIDE in _capabilities(config)


def is_dry_run(config: SessionConfig) -> bool:
    """Return whether the broker of a config shows orders to a venue and sends none."""
    return DRY_RUN in _capabilities(config)


def _capabilities(config: SessionConfig) -> frozenset[str]:
    part = config.broker.offer.part
    return frozenset() if part is None else part.capabilities


def as_outside(broker: Broker, config: SessionConfig) -> OutsideBroker:
    """Return the broker of a session whose part says that it works outside.

    Raises
    ------
    PluginError
        Where it does not fill that seat.
    """
    if not isinstance(broker, OutsideBroker):
        raise PluginError(
            f"broker {config.broker.offer.qualified} says that it is outside, and does not fill OutsideBroker",
            hint="Report it to the plugin's authors",
        )
    return broker


def survey(config: SessionConfig, context: PartContext) -> Survey:
    """Build the broker of a config alone, let it look at its venue, and let go of it.

    Raises
    ------
    ConfigError, PluginError
        Where it cannot be built, or what is to be kept of its survey holds a secret.
    """
    section = config.broker
    try:
        broker = section.offer.factory()(section.config, context)
    except LogosError as error:
        problems = error.problems or [Problem(path=section.path, message=error.message, hint=error.hint)]
        raise ConfigError("the broker cannot be built", problems=problems) from error
    except Exception as error:  # a third party's factory may raise anything
        message = f"{section.plugin} could not be built: {type(error).__name__}: {error}"
        problem = Problem(path=section.path, message=message, hint="Report it to the plugin's authors")
        raise ConfigError("the broker cannot be built", problems=[problem]) from error
    with closing(as_outside(broker, config)) as outside:
        return _without_secrets(outside.survey(), section.offer.qualified)


def _without_secrets(found: Survey, broker: str) -> Survey:
    """Return a survey with its words masked; its record is kept in a file, and is refused with a secret in it."""
    if holds_known_secret(json.dumps(dict(found.record), default=str)):
        raise PluginError(
            f"the record that broker {broker} wants kept of its venue holds a secret",
            hint="Report it to the plugin's authors",
        )
    checks = (attrs.evolve(one, text=redact_text(one.text), hint=redact_text(one.hint)) for one in found.checks)
    return attrs.evolve(found, checks=tuple(checks))


def require_sound(found: Survey) -> None:
    """Refuse a survey with a finding that failed.

    Raises
    ------
    SurveyError
        With every finding that failed.
    """
    failed = [check for check in found.checks if check.verdict is Verdict.FAILED]
    if failed:
        problems = [Problem(path="broker", message=f"{one.name}: {one.text}", hint=one.hint) for one in failed]
        raise SurveyError(f"{found.venue} cannot be traded on as it stands", problems=problems)


def venue_paths(config: SessionConfig) -> frozenset[str]:
    """Return the paths of a resolved config that a venue can give where the config itself writes nothing."""
    fields = (*_STEPS, "min_notional", "currency")
    instruments = (f"instruments.{symbol}.{field}" for symbol in config.symbols for field in fields)
    return frozenset((*instruments, *(f"broker.fees.{field}" for field in _FEES)))


def under_terms(config: SessionConfig, found: Survey, registry: Offers) -> Terms:
    """Put the terms of a venue into a config wherever the config itself writes nothing.

    Parameters
    ----------
    registry:
        The installed plugins: the config is read anew.

    Raises
    ------
    ConfigError
        Where the config cannot be used under these terms.
    """
    values: dict[tuple[str, ...], str] = {}
    warnings: list[str] = []
    for symbol in config.symbols:
        terms = found.terms.get(symbol)
        if terms is not None:
            _of_market(config, terms, found.venue, values, warnings)
    _of_fees(config, found, values, warnings)
    changed = with_values(config, values, registry) if values else config
    taken = {".".join(path): found.venue for path in values}
    return Terms(config=changed, taken=taken, warnings=tuple(warnings))


def beyond_earlier(found: Survey, config: SessionConfig, before: Mapping[str, MarketTerms]) -> Survey:
    """Return a survey without the terms whose place in a config holds what an earlier survey gave.

    Nobody wrote such a value against the venue: that the venue has changed it is told by ``changed_terms``.
    """
    fees = config.resolved["broker"].get("fees")
    own_fees = fees if isinstance(fees, Mapping) else {}
    given = [field for field in _FEES if field in own_fees and Decimal(own_fees[field]) == _highest(before, field)]
    terms = {}
    for symbol, now in found.terms.items():
        fields = list(given)
        if symbol in before and symbol in config.instruments:
            own = config.instruments[symbol]
            fields += (one for one in (*_STEPS, "min_notional") if getattr(before[symbol], one) == getattr(own, one))
        left_out: dict[str, Any] = dict.fromkeys(fields)
        terms[symbol] = attrs.evolve(now, **left_out)
    return attrs.evolve(found, terms=terms)


def _highest(terms: Mapping[str, MarketTerms], field: str) -> Decimal | None:
    told = (getattr(one, field) for one in terms.values())
    return max((fee for fee in told if fee is not None), default=None)


def changed_terms(before: Mapping[str, MarketTerms], now: Mapping[str, MarketTerms], venue: str) -> Iterator[str]:
    """Yield a sentence for everything that a venue has changed in its terms."""
    for symbol in sorted({*before, *now}):
        old, new = before.get(symbol), now.get(symbol)
        if old is None or new is None:
            yield f"{venue} {'no longer trades' if new is None else 'trades now'} {symbol}"
            continue
        for field in attrs.fields_dict(MarketTerms):
            was, is_now = getattr(old, field), getattr(new, field)
            if was != is_now:
                yield f"{venue} has changed {field} of {symbol} from {_text(was)} to {_text(is_now)}"


def _of_market(
    config: SessionConfig,
    terms: MarketTerms,
    venue: str,
    values: dict[tuple[str, ...], str],
    warnings: list[str],
) -> None:
    symbol, instrument = terms.symbol, config.instruments[terms.symbol]
    for field in (*_STEPS, "min_notional"):
        said, own = getattr(terms, field), getattr(instrument, field)
        if said is None or said == own:
            continue
        if f"instruments.{symbol}.{field}" not in config.written:
            values["instruments", symbol, field] = decimal_text(said)
        elif own < said if field == "min_notional" else own % said:
            needs = f"at least {_text(said)}" if field == "min_notional" else f"a multiple of {_text(said)}"
            warnings.append(
                f"the config writes the {field} {_text(own)} of {symbol}, and {venue} wants {needs}: "
                "it would refuse orders that this session takes for good"
            )
    if terms.currency is None or terms.currency == instrument.currency:
        return
    valued = {config.account.currency, *config.account.conversions}
    if f"instruments.{symbol}.currency" not in config.written and terms.currency in valued:
        values["instruments", symbol, "currency"] = terms.currency
        return
    warnings.append(
        f"{venue} quotes {symbol} ({terms.market}) in {terms.currency}, and the session counts in "
        f"{instrument.currency} as if both were worth the same"
    )


def _of_fees(config: SessionConfig, found: Survey, values: dict[tuple[str, ...], str], warnings: list[str]) -> None:
    """Take the highest fee of the session's markets: a broker part has one for all."""
    own = config.resolved["broker"].get("fees")
    if not isinstance(own, Mapping):
        return
    for field in _FEES:
        said = [getattr(terms, field) for symbol, terms in found.terms.items() if symbol in config.instruments]
        told = sorted({fee for fee in said if fee is not None})
        if field not in own or not told:
            continue
        if len(told) > 1:
            span = f"{_text(told[0])} to {_text(told[-1])}"
            warnings.append(f"{found.venue} asks a {field} of {span} by market: the session pays the highest")
        if Decimal(own[field]) == told[-1]:
            continue
        if f"broker.fees.{field}" not in config.written:
            values["broker", "fees", field] = decimal_text(told[-1])
        else:
            warnings.append(f"the config writes a {field} of {own[field]}, and {found.venue} asks {_text(told[-1])}")


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    return decimal_text(value) if isinstance(value, Decimal) else str(value)
