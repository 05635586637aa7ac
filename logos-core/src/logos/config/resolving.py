"""From the tree of a config file to a resolved session config, with every problem on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from logos.config import core_keys as keys
from logos.config.checks import conversion_problems, stale_data_problems
from logos.config.part_reading import Offers, PartReader, as_section, text_items
from logos.config.problems import item_path, key_path, nearest, problem_of, refuse, shortened
from logos.config.reading import Node, Section
from logos.config.records import BacktestWindow, PartSection, SessionConfig, SessionSettings, StrategyEntry
from logos.config.registry import CURRENCY, InstrumentRegistry, read_instruments
from logos.config.sensitive import without_secrets
from logos.config.unsafe import unsafe_problems
from logos.config.values import resolved_values
from logos.context.parts import AccountSettings
from logos.domain.errors import ConfigError, InputError, Problem
from logos.domain.instruments import Instrument
from logos.domain.money import MONEY_DECIMALS, scaled_exactly
from logos.domain.times import parse_date_or_time, parse_interval
from logos.plugins.known import COMMANDS_OF_SECTIONS


def resolve(root: Section, registry: Offers, *, source: str, default_seed: int) -> SessionConfig:
    """Return the config that a tree describes.

    Raises
    ------
    ConfigError
        With every problem of the file.
    """
    cleaned, secrets = without_secrets(root)
    refuse_other_file(cleaned, source)
    reader = PartReader(cleaned, registry)
    config = _session_config(reader, default_seed)
    first = [*secrets, *unsafe_problems(cleaned)]
    if first or config is None:
        told = {problem.path for problem in first}
        refuse(source, [*first, *(problem for problem in reader.problems if problem.path not in told)])
    return config


def refuse_other_file(root: Section, source: str) -> None:
    """Refuse a file that another command takes, with that one problem: all others would follow from it."""
    for key, command in COMMANDS_OF_SECTIONS.items():
        if key in root.entries:
            problem = Problem(
                path=key,
                message=f"this is a {key}'s file, and no session's",
                hint=f"Run it with: {command} --config {source}. What that writes to runs/<id>/config.yaml is a "
                "session's: look for look-ahead with logos backtest check --config runs/<id>/config.yaml",
                line=root.lines.get(key),
            )
            refuse(source, [problem])


def _session_config(reader: PartReader, default_seed: int) -> SessionConfig | None:
    """Read every section, whatever is wrong with the others; ``None`` where there is any problem."""
    for key in reader.root.entries:
        if key not in keys.SECTIONS:
            reader.report(shortened(key), reader.root.lines[key], "unknown section", nearest(key, keys.SECTIONS))
    session = reader.keys(reader.optional("session"), keys.SessionKeys, "session", {"seed": default_seed})
    known, problems = read_instruments(reader.root.get("instruments"), "instruments")
    reader.problems += problems
    feed_keys, feed = reader.part("feed", reader.required("feed"), keys.FeedKeys, "feed")
    named = text_items(as_section(reader.root.get("feed")), "symbols")
    instruments = _instruments(reader, named, known)
    broker_keys, broker = reader.part("broker", reader.optional("broker"), keys.BrokerKeys, "broker")
    account = _account(reader, broker_keys, instruments, known)
    strategies = _strategies(reader, tuple(instruments), {symbol for symbol, _, _ in named})
    _, allocator = reader.part("allocator", reader.optional("allocator"), keys.AllocatorKeys, "allocator")
    manager_node = reader.optional("position_manager")
    _, manager = reader.part("position_manager", manager_node, keys.PositionManagerKeys, "position_manager")
    guards = _guards(reader, instruments)
    window = reader.keys(reader.optional("backtest"), keys.BacktestKeys, "backtest")
    if reader.problems:
        return None
    # Whatever is missing now has left a problem above.
    assert session and feed_keys and feed and broker_keys and broker and account and allocator and manager and window  # noqa: PT018 - one fact
    draft = SessionConfig(
        session=SessionSettings(name=session.name, seed=session.seed, flatten=session.flatten),
        instruments=instruments,
        known_instruments=known,
        account=account,
        feed=feed,
        symbols=tuple(instruments),
        interval=parse_interval(feed_keys.interval),
        interval_text=feed_keys.interval,
        broker=broker,
        strategies=strategies,
        allocator=allocator,
        position_manager=manager,
        guards=guards,
        backtest=_window(window) if "backtest" in reader.root.entries else None,
        resolved={},
    )
    written = frozenset(path for section in ("instruments", "broker") for path in _written(reader, section))
    return attrs.evolve(draft, resolved=resolved_values(draft, broker_keys.cash), written=written)


def _written(reader: PartReader, name: str) -> Iterator[str]:
    """Yield the path of every single value that a section of the config names."""
    waiting = [(name, reader.root.get(name))]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, Section):
            waiting += [(key_path(path, key), entry) for key, entry in node.entries.items()]
        elif node is not None:
            yield path


def _instruments(
    reader: PartReader, named: tuple[tuple[str, int, int], ...], known: InstrumentRegistry
) -> dict[str, Instrument]:
    """Return the instruments of the feed's symbols, in name order."""
    entries = as_section(reader.root.get("instruments"))
    for symbol, index, line in named:
        # An entry of the config that is faulty has told its own problem already.
        if symbol not in known and (entries is None or symbol not in entries.entries):
            try:
                known.require(symbol)
            except ConfigError as error:
                reader.problems.append(problem_of(error, item_path("feed.symbols", index), line))
    return {symbol: known[symbol] for symbol in sorted({symbol for symbol, _, _ in named}) if symbol in known}


def _account(
    reader: PartReader,
    broker: keys.BrokerKeys | None,
    instruments: Mapping[str, Instrument],
    known: InstrumentRegistry,
) -> AccountSettings | None:
    currencies = _currencies(reader)
    if broker is None:
        return None
    section = as_section(reader.optional("broker"))
    lines = {} if section is None else section.lines
    line = lines.get("conversions", lines.get("currency", reader.root.lines.get("broker")))
    reader.problems += conversion_problems(broker, instruments, known, "broker.conversions", line)
    decimals = currencies.get(broker.currency, MONEY_DECIMALS)
    try:
        cash = scaled_exactly(broker.cash, decimals, what="cash")
    except InputError as error:
        reader.problems.append(problem_of(error, "broker.cash", lines.get("cash")))
        return None
    return AccountSettings(
        currency=broker.currency,
        cash=cash,
        decimals=decimals,
        margin=broker.margin,
        conversions={currency: broker.conversions[currency] for currency in sorted(broker.conversions)},
    )


def _currencies(reader: PartReader) -> dict[str, int]:
    """Return the decimals of the currencies that the config names."""
    node = reader.optional("currencies")
    section = as_section(node)
    if section is None:
        reader.report("currencies", node.line, "expected a section", "Write currencies: {JPY: {decimals: 0}}")
        return {}
    found = {}
    for currency, entry in section.entries.items():
        path = key_path("currencies", currency)
        if not CURRENCY.fullmatch(currency):
            message = f"{shortened(currency)!r} is not the code of a currency"
            reader.report(path, section.lines[currency], message, "Write capital letters, such as JPY")
        read = reader.keys(entry, keys.CurrencyKeys, path)
        if read is not None:
            found[currency] = read.decimals
    return found


def _strategies(reader: PartReader, symbols: tuple[str, ...], named: Collection[str]) -> tuple[StrategyEntry, ...]:
    items = reader.items("strategies")
    if not items and not any(problem.path == "strategies" for problem in reader.problems):
        hint = "Add 'strategies: [{plugin: sma_cross}]'; 'logos strategies list' shows all"
        line = reader.root.lines.get("strategies")
        reader.report("strategies", line, "no strategy is named, so that nothing could ever trade", hint)
    entries = []
    first: dict[str, str] = {}
    for index, node in enumerate(items):
        path = item_path("strategies", index)
        entry = _strategy(reader, node, path, symbols, named)
        if entry is None:
            continue
        entries.append(entry)
        if first.setdefault(entry.name, path) != path:
            message = f"the name {entry.name!r} is taken by {first[entry.name]}"
            reader.report(key_path(path, "name"), node.line, message, "Give each entry a name of its own")
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _strategy(
    reader: PartReader, node: Node, path: str, symbols: tuple[str, ...], named: Collection[str]
) -> StrategyEntry | None:
    section = as_section(node)
    if section is None:
        reader.keys(node, keys.StrategyKeys, path)
        return None
    own = reader.keys(section, keys.StrategyKeys, path)
    if named:
        reader.known_symbols(named, section, key_path(path, "symbols"))
    plugin = keys.plugin_named(section, keys.StrategyKeys)
    if plugin is None:
        return None
    params_node = section.get("params") or Section({}, {}, section.line)
    params = as_section(params_node)
    where = key_path(path, "params")
    if params is None:
        reader.report(where, params_node.line, "expected a section of parameters", "Write params: {fast: 10}")
        params = Section({}, {}, params_node.line)
    offer, config, sound = reader.plugin("strategy", plugin, section, params, (path, where), ())
    if own is None or offer is None or not sound:
        return None
    return StrategyEntry(
        path=path,
        name=own.name if own.name is not None else offer.name,
        plugin=plugin,
        offer=offer,
        symbols=symbols if own.symbols is None else tuple(sorted(own.symbols)),
        params=config,
    )


def _guards(reader: PartReader, instruments: Mapping[str, Instrument]) -> tuple[PartSection, ...]:
    nodes = {item_path("guards", index): node for index, node in enumerate(reader.items("guards"))}
    read = (reader.part("guard", node, keys.GuardKeys, path)[1] for path, node in nodes.items())
    guards = tuple(guard for guard in read if guard is not None)
    reader.problems += [
        attrs.evolve(problem, line=nodes[problem.path].line) for problem in stale_data_problems(guards, instruments)
    ]
    return guards


def _window(window: keys.BacktestKeys) -> BacktestWindow:
    return BacktestWindow(
        start=None if window.start is None else parse_date_or_time(window.start),
        end=None if window.end is None else parse_date_or_time(window.end),
    )
