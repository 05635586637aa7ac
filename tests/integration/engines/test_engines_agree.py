"""Streaming, jumping and ``logos trade``: the same fills, the same books, the same files, whatever the config."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from logos.artifacts import plots, schemas
from logos.backtest import compiled_course, course
from logos.backtest.running import BacktestOutcome, BacktestSetup, run_backtest
from logos.backtest.trial import Window
from logos.backtest.trials_engine import load_bars, open_trials
from logos.config.session import load_session_config
from logos.context.seed import Seed
from logos.domain.errors import InputError, PartFailedError
from logos.domain.times import time_text
from logos.live.launch import start
from logos.live.setup import Setup
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry
from logos.testing.contexts import FakeClock

START = 1_709_562_600  # 2024-03-04T14:30:00Z, a Monday
SHARED_WITH_TRADE = (schemas.TRADES_FILE, schemas.ORDERS_FILE, schemas.DECISIONS_FILE)


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """Return what is installed, and the parts of this folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    yield load_registry([*installed_entry_points(), EntryPoint("strange", "strange_parts", "logos.v1")])
    sys.path.remove(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_pictures_and_short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing, since pictures take longer than the runs; and let a run of some bars have many stretches."""
    monkeypatch.setattr(course, "STRETCH", 7)
    monkeypatch.setattr(compiled_course, "STRETCH", 7)
    monkeypatch.setattr(plots, "draw_equity", lambda *_paths, **_texts: None)


@st.composite
def bar_files(draw: st.DrawFn) -> dict[str, str]:
    """Draw one to three files of minute bars that walk, jump over minutes and days, and sometimes do not trade."""
    count = draw(st.integers(1, 3))
    files = {}
    for number in range(count):
        steps = draw(st.lists(st.sampled_from([-9, -4, -2, -1, 0, 0, 1, 2, 4, 9]), min_size=30, max_size=140))
        gaps = draw(st.sets(st.integers(1, len(steps) - 1), max_size=6)) if number else set()
        long_gap, crash = draw(st.integers(1, len(steps) - 1)), draw(st.integers(1, 2 * len(steps)))
        price, minute = draw(st.integers(400, 3000)), 0
        rows = ["timestamp,open,high,low,close,volume"]
        for index, step in enumerate(steps):
            minute += 700 if index == long_gap else 3 if index in gaps else 1
            before, price = price, max(60, price + step)
            if index == crash:
                price = draw(st.sampled_from([price * 9, max(60, price // 9)]))
            high, low = max(before, price) + abs(step) % 3, min(before, price) - abs(step) % 2
            volume = 0 if (index * 7 + number) % 11 == 0 else 5 + (index * 13 + number) % 40
            cells = [f"{ticks / 100:.2f}" for ticks in (before, high, low, price)]
            rows.append(f"{time_text(START + 60 * minute)},{','.join(cells)},{volume}")
        files["ABC"[number]] = "\n".join(rows) + "\n"
    return files


def guard_sets() -> st.SearchStrategy[list[str]]:
    """Draw guards that sometimes block and sometimes halt."""
    choices = [
        st.sampled_from(["", '{plugin: max_notional, limit: "300"}', '{plugin: max_notional, limit: "60000"}']),
        st.sampled_from(["", '{plugin: exposure, gross: "0.5", per_symbol: "0.3"}']),
        st.sampled_from(["", '{plugin: drawdown, max: "0.02", daily: "0.01"}', '{plugin: drawdown, max: "0.9"}']),
        st.sampled_from(
            ["", "{plugin: stale_data, after: 5m, halt: all}", "{plugin: stale_data, after: 2h, halt: any}"]
        ),
        st.sampled_from(["", "{plugin: order_rate, max: 3, per: 10m}"]),
        st.sampled_from(["", "{plugin: reject_rate, max: 2, per: 10m}"]),
        st.sampled_from(["", "", "{plugin: opening, seconds: 900}", "{plugin: remembering}"]),
        st.just("{plugin: kill_switch, file: STOP}"),
    ]
    return st.tuples(*choices).map(lambda drawn: [guard for guard in drawn if guard])


def strategy_lists() -> st.SearchStrategy[list[str]]:
    """Draw strategies that have an array form."""
    short = st.sampled_from(["", ", short: true"])
    return st.tuples(
        st.builds(
            "{{plugin: sma_cross, name: trend, params: {{fast: {}, slow: {}{}}}}}".format,
            st.integers(1, 3),
            st.integers(4, 9),
            short,
        ),
        st.builds(
            '{{plugin: momentum, name: drift, params: {{window: {}, threshold_bps: "{}"{}}}}}'.format,
            st.integers(1, 9),
            st.sampled_from(["0", "5", "40.5"]),
            short,
        ),
        st.just("{plugin: buy_and_hold, name: hold}"),
        st.builds("{{plugin: fractions, name: steps, params: {{levels: {}}}}}".format, st.integers(2, 7)),
    ).flatmap(lambda all_four: st.lists(st.sampled_from(all_four), min_size=1, max_size=3, unique=True))


def bar_by_bar_lists() -> st.SearchStrategy[list[str]]:
    """Draw strategies of which one at least has no array form, and orders by limit and by stop."""
    reversion = st.builds(
        '{{plugin: mean_reversion, name: dip, params: {{window: {}, entry: "{}", exit: "0.2"{}}}}}'.format,
        st.integers(3, 9),
        st.sampled_from(["0.8", "1.5"]),
        st.sampled_from(["", ", short: true"]),
    )
    breakout = st.builds(
        "{{plugin: channel_breakout, name: out, params: {{window: {}, exit_window: {}, hold: {}}}}}".format,
        st.integers(2, 9),
        st.integers(2, 6),
        st.integers(3, 30),
    )
    return st.tuples(st.one_of(reversion, breakout), strategy_lists()).map(lambda drawn: [drawn[0], *drawn[1][:1]])


CONFIGS = st.fixed_dictionaries(
    {
        "margin": st.booleans(),
        "flatten": st.booleans(),
        "fee": st.sampled_from(["0", "10", "33.3"]),
        "slippage": st.sampled_from(["0", "7.5"]),
        "jitter": st.sampled_from(["0", "3"]),
        "share": st.sampled_from(["1", "0.1", "0.03"]),
        "lot": st.sampled_from(["1", "0.01", "0.00037"]),
        "decimals": st.sampled_from([8, 8, 2, 0]),
        "least": st.sampled_from(["0", "40"]),
        "cash": st.sampled_from(["1000", "25000"]),
        "currency": st.sampled_from(["USD", "USD", "EUR"]),
        "allocator": st.sampled_from(
            [
                "{plugin: equal_weight}",
                '{plugin: fixed_quantity, quantity: "7"}',
                "{plugin: equal_weight, rebalance: every_bar}",
                "{plugin: equal_weight, rebalance: day_end}",
            ]
        ),
        "guards": guard_sets(),
        "strategies": strategy_lists(),
    }
)


def config_text(values: Mapping[str, Any], symbols: list[str], window: str = "") -> str:
    """Return a config over such files; the last symbol may be quoted in euros, converted by the first."""
    instruments = [
        f'{symbol}: {{asset_class: crypto, tick: "0.01", lot: "{values["lot"]}", '
        f'min_notional: "{values["least"]}", currency: USD}}'
        for symbol in symbols
    ]
    conversions = ""
    if len(symbols) > 1 and values["currency"] == "EUR":
        first, last = symbols[0], symbols[-1]
        instruments[0] = f'EUR-USD: {{asset_class: crypto, tick: "0.01", lot: "{values["lot"]}", currency: USD}}'
        instruments[-1] = f'{last}: {{asset_class: crypto, tick: "0.01", lot: "{values["lot"]}", currency: EUR}}'
        conversions = "conversions: {EUR: EUR-USD}"
        symbols = ["EUR-USD" if symbol == first else symbol for symbol in symbols]
    return f"""
session: {{name: agree, seed: 5, flatten: {str(values["flatten"]).lower()}}}
instruments: {{{", ".join(instruments)}}}
currencies: {{USD: {{decimals: {values["decimals"]}}}}}
feed: {{plugin: replay, path: cache, symbols: [{", ".join(symbols)}]}}
broker:
  plugin: paper
  cash: "{values["cash"]}"
  margin: {str(values["margin"]).lower()}
  fees: {{maker_bps: "1", taker_bps: "{values["fee"]}"}}
  slippage_bps: "{values["slippage"]}"
  slippage_jitter_bps: "{values["jitter"]}"
  max_volume_share: "{values["share"]}"
  {conversions}
strategies: [{", ".join(values["strategies"])}]
allocator: {values["allocator"]}
guards: [{", ".join(values["guards"])}]
{window}
"""


@pytest.fixture
def laid_out(tmp_path: Path) -> Callable[[Mapping[str, str], Mapping[str, Any]], tuple[Path, list[str]]]:
    """Return a function that lays bar files out in a new workspace, and returns it with the symbols."""
    count = 0

    def lay_out(files: Mapping[str, str], values: Mapping[str, Any]) -> tuple[Path, list[str]]:
        nonlocal count
        count += 1
        workspace = tmp_path / str(count)
        folder = workspace / "cache" / "crypto"
        folder.mkdir(parents=True)
        symbols = sorted(files)
        converts = len(symbols) > 1 and values["currency"] == "EUR"
        for symbol, text in files.items():
            name = "EUR-USD" if converts and symbol == symbols[0] else symbol
            (folder / f"{name}-1m.csv").write_text(text, encoding="utf-8")
        return workspace, symbols

    return lay_out


def backtested(workspace: Path, text: str, registry: Registry, engine: str) -> BacktestOutcome:
    """Run a backtest into a folder that is named after its engine."""
    config = load_session_config(text, registry, workspace=workspace)
    setup = BacktestSetup(workspace=workspace, registry=registry, output=workspace / engine, clock=FakeClock())
    return run_backtest(setup, config, engine=engine)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a run but its log."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.iterdir() if path.is_file()}


def assert_traded_alike(workspace: Path, text: str, registry: Registry, backtest: BacktestOutcome) -> None:
    """Run the same config as a paper session, which takes every slice, and compare all that both write."""
    config = load_session_config(text, registry, workspace=workspace)
    setup = Setup(workspace=workspace, registry=registry, output=workspace / "trade", clock=FakeClock())
    traded = start(setup, config)
    session = setup.sessions / traded.session_id
    for name in SHARED_WITH_TRADE:
        assert (session / name).read_bytes() == (backtest.folder / name).read_bytes(), name
    rebalances = [folder / schemas.WEIGHTS_FILE for folder in (session, backtest.folder)]
    assert rebalances[0].exists() == rebalances[1].exists() == ("rebalance: " in text and "never" not in text)
    if rebalances[0].exists():
        assert rebalances[0].read_bytes() == rebalances[1].read_bytes()
    account = [row.split(",") for row in (session / schemas.ACCOUNT_FILE).read_text().splitlines()[1:]]
    equity = [row.split(",") for row in (backtest.folder / schemas.EQUITY_FILE).read_text().splitlines()[1:]]
    assert [[row[0], row[3], row[7]] for row in account] == equity
    assert (traded.status, traded.equity, traded.fills) == (
        backtest.status,
        backtest.metrics["final_equity"],
        backtest.metrics["fills"],
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=bar_files(), values=CONFIGS, strategies=bar_by_bar_lists())
def test_strategies_that_answer_bar_by_bar_give_the_bytes_of_a_session(files, values, strategies, laid_out, registry):
    values = {**values, "strategies": strategies}
    workspace, symbols = laid_out(files, values)
    text = config_text(values, symbols)
    streamed = backtested(workspace, text, registry, "auto")
    assert streamed.engine == "streaming"
    assert "no array form" in streamed.engine_note
    assert_traded_alike(workspace, text, registry, streamed)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=bar_files(), values=CONFIGS)
def test_jumping_streaming_and_trading_give_the_same_bytes(files, values, laid_out, registry):
    workspace, symbols = laid_out(files, values)
    text = config_text(values, symbols)
    streamed = backtested(workspace, text, registry, "streaming")
    jumped = backtested(workspace, text, registry, "jumping")
    assert (streamed.engine, jumped.engine) == ("streaming", "jumping")
    assert contents(jumped.folder) == contents(streamed.folder)
    assert_traded_alike(workspace, text, registry, streamed)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=bar_files(), values=CONFIGS, first=st.integers(0, 40), length=st.integers(2, 60))
def test_a_window_gives_the_same_bytes_on_both_engines(files, values, first, length, laid_out, registry):
    workspace, symbols = laid_out(files, values)
    start_at, end_at = time_text(START + 60 * (1 + first)), time_text(START + 60 * (1 + first + length))
    text = config_text(values, symbols, f"backtest: {{start: {start_at}, end: {end_at}}}")
    try:
        streamed = backtested(workspace, text, registry, "streaming")
    except InputError:
        with pytest.raises(InputError, match="no bar lies in the backtest's window"):
            backtested(workspace, text, registry, "jumping")
        return
    jumped = backtested(workspace, text, registry, "jumping")
    assert contents(jumped.folder) == contents(streamed.folder)


PLAIN_CONFIGS = CONFIGS.flatmap(
    lambda values: st.fixed_dictionaries(
        {
            **{name: st.just(value) for name, value in values.items()},
            "margin": st.sampled_from([True, True, False]),
            "jitter": st.just("0"),
            "least": st.just("0"),
            "cash": st.sampled_from(["1000000", "25000"]),
            "currency": st.just("USD"),
            "guards": st.sampled_from(
                [
                    [],
                    ['{plugin: drawdown, max: "0.9", daily: "0.8"}', '{plugin: max_notional, limit: "9000000"}'],
                    ["{plugin: stale_data, after: 5m, halt: all}", "{plugin: order_rate, max: 40, per: 10m}"],
                    ['{plugin: drawdown, max: "0.02", daily: "0.001"}', "{plugin: reject_rate, max: 2, per: 10m}"],
                ]
            ),
        }
    )
)
"""Configs most of which the kernel can run to the end."""


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    files=bar_files(), values=PLAIN_CONFIGS, windowed=st.booleans(), first=st.integers(0, 40), length=st.integers(2, 90)
)
def test_the_kernel_gives_the_bytes_of_a_session(files, values, windowed, first, length, laid_out, registry):
    pytest.importorskip("numba")
    workspace, symbols = laid_out(files, values)
    start_at, end_at = time_text(START + 60 * (1 + first)), time_text(START + 60 * (1 + first + length))
    text = config_text(values, symbols, f"backtest: {{start: {start_at}, end: {end_at}}}" if windowed else "")
    try:
        streamed = backtested(workspace, text, registry, "streaming")
    except InputError:
        for engine in ("kernel", "streaming-kernel"):
            with pytest.raises(InputError, match="no bar lies in the backtest's window"):
                backtested(workspace, text, registry, engine)
        return
    for engine in ("kernel", "streaming-kernel"):
        found = backtested(workspace, text, registry, engine)
        event(f"{engine}: {found.engine}")
        assert found.engine == engine or "not compiled" in found.engine_note or "gave way" in found.engine_note
        assert contents(found.folder) == contents(streamed.folder), engine


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=bar_files(), values=CONFIGS)
def test_the_kernel_gives_way_to_the_bytes_of_a_session(files, values, laid_out, registry):
    pytest.importorskip("numba")
    workspace, symbols = laid_out(files, values)
    text = config_text(values, symbols)
    streamed = backtested(workspace, text, registry, "streaming")
    for engine in ("kernel", "streaming-kernel"):
        found = backtested(workspace, text, registry, engine)
        assert found.engine == engine or "not compiled" in found.engine_note or "gave way" in found.engine_note
        assert contents(found.folder) == contents(streamed.folder), engine


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=bar_files(), values=CONFIGS, first=st.integers(0, 40), length=st.integers(2, 200))
def test_a_trial_adds_up_to_the_same_by_every_engine(files, values, first, length, laid_out, registry):
    pytest.importorskip("numba")
    workspace, symbols = laid_out(files, values)
    config = load_session_config(config_text(values, symbols), registry, workspace=workspace)
    window = Window(start=START + 60 * (1 + first), end=START + 60 * (1 + first + length))
    bars, _, _ = load_bars(config, workspace=workspace, registry=registry)
    outcomes = {
        engine: open_trials(config, workspace=workspace, registry=registry, bars=bars, engine=engine).run({}, window)
        for engine in ("auto", "jumping", "streaming")
    }
    assert outcomes["jumping"].engine == "jumping"
    assert outcomes["streaming"].engine == "streaming"
    assert outcomes["auto"].engine == "kernel" or outcomes["auto"].note
    streamed = attrs.asdict(outcomes["streaming"].totals, recurse=False)
    for engine in ("jumping", "auto"):
        found = attrs.asdict(outcomes[engine].totals, recurse=False)
        differing = {key: (found[key], streamed[key]) for key in streamed if found[key] != streamed[key]}
        assert not differing, engine


def lone_config(strategy: str, more: str = "") -> str:
    """Return a config of one crypto symbol, A, without costs."""
    return f"""
instruments: {{A: {{asset_class: crypto, tick: "0.01", lot: "0.01", currency: USD}}}}
feed: {{plugin: replay, path: cache, symbols: [A]}}
broker: {{plugin: paper, cash: "1000"}}
strategies: [{strategy}]
{more}
"""


def lay_out_walk(workspace: Path, count: int) -> None:
    """Write minute bars that go up and down by hashing."""
    rows, price = ["timestamp,open,high,low,close,volume"], 1_000
    for index in range(count):
        before, price = price, max(500, price + Seed(3).number("step", index) % 11 - 5)
        cells = [f"{ticks / 100:.2f}" for ticks in (before, max(before, price), min(before, price), price)]
        rows.append(f"{time_text(START + 60 * index)},{','.join(cells)},1000")
    (workspace / "cache" / "crypto").mkdir(parents=True)
    (workspace / "cache" / "crypto" / "A-1m.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.mark.parametrize("late", [5, 700, 1_390])
def test_a_wrong_array_form_is_found_wherever_it_begins_and_gives_way_to_the_truth(late, tmp_path, registry):
    lay_out_walk(tmp_path, 1_400)
    wrong = lone_config(f"{{plugin: fractions, params: {{levels: 3, late: {late}}}}}")
    right = lone_config("{plugin: fractions, params: {levels: 3}}")
    found = backtested(tmp_path, wrong, registry, "auto")
    assert found.engine == "streaming"
    assert "has a wrong array form: at its bar" in found.engine_note
    truth = backtested(tmp_path, right, registry, "jumping")
    for name in SHARED_WITH_TRADE:
        assert (found.folder / name).read_bytes() == (truth.folder / name).read_bytes()


def test_a_value_that_a_factory_refuses_is_a_refused_trial(tmp_path, registry):
    lay_out_walk(tmp_path, 50)
    config = load_session_config(lone_config("{plugin: fractions}"), registry, workspace=tmp_path)
    for engine in ("auto", "jumping", "streaming"):
        trials = open_trials(config, workspace=tmp_path, registry=registry, engine=engine)
        outcome = trials.run({"strategies.fractions.params.refuse": True}, Window())
        assert (outcome.totals, outcome.refusal) == (None, "these steps are refused by the factory")


def test_what_decides_the_bars_cannot_be_varied(tmp_path, registry):
    lay_out_walk(tmp_path, 50)
    config = load_session_config(lone_config("{plugin: fractions}"), registry, workspace=tmp_path)
    trials = open_trials(config, workspace=tmp_path, registry=registry)
    with pytest.raises(InputError, match="all trials share the same bars"):
        trials.run({"instruments.A.tick": "0.1"}, Window())


def test_a_ruined_benchmark_ends_on_both_engines(tmp_path, registry):
    lay_out_walk(tmp_path, 60)
    path = tmp_path / "cache" / "crypto" / "A-1m.csv"
    rows = path.read_text().splitlines()
    rows[20:] = [f"{row[:21]}0.01,0.01,0.01,0.01,1000" for row in rows[20:]]
    path.write_text("\n".join(rows) + "\n")
    text = lone_config("{plugin: fractions}").replace(
        'cash: "1000"', 'cash: "1000", margin: true, fees: {taker_bps: "9000"}'
    )
    streamed = backtested(tmp_path, text, registry, "streaming")
    jumped = backtested(tmp_path, text, registry, "jumping")
    assert contents(jumped.folder) == contents(streamed.folder)


def lay_out_closes(workspace: Path, symbol: str, closes: list[str]) -> None:
    """Write minute bars that stand still at each close."""
    rows = ["timestamp,open,high,low,close,volume"]
    rows += [f"{time_text(START + 60 * row)},{text},{text},{text},{text},100000" for row, text in enumerate(closes)]
    folder = workspace / "cache" / "crypto"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{symbol}-1m.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_ruin_in_the_middle_of_a_quiet_span_halts_at_its_own_slice(tmp_path, registry):
    lay_out_closes(tmp_path, "A", ["10.00"] * 30 + ["8.00"] * 5 + ["5.00"] + ["12.00"] * 30)
    text = lone_config("{plugin: buy_and_hold}", 'allocator: {plugin: fixed_quantity, quantity: "300"}')
    text = text.replace('cash: "1000"', 'cash: "1000", margin: true')
    streamed = backtested(tmp_path, text, registry, "streaming")
    jumped = backtested(tmp_path, text, registry, "jumping")
    assert (jumped.status, jumped.metrics["slices"]) == ("halted", 36)
    assert [cause["guard"] for cause in jumped.metrics["halt_causes"]] == ["account"]
    assert contents(jumped.folder) == contents(streamed.folder)
    assert_traded_alike(tmp_path, text, registry, jumped)


@pytest.mark.parametrize("account", ["USD", "EUR"])
def test_a_converted_holding_is_rounded_in_columns_as_in_the_books(account, tmp_path, registry):
    home, away = account, "EUR" if account == "USD" else "USD"
    lay_out_closes(tmp_path, "A", [f"{10 + row % 7 / 100 + row % 3 / 10:.2f}" for row in range(90)])
    lay_out_closes(tmp_path, "EUR-USD", [f"{1 + row % 11 / 997:.4f}" for row in range(90)])
    text = f"""
instruments:
  A: {{asset_class: crypto, tick: "0.01", lot: "0.37", currency: {away}}}
  EUR-USD: {{asset_class: crypto, tick: "0.0001", lot: "1", currency: USD}}
currencies: {{{home}: {{decimals: 2}}}}
feed: {{plugin: replay, path: cache, symbols: [A, EUR-USD]}}
broker: {{plugin: paper, cash: "1000", currency: {home}, conversions: {{{away}: EUR-USD}}}}
strategies: [{{plugin: buy_and_hold, symbols: [A]}}]
"""
    jumped = backtested(tmp_path, text, registry, "jumping")
    assert jumped.metrics["fills"] == 1
    assert_traded_alike(tmp_path, text, registry, jumped)


def test_a_refused_sale_is_tried_again_at_each_bar_though_no_signal_changes(tmp_path, registry):
    rising = [f"{50 + row / 2:.2f}" for row in range(12)]
    lay_out_closes(tmp_path, "A", [*rising, "39.50", "39.00", "38.90", "41.00", "42.00"])
    text = lone_config(
        "{plugin: sma_cross, params: {fast: 2, slow: 8}}", 'allocator: {plugin: fixed_quantity, quantity: "1"}'
    ).replace('lot: "0.01"', 'lot: "1", min_notional: "40"')
    jumped = backtested(tmp_path, text, registry, "jumping")
    decided = [row.split(",")[6:9] for row in (jumped.folder / schemas.DECISIONS_FILE).read_text().splitlines()[1:]]
    assert decided == [["ordered", "1", ""], ["refused", "", "below_min_notional"], ["ordered", "2", ""]]
    assert_traded_alike(tmp_path, text, registry, jumped)


@pytest.mark.parametrize("breaks_at", [1, 33, 36])
def test_a_strategy_that_breaks_ends_the_run_at_its_bar(breaks_at, tmp_path, registry):
    lay_out_walk(tmp_path, 60)
    text = lone_config(f"{{plugin: breaking, params: {{breaks_at: {breaks_at}}}}}")
    with pytest.raises(PartFailedError, match="strategy breaking on A failed: ZeroDivisionError: broken on purpose"):
        backtested(tmp_path, text, registry, "auto")


@pytest.mark.parametrize("breaks_at", [37, 38, 42])
def test_a_strategy_that_would_break_after_a_halt_does_not_as_in_a_session(breaks_at, tmp_path, registry):
    lay_out_closes(tmp_path, "A", ["10.00"] * 30 + ["8.00"] * 5 + ["5.00"] + ["12.00"] * 30)
    more = 'allocator: {plugin: fixed_quantity, quantity: "300"}'
    strategies = f"{{plugin: buy_and_hold}}, {{plugin: breaking, params: {{breaks_at: {breaks_at}}}}}"
    text = lone_config(strategies, more).replace('cash: "1000"', 'cash: "1000", margin: true')
    halted = backtested(tmp_path, text, registry, "auto")
    assert (halted.engine, halted.status) == ("streaming", "halted")
    assert_traded_alike(tmp_path, text, registry, halted)


def lay_out_steps(workspace: Path, closes: list[int], minutes: list[int] | None = None) -> None:
    """Write bars, each of which opens at the close before, in hundredths; by default a minute apart."""
    rows = ["timestamp,open,high,low,close,volume"]
    for index, (before, close) in enumerate(zip([closes[0], *closes], closes, strict=False)):
        at = START + 60 * (index if minutes is None else minutes[index])
        cells = [f"{ticks / 100:.2f}" for ticks in (before, max(before, close), min(before, close), close)]
        rows.append(f"{time_text(at)},{','.join(cells)},100000000000")
    folder = workspace / "cache" / "crypto"
    folder.mkdir(parents=True)
    (folder / "A-1m.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("closes", "new_day_at"),
    [
        # The first day ends high. The second loses six per cent of that, and nothing of the starting cash.
        ([1_000] * 3 + [2_000] * 4 + [1_940] * 4 + [1_880] * 5, 7),
        # The second day begins within a stretch, loses three per cent in it and three more in the next one.
        ([1_000] * 9 + [985] * 5 + [940] * 4, 9),
    ],
    ids=["a day begins with a stretch", "a loss goes on over the end of a stretch"],
)
def test_a_daily_loss_halts_wherever_stretches_end(closes, new_day_at, tmp_path, registry):
    pytest.importorskip("numba")
    minutes = [index + (1_440 if index >= new_day_at else 0) for index in range(len(closes))]
    lay_out_steps(tmp_path, closes, minutes)
    text = lone_config("{plugin: buy_and_hold}", 'guards: [{plugin: drawdown, max: "0.9", daily: "0.05"}]')
    streamed = backtested(tmp_path, text, registry, "streaming")
    found = backtested(tmp_path, text, registry, "streaming-kernel")
    assert (streamed.status, found.status) == ("halted", "halted")
    assert "guard drawdown would act" in found.engine_note
    assert contents(found.folder) == contents(streamed.folder)


def test_prices_that_outgrow_64_bits_in_a_later_stretch_are_left_to_the_session(tmp_path, registry):
    pytest.importorskip("numba")
    lay_out_steps(tmp_path, [1] * 10 + [10**9] * 10)
    more = 'allocator: {plugin: fixed_quantity, quantity: "90000"}'
    text = lone_config("{plugin: buy_and_hold}", more)
    streamed = backtested(tmp_path, text, registry, "streaming")
    found = backtested(tmp_path, text, registry, "streaming-kernel")
    assert streamed.metrics["fills"] == 1
    assert "64 bits" in found.engine_note
    assert contents(found.folder) == contents(streamed.folder)


@pytest.mark.parametrize(("calls", "slices"), [(1, 7), (2, 14)])
def test_a_signal_ends_a_compiled_run_after_its_stretch(calls, slices, tmp_path, registry):
    pytest.importorskip("numba")
    lay_out_walk(tmp_path, 30)
    heard = []

    def progress(at) -> None:
        heard.append(at)
        if len(heard) == calls:
            signal.raise_signal(signal.SIGINT)

    config = load_session_config(lone_config("{plugin: buy_and_hold}"), registry, workspace=tmp_path)
    setup = BacktestSetup(workspace=tmp_path, registry=registry, clock=FakeClock(), progress=progress)
    found = run_backtest(setup, config, engine="streaming-kernel")
    assert (found.engine, found.status, found.exit_code) == ("streaming-kernel", "interrupted", 130)
    assert found.metrics["slices"] == slices
    assert (found.folder / schemas.EQUITY_FILE).read_bytes().count(b"\n") == 1 + slices
    assert all(type(value) is int for at in heard for value in (at.orders, at.fills, at.peak, at.equity))


def test_a_signal_in_the_last_stretch_changes_nothing(tmp_path, registry):
    pytest.importorskip("numba")
    lay_out_walk(tmp_path, 14)
    config = load_session_config(lone_config("{plugin: buy_and_hold}"), registry, workspace=tmp_path)

    def progress(at) -> None:
        if at.bars == 14:
            signal.raise_signal(signal.SIGINT)

    setup = BacktestSetup(workspace=tmp_path, registry=registry, clock=FakeClock(), progress=progress)
    assert run_backtest(setup, config, engine="streaming-kernel").status == "completed"


def test_who_waits_is_told_that_a_run_begins_anew(tmp_path, registry):
    pytest.importorskip("numba")
    lay_out_steps(tmp_path, [1_000] * 10 + [400] * 10)
    text = lone_config("{plugin: buy_and_hold}", 'guards: [{plugin: drawdown, max: "0.3"}]')
    config = load_session_config(text, registry, workspace=tmp_path)
    told: list[str] = []
    setup = BacktestSetup(workspace=tmp_path, registry=registry, clock=FakeClock(), tell=told.append)
    found = run_backtest(setup, config, engine="streaming-kernel")
    assert any(one.startswith("Running bar by bar from the start: ") and "drawdown" in one for one in told)
    assert (found.engine, found.status) == ("streaming", "halted")
