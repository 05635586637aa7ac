"""Mutated configs: the check never fails itself, and says the same as a session that is really started."""

from __future__ import annotations

import copy
import random  # noqa: TID251 - seeded: the same mutations on every machine
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from logos.assembly.build import Assembly
from logos.assembly.checking import Checked, Surroundings, check_config
from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.context.credentials import workspace_secrets
from logos.context.environment import offline
from logos.domain.bars import Slice
from logos.domain.errors import LogosError
from logos.domain.times import parse_time, time_text
from logos.live.late_log import LateLog
from logos.live.launch import start
from logos.live.setup import Setup

SAMPLE = 150
MANY = 10_000

SMALL = """\
session: {name: small, seed: 7}
feed: {plugin: replay, path: data/cache, symbols: [DEMO]}
strategies: [{plugin: sma_cross, params: {fast: 2, slow: 4}}]
"""
FULL = """\
session: {name: rehearsal, seed: 7, flatten: false}
instruments:
  AAPL: {notional_cap: "250000"}
  QQQ: {asset_class: equity, tick: "0.01", lot: "1", min_notional: "1", currency: USD, calendar: XNYS, sector: broad}
currencies: {USD: {decimals: 8}}
feed:
  {plugin: replay, path: data/cache, symbols: [AAPL, DEMO, EUR-USD], interval: 1m, on_bad_row: quarantine,
   off_tick: round}
broker:
  plugin: paper
  cash: "100000"
  currency: USD
  conversions: {}
  margin: false
  fees: {maker_bps: "2", taker_bps: "10"}
  slippage_bps: "1"
  slippage_jitter_bps: "0"
  max_volume_share: "0.1"
  limit_fill: through
strategies:
  - {plugin: sma_cross, name: trend, symbols: [AAPL, DEMO], params: {fast: 2, slow: 8}}
  - {plugin: mean_reversion, symbols: [DEMO, EUR-USD]}
allocator: {plugin: equal_weight, invest: "0.95"}
position_manager: {plugin: targets}
guards:
  - {plugin: max_notional, limit: "60000"}
  - {plugin: exposure, gross: "1.1", net: "1.1", per_symbol: "0.6"}
  - {plugin: drawdown, max: "0.20", daily: "0.10"}
  - {plugin: stale_data, after: 5m, halt: all}
  - {plugin: reject_rate, max: 5, per: 10m}
  - {plugin: order_rate, max: 60, per: 1m}
  - {plugin: kill_switch, file: runs/live/KILL}
backtest: {start: "2024-03-04T14:00:00Z"}
"""
CONVERTED = """\
instruments:
  DAX: {asset_class: equity, tick: "0.01", lot: "1", currency: EUR, calendar: XFRA}
feed: {plugin: replay, path: data/cache, symbols: [DAX, EUR-USD]}
broker: {conversions: {EUR: EUR-USD}, margin: true}
strategies:
  - {plugin: momentum, symbols: [DAX], params: {window: 3, short: true}}
  - {plugin: channel_breakout, symbols: [EUR-USD], params: {window: 4}}
allocator: {plugin: fixed_quantity, quantity: "3"}
guards: [{plugin: drawdown}, {plugin: stale_data, after: 1h, halt: any}]
"""
BASES = (SMALL, FULL, CONVERTED)

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 5, 2**31, 2**63, 10**25, 1e308, float("inf"), float("nan"), 0.1),
    *("", " ", "0", "-0", "1", "5", "0.1", "1.1", "1e5", "9" * 20, "9" * 40, "0." + "1" * 18, "0." + "1" * 19, "-3"),
    *("\u00e9", "\U0001f600", "a" * 500, "x y", "null", "~", "yes", "010", "\u2028", "\x07", "\u202e", "`", "{}", "*a"),
    *([], {}, [[]], [None], {"a": {}}, ["DEMO"], ["DEMO", "DEMO"], ["AAPL", "NONE"], [1, 2], {"EUR": "EUR-USD"}),
    *(
        "0s",
        "1s",
        "5m",
        "1m",
        "1h",
        "1d",
        "7m",
        "999999d",
        "2024-01-01T00:00:00Z",
        "2024-01-01",
        "1900-01-01T00:00:00Z",
    ),
    *("data/cache", "data", "data/none", "../..", "/", ".", "data/cache/crypto/DEMO-1m.csv", "https://u:p@example.com"),
    *("runs", "runs/live", "runs/live/KILL", "KILL", "data/cache/crypto/DEMO-1m.csv/KILL", "/proc/none/KILL", "a/b/c"),
    *("USD", "EUR", "JPY", "usd", "XNYS", "XXXX", "FX", "24/7", "crypto", "equity", "forex", "through", "touch", "any"),
    *(
        "DEMO",
        "BTC-USD",
        "AAPL",
        "QQQ",
        "sma_cross",
        "momentum",
        "logos-risk/drawdown",
        "paper",
        "ccxt",
        "alpaca",
        "ib",
    ),
    *("yfinance", "replay", "equal_weight", "fixed_quantity", "hrp", "targets", "refuse", "round", "live"),
    *(
        "AKIAIOSFODNN7EXAMPLE",
        "key=abc",
        "binance",
        {"plugin": "drawdown"},
        [{"plugin": "kill_switch", "file": "runs"}],
    ),
)
DECIMALS = (
    *("0", "1", "5", "0.5", "0.95", "1.1", "2", "10000", "9999.99", "99999999999999999999", "12345678901234567890.5"),
    *("0.000000000000000001", "0.00000001", "0.01", "0.03", "0.1", "7", "1000000000", "-1", "0.1234567891234567891"),
)
ALIKE: tuple[tuple[Any, ...], ...] = (
    DECIMALS,
    (0, 1, 2, 3, 8, 12, 13, 50, 10**6, 2**31, 2**63 - 1, 2**63, -1, -(2**63)),
    (True, False),
    ("1m", "5m", "1h", "1d", "1s", "90s", "12h", "7m", "30d", "99999999d"),
    (
        "data/cache",
        "runs/live/KILL",
        "stop/KILL",
        "data",
        "data/cache/crypto/DEMO-1m.csv/KILL",
        "runs",
        "../KILL",
        "bundled",
    ),
    ("AAPL", "QQQ", "DAX", "DEMO", "EUR-USD", "BTC-USD"),
    ("sma_cross", "momentum", "mean_reversion", "channel_breakout", "buy_and_hold", "scripted"),
    ("drawdown", "exposure", "max_notional", "order_rate", "reject_rate", "stale_data", "kill_switch"),
    ("equity", "crypto", "forex"),
    ("XNYS", "FX", "24/7", "XFRA", "XLON", "ASX", "nowhere"),
    ("USD", "EUR", "JPY", "GBP"),
    ("equal_weight", "fixed_quantity", "hrp"),
    ("replay", "ccxt", "yfinance"),
    ("paper", "ccxt", "alpaca", "ib"),
)
"""Values that can stand for one another as far as their type goes."""

KEYS = (
    *("plugin", "name", "symbols", "params", "file", "limit", "max", "per", "after", "halt", "live", "dry_run", "mode"),
    *("api_key", "secret", "base_url", "exchange", "conversions", "tick", "lot", "calendar", "multiplier", "decimals"),
    *("feed", "broker", "guards", "strategies", "session", "\u00e9", "", "<<", "a.b", "x" * 80, "AKIAIOSFODNN7EXAMPLE"),
)
ODD_LINES = (
    *("---", "...", "%YAML 1.1", "!!python/object:os.system x", "<<: *a", "&a x: 1", "x: *a", "\t- x", "? [a]", "- x"),
    *(
        "session: {name: again}",
        "x: !tag y",
        "x: |",
        "x: >-",
        '"a": "\\ud800"',
        "x: 'unclosed",
        "{",
        "]",
        "# note",
        "  ",
    ),
    *(
        "x: 0x10",
        "x: 0o7",
        "x: 1:30",
        "x: 2024-01-01",
        "x: 1_000",
        "guards: [&g {plugin: drawdown}, *g]",
        "\x00",
        "\ufeff",
    ),
)

Mutation = Callable[[Any, random.Random], None]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in nested values, the whole aside."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _delete(holder: Any, key: Any, _draw: random.Random) -> None:
    del holder[key]


def _replace(holder: Any, key: Any, draw: random.Random) -> None:
    holder[key] = copy.deepcopy(draw.choice(VALUES))


def _swap(holder: Any, key: Any, draw: random.Random) -> None:
    """Put another value of the same kind in the place of one."""
    old = holder[key]
    if isinstance(old, list | dict):
        return
    likely = [pool for pool in ALIKE if any(type(old) is type(value) and old == value for value in pool)]
    if not likely and isinstance(old, str) and old.replace(".", "", 1).isdigit():
        likely = [DECIMALS]
    if not likely:
        likely = [pool for pool in ALIKE if type(pool[0]) is type(old)]
    holder[key] = draw.choice(draw.choice(likely)) if likely else old


def _rename(holder: Any, key: Any, draw: random.Random) -> None:
    if isinstance(holder, dict):
        word = str(key)
        typo = word[:-1] if draw.random() < 0.5 else word.upper()
        holder[draw.choice((typo, draw.choice(KEYS)))] = holder.pop(key)


def _retype(holder: Any, key: Any, draw: random.Random) -> None:
    old = holder[key]
    holder[key] = draw.choice((str(old), [old], {"value": old}, [old, old], None, 1.5))


def _add(holder: Any, key: Any, draw: random.Random) -> None:
    value = copy.deepcopy(draw.choice(VALUES))
    if isinstance(holder, dict):
        holder[draw.choice(KEYS)] = value
    else:
        holder.insert(key, draw.choice((value, copy.deepcopy(holder[key]))))


def _deepen(holder: Any, key: Any, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 5, 60))):
        holder[key] = draw.choice(([holder[key]], {"x": holder[key]}))


STRUCTURAL = (*[_swap] * 8, *[_replace] * 3, _delete, _delete, _rename, _retype, _add, _deepen)


def _structurally(text: str, draw: random.Random) -> str:
    values = yaml.safe_load(text)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = list(_places(values))
        if not places:
            break
        *above, key = draw.choice(places)
        draw.choice(STRUCTURAL)(_at(values, tuple(above)), key, draw)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=draw.random() < 0.5)


def _textually(text: str, draw: random.Random) -> bytes:
    lines = text.splitlines()
    place = draw.randrange(len(lines))
    kind = draw.randrange(8)
    if kind == 0:
        lines[place] = draw.choice((" ", "\t", "    ", "- ")) + lines[place]
    elif kind == 1:
        lines.insert(place, draw.choice(ODD_LINES))
    elif kind == 2:
        lines.insert(place, lines[draw.randrange(len(lines))])
    elif kind == 3:
        del lines[place]
    raw = ("\r\n" if kind == 4 else "\n").join(lines).encode()
    if kind >= 5:
        at = draw.randrange(len(raw))
        noise = bytes(draw.randrange(256) for _ in range(draw.choice((1, 1, 4))))
        raw = raw[:at] + (b"" if kind == 5 else noise) + raw[at + draw.choice((0, 1)) :]
    return raw


def mutated(number: int) -> bytes:
    """Return the config of a number: the same bytes always."""
    draw = random.Random(number)
    base = draw.choice(BASES)
    text = _structurally(base, draw) if draw.random() < 0.7 else base
    return _textually(text, draw) if draw.random() < 0.4 else text.encode("utf-8", "surrogatepass")


class _Started(BaseException):
    """The session has begun."""


class _FirstSliceOnly:
    """A feed that ends the session as soon as its first slice has been traded."""

    def __init__(self, feed: Any) -> None:
        self._feed = feed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)

    def slices(self, after: int | None) -> Iterator[Slice]:
        yield next(iter(self._feed.slices(after)))
        raise _Started


def _cut(assembly: Assembly, _watch: object) -> Assembly:
    import attrs  # noqa: PLC0415

    return attrs.evolve(assembly, feed=_FirstSliceOnly(assembly.feed))


@pytest.fixture
def place(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with a few bars of each symbol, off the network."""
    monkeypatch.setenv("LOGOS_OFFLINE", "1")
    begin = parse_time("2024-03-04T15:00:00Z")
    for name, price in (("equity/AAPL", 180), ("equity/QQQ", 440), ("equity/DAX", 170), ("crypto/DEMO", 100)):
        _bars(workspace / f"data/cache/{name}-1m.csv", begin, price)
    _bars(workspace / "data/cache/forex/EUR-USD-1m.csv", begin, 1.08)
    (workspace / "loop").symlink_to("loop")
    return workspace


def _bars(path: Path, begin: int, price: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["timestamp,open,high,low,close,volume"]
    for minute in range(12):
        value = f"{price + minute % 3 / 100:.2f}"
        rows.append(f"{time_text(begin + 60 * minute)},{value},{value},{value},{value},1000")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _checked(path: Path, registry: Any, workspace: Path) -> Checked:
    around = Surroundings(
        registry=registry,
        workspace=workspace,
        clock=SystemClock(),
        log=LateLog(),
        secrets=workspace_secrets(workspace),
        offline=offline(),
    )
    return check_config(path, around)


def _starts(path: Path, registry: Any, workspace: Path) -> str:
    """Return why a session cannot be started with a config; empty where it can."""
    try:
        config = load_session_config(path, registry, workspace=workspace)
        outcome = start(Setup(workspace=workspace, registry=registry, wrap=_cut), config)
    except _Started:
        return ""
    except LogosError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(workspace / "runs", ignore_errors=True)
        shutil.rmtree(workspace / "logos", ignore_errors=True)
    return f"it ended before its first bar: {outcome.causes}"


def _prove(numbers: range, registry: Any, workspace: Path) -> dict[str, int]:
    """Check and start the configs of some numbers; return how many were sound and how many were not."""
    path = workspace / "config.yaml"
    counts = {"sound": 0, "wrong": 0}
    for number in numbers:
        path.write_bytes(mutated(number))
        checked = _checked(path, registry, workspace)
        fault = _starts(path, registry, workspace)
        if any("would halt as soon as it starts" in warning.message for warning in checked.warnings):
            fault = ""  # it has started, and heard its kill file
        told = "; ".join(map(str, checked.problems))
        assert checked.sound == (not fault), f"config {number}: checked {told or 'fine'!r}, started {fault or 'fine'!r}"
        assert checked.sound or told, f"config {number} is refused without a reason"
        counts["sound" if checked.sound else "wrong"] += 1
    return counts


def test_the_configs_that_are_mutated_are_sound_themselves(place: Path, registry: Any) -> None:
    for base in BASES:
        path = place / "config.yaml"
        path.write_text(base, encoding="utf-8")
        assert _checked(path, registry, place).problems == ()
        assert _starts(path, registry, place) == ""


def test_a_sample_of_mutated_configs_is_judged_as_a_session_judges_them(place: Path, registry: Any) -> None:
    counts = _prove(range(SAMPLE), registry, place)

    assert min(counts.values()) > SAMPLE // 20, counts


@pytest.mark.long
def test_ten_thousand_mutated_configs_are_judged_as_a_session_judges_them(place: Path, registry: Any) -> None:
    counts = _prove(range(SAMPLE, SAMPLE + MANY), registry, place)

    assert min(counts.values()) > MANY // 20, counts
