"""A resolved session config: every default filled in, every plugin found, every section in its class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs

from logos.config.writing import digest_of, yaml_text
from logos.context.parts import AccountSettings
from logos.domain.instruments import Instrument
from logos.plugins.offers import Offer


@attrs.frozen(kw_only=True)
class SessionSettings:
    """What ``session:`` says.

    Attributes
    ----------
    flatten:
        Whether a halt closes the positions.
    """

    name: str
    seed: int
    flatten: bool


@attrs.frozen(kw_only=True)
class PartSection:
    """A plugin that the config names, and its keys.

    Attributes
    ----------
    path:
        Where it stands in the config, such as ``guards[2]``.
    plugin:
        The name as the config writes it: ``name`` or ``distribution/name``.
    config:
        An instance of the plugin's config class; ``None`` where it takes no keys.
    """

    path: str
    plugin: str
    offer: Offer
    config: Any

    @property
    def name(self) -> str:
        """The plugin's short name."""
        return self.offer.name


@attrs.frozen(kw_only=True)
class StrategyEntry:
    """An entry of ``strategies:``.

    Attributes
    ----------
    name:
        Unique within the session; what orders and decisions carry.
    symbols:
        What it trades, in name order.
    params:
        An instance of the strategy's parameter class; ``None`` where it takes none.
    """

    path: str
    name: str
    plugin: str
    offer: Offer
    symbols: tuple[str, ...]
    params: Any


@attrs.frozen(kw_only=True)
class BacktestWindow:
    """The part of the data that a backtest runs over: seconds since the epoch, UTC; ``None`` for an open end."""

    start: int | None
    end: int | None


@attrs.frozen(kw_only=True)
class SessionConfig:
    """Everything that decides a session, bars aside.

    Attributes
    ----------
    instruments:
        The instruments of the feed's symbols, in name order.
    known_instruments:
        Every instrument that the program and the config know, in name order.
    symbols:
        The feed's symbols in name order.
    interval:
        Length of a bar in seconds; ``interval_text`` is how the config writes it, and how files are called.
    strategies:
        In the order of their names.
    guards:
        In the order of the config, which has meaning.
    resolved:
        The whole config as plain values, every default included.
    written:
        The paths of the instruments' and the broker's values that the config itself names, such as
        ``instruments.BTC-USD.tick``.
    """

    session: SessionSettings
    instruments: Mapping[str, Instrument]
    known_instruments: Mapping[str, Instrument]
    account: AccountSettings
    feed: PartSection
    symbols: tuple[str, ...]
    interval: int
    interval_text: str
    broker: PartSection
    strategies: tuple[StrategyEntry, ...]
    allocator: PartSection
    position_manager: PartSection
    guards: tuple[PartSection, ...]
    backtest: BacktestWindow | None
    resolved: Mapping[str, Any] = attrs.field(repr=False)
    written: frozenset[str] = attrs.field(default=frozenset(), repr=False, eq=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the resolved config, hexadecimal."""
        return digest_of(self.resolved)

    @property
    def pairs(self) -> int:
        """How many (strategy, symbol) pairs the session has."""
        return sum(len(entry.symbols) for entry in self.strategies)

    @property
    def traded(self) -> Mapping[str, int]:
        """How many of the pairs each traded symbol has, by symbol in name order."""
        return dict(sorted(Counter(symbol for entry in self.strategies for symbol in entry.symbols).items()))

    @property
    def parts(self) -> tuple[Offer, ...]:
        """Every plugin that the session uses, each once, by kind, name and distribution."""
        sections = (self.feed, self.broker, self.allocator, self.position_manager, *self.guards)
        used = [*(section.offer for section in sections), *(entry.offer for entry in self.strategies)]
        offers = {(offer.kind, offer.name, offer.distribution): offer for offer in used}
        return tuple(offers[key] for key in sorted(offers))

    def to_yaml(self) -> str:
        """Return the resolved config as YAML that resolves to the same config; relative paths stay relative."""
        return yaml_text(self.resolved)
