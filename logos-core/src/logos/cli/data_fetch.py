"""``logos data fetch``: history from a venue into the cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from logos.cli.data_import import FORMS, check_symbol
from logos.domain.errors import InputError, LogosError

if TYPE_CHECKING:
    from logos.config.feed_only import FeedConfig
    from logos.data.cache.store import CachedSymbol
    from logos.data.fetching import Fetch, Fetched
    from logos.plugins.registry import Registry

_DATE = len("2026-01-31")


@attrs.frozen(kw_only=True)
class _Wish:
    """What the options say, where no config does."""

    feed: str
    exchange: str
    symbols: tuple[str, ...]
    interval: str
    asset_class: str
    tick: str
    lot: str
    currency: str
    options: tuple[str, ...]


@attrs.frozen(kw_only=True)
class _Way:
    """How what is fetched comes into the cache."""

    cache: str
    form: str
    again: bool
    holes: bool


def fetch_command(  # noqa: PLR0913 -- each is an option of the command
    *,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A config: its feed, symbols, interval and instruments.")
    ] = None,
    feed: Annotated[str, typer.Option("--feed", help="Without a config: the feed to ask, such as ccxt.")] = "",
    exchange: Annotated[str, typer.Option("--exchange", help="The exchange of the feed ccxt, such as binance.")] = "",
    symbol: Annotated[
        list[str] | None, typer.Option("--symbol", help="One symbol; may be repeated. With a config, of its symbols.")
    ] = None,
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help="2026-01-31 or 2026-01-31T09:30:00Z; or go on where it ends.")
    ] = "",
    end: Annotated[str, typer.Option("--end", metavar="TIME", help="Up to, not including it; without it, now.")] = "",
    interval: Annotated[str, typer.Option("--interval", metavar="LENGTH", help="1m (the default), 5m, 1h, 1d …")] = "",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="Any other key of the feed; may be repeated."),
    ] = None,
    asset_class: Annotated[
        str, typer.Option("--asset-class", help="Of an unknown symbol: crypto (the default) …")
    ] = "",
    tick: Annotated[str, typer.Option("--tick", help="Of an unknown symbol: the smallest step of a price.")] = "",
    lot: Annotated[str, typer.Option("--lot", help="Of an unknown symbol: the smallest step of a quantity.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Of an unknown symbol: what it is quoted in.")] = "USD",
    cache: Annotated[
        str, typer.Option("--cache", metavar="FOLDER", help="The cache, from the workspace.")
    ] = "data/cache",
    form: Annotated[
        str,
        typer.Option("--form", help="parquet, csv or csv.gz; without it, the form that is there, or Parquet."),
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Fetch what is there again too, and take the venue's values.")
    ] = False,
    holes: Annotated[
        bool, typer.Option("--holes", help="Ask again for what is missing between the first bar and the last.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")] = False,
) -> None:
    """Load history through a feed into the cache, page by page.

    What is there is not fetched again, and a hole in it only with --holes. Ctrl-C keeps what has come, and the same
    command goes on.
    """
    if form not in FORMS:
        raise InputError(f"there is no form {form!r}", hint="Write parquet, csv or csv.gz")
    wish = _Wish(
        feed=feed,
        exchange=exchange,
        symbols=tuple(symbol or ()),
        interval=interval,
        asset_class=asset_class,
        tick=tick,
        lot=lot,
        currency=currency,
        options=tuple(option or ()),
    )
    from logos.cli.data_transfer_output import print_fetched  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    registry = load_registry()
    read = _feed_config(config, wish, registry)
    way = _Way(cache=cache, form=FORMS[form], again=replace, holes=holes)
    fetched = _fetch(read, registry, (start, end), way)
    print_fetched(fetched, as_json=as_json)


def _fetch(config: FeedConfig, registry: Registry, span: tuple[str, str], way: _Way) -> list[Fetched]:
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.assembly.feed_alone import build_feed, history_feed  # noqa: PLC0415
    from logos.cli.data_transfer_output import StderrLog, TransferBar  # noqa: PLC0415
    from logos.context.clock import SystemClock  # noqa: PLC0415
    from logos.data.cache.store import CachedSymbol  # noqa: PLC0415
    from logos.data.fetching import Fetch  # noqa: PLC0415

    workspace, clock = paths.workspace(), SystemClock()
    log = StderrLog()
    built = build_feed(config, workspace=workspace, clock=clock, log=log)
    fetched: list[Fetched] = []
    try:
        feed = history_feed(built, config.feed.name, registry)
        with TransferBar("Fetching") as bar:
            for symbol in config.symbols:
                instrument = config.known_instruments[symbol]
                target = CachedSymbol(
                    cache=workspace / way.cache,
                    shown_as=way.cache.rstrip("/"),
                    asset_class=instrument.asset_class.value,
                    symbol=symbol,
                    interval=config.interval,
                )
                begin, until = _span(span, target, clock.now())
                fetch = Fetch(
                    feed=feed,
                    target=target,
                    form=way.form,
                    again=way.again,
                    holes=way.holes,
                    calendar=instrument.calendar,
                    progress=bar.of(symbol),
                )
                fetched.append(_run(fetch, begin, until))
    finally:
        built.close()
        log.finish()
    return fetched


def _run(fetch: Fetch, begin: int, until: int) -> Fetched:
    """Fetch one symbol; where that is cut short, say what is there."""
    try:
        return fetch.run(begin, until)
    except (KeyboardInterrupt, LogosError):
        bars = "1 new bar is" if fetch.added == 1 else f"{fetch.added:,} new bars are"
        text = f"{fetch.target.symbol}: {bars} in the cache. Go on with the same command."
        print(text, file=sys.stderr)  # noqa: T201 -- the command line speaks
        raise


def _feed_config(path: Path | None, wish: _Wish, registry: Registry) -> FeedConfig:
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.config.feed_only import load_feed_config  # noqa: PLC0415

    if path is None:
        text = _config_text(wish)
        return load_feed_config(text, registry, default_seed=paths.env_seed(), source="the options")
    given = [name for name in ("feed", "exchange", "tick", "lot", "asset_class") if getattr(wish, name)]
    if given or wish.options:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given or ("option",))
        raise InputError(f"--config says all of the feed, and {names} too", hint="Change the config, or leave one out")
    config = load_feed_config(path, registry, workspace=paths.workspace(), default_seed=paths.env_seed())
    unknown = sorted(set(wish.symbols) - set(config.symbols))
    if unknown:
        raise InputError(
            f"{', '.join(unknown)} is not among the feed's symbols", hint=f"They are {', '.join(config.symbols)}"
        )
    if wish.symbols:
        config = attrs.evolve(config, symbols=tuple(sorted(set(wish.symbols))))
    if wish.interval:
        from logos.domain.times import parse_interval  # noqa: PLC0415

        config = attrs.evolve(config, interval=parse_interval(wish.interval))
    return config


def _config_text(wish: _Wish) -> str:
    """Return the options as a config."""
    import json  # noqa: PLC0415 -- only what the command uses is loaded

    from logos.config.registry import BUILT_IN  # noqa: PLC0415

    if not wish.feed or not wish.symbols:
        raise InputError(
            "neither a config nor a feed and a symbol are named",
            hint="Give --config F, or --feed ccxt --exchange binance --symbol BTC-USD",
        )
    feed = [f"plugin: {json.dumps(wish.feed)}", f"symbols: {json.dumps(list(wish.symbols))}"]
    feed += [f"interval: {json.dumps(wish.interval or '1m')}"]
    feed += [f"exchange: {json.dumps(wish.exchange)}"] if wish.exchange else []
    feed += [_key_and_value(option) for option in wish.options]
    known = {instrument.symbol for instrument in BUILT_IN}
    instruments = [line for symbol in wish.symbols for line in _instrument_lines(symbol, wish, known=symbol in known)]
    lines = ["feed:", *(f"  {line}" for line in feed)]
    if instruments:
        lines += ["instruments:", *instruments]
    return "\n".join(lines) + "\n"


def _key_and_value(option: str) -> str:
    key, equals, value = option.partition("=")
    if not equals or not key.strip() or "\n" in option:
        raise InputError(f"--option {option!r} is not KEY=VALUE", hint="Write --option timeout=20s")
    return f"{key.strip()}: {value.strip()}"


def _instrument_lines(symbol: str, wish: _Wish, *, known: bool) -> Sequence[str]:
    import json  # noqa: PLC0415 -- only what the command uses is loaded

    check_symbol(symbol)
    fields = {"tick": wish.tick, "lot": wish.lot, "asset_class": wish.asset_class}
    named = {name: value for name, value in fields.items() if value}
    if known and not named:
        return ()
    if not known and not (wish.tick and wish.lot):
        raise InputError(
            f"tick and lot of {symbol} are not known",
            hint="Give --tick 0.01 --lot 0.00001, or --config with the symbol under 'instruments:'",
        )
    if not known:
        named = {"asset_class": "crypto", "currency": wish.currency, **named}
    return [f"  {symbol}: {json.dumps(named)}"]


def _span(span: tuple[str, str], target: CachedSymbol, now: int) -> tuple[int, int]:
    """Return from when until when is fetched, on the grid of the interval."""
    start, end = span
    until = _moment(end, "--end") if end else now
    if start:
        begin = _moment(start, "--start")
    else:
        bars = target.bars()
        if not len(bars):
            raise InputError(
                f"the cache has no bars of {target.symbol} to go on from", hint="Say where to begin: --start 2026-01-01"
            )
        begin = int(bars.timestamp[0])
    begin, until = -(-begin // target.interval) * target.interval, until // target.interval * target.interval
    if start and end and begin >= until:
        raise InputError(f"--start {start} is not before --end {end}", hint="Exchange them")
    return begin, until


def _moment(text: str, name: str) -> int:
    from logos.domain.times import parse_time  # noqa: PLC0415 -- only what the command uses is loaded

    try:
        return parse_time(f"{text}T00:00:00Z" if len(text) == _DATE else text)
    except InputError as error:
        raise InputError(f"{name}: {error.message}", hint=error.hint) from error
