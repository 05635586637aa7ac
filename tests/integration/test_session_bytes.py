"""Same config, seed and bars: the same bytes, wherever, whenever and in whatever order things are listed."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logos.artifacts import schemas
from logos.config.session import load_session_config
from logos.live.runner import Cadence
from logos.testing.bars import wave
from logos.testing.contexts import FakeClock

SYMBOLS = ("BTC-USD", "DEMO", "EUR-USD", "PARIS")
STRATEGIES = (
    "{plugin: sma_cross, name: trend, params: {fast: 3, slow: 9}}",
    '{plugin: mean_reversion, name: dip, params: {window: 8, entry: "1.2", exit: "0.2"}}',
    "{plugin: channel_breakout, name: out, params: {window: 5, exit_window: 3}}",
)
INSTRUMENTS = (
    'PARIS: {asset_class: crypto, tick: "0.05", lot: "1", currency: EUR}',
    'BTC-USD: {min_notional: "5"}',
)


def config(
    *, symbols=SYMBOLS, strategies=STRATEGIES, instruments=INSTRUMENTS, seed: str = "seed: 7", kill: str = "STOP"
) -> str:
    return f"""
session: {{name: bytes, {seed}}}
instruments: {{{", ".join(instruments)}}}
feed: {{plugin: replay, path: data/cache, symbols: [{", ".join(symbols)}]}}
broker:
  plugin: paper
  cash: "100000"
  conversions: {{EUR: EUR-USD}}
  fees: {{maker_bps: "2", taker_bps: "10"}}
  slippage_bps: "1"
  slippage_jitter_bps: "5"
  max_volume_share: "0.03"
strategies: [{", ".join(strategies)}]
guards:
  - {{plugin: max_notional, limit: "8000"}}
  - {{plugin: exposure, gross: "0.3"}}
  - {{plugin: drawdown, max: "0.5", daily: "0.5"}}
  - {{plugin: stale_data, after: 5m}}
  - {{plugin: reject_rate}}
  - {{plugin: order_rate, max: 20, per: 10m}}
  - {{plugin: kill_switch, file: {kill}}}
"""


def bars_of(symbol: str) -> list[tuple[str, ...]]:
    """Return 240 bars that rise and fall, each symbol in a way of its own, with a few minutes missing."""
    step, middle, volume = {
        "BTC-USD": ("0.01", 900_000, "0.5"),
        "DEMO": ("0.01", 10_000, "400"),
        "EUR-USD": ("0.00001", 110_000, "0"),
        "PARIS": ("0.05", 3_000, "900"),
    }[symbol]
    decimals = len(step.partition(".")[2])

    def text(ticks: int) -> str:
        return f"{ticks * int(step.replace('.', '')) / 10**decimals:.{decimals}f}"

    closes = wave(240 + len(symbol), middle=middle, swing=middle // 12)[len(symbol) :]
    rows = []
    for minute, (before, close) in enumerate(itertools.pairwise([closes[0], *closes])):
        if minute % 37 == len(symbol):
            continue
        moment = f"2024-03-04T{14 + (30 + minute) // 60:02}:{(30 + minute) % 60:02}:00Z"
        prices = (before, max(before, close) + 2, min(before, close) - 2, close)
        rows.append((moment, *map(text, prices), volume))
    return rows


BARS = {symbol: bars_of(symbol) for symbol in SYMBOLS}
TABLES = tuple(schemas.TABLES)


def contents(folder: Path) -> dict[str, str]:
    """Return everything in a session's folder that must not differ, the declared fields taken out."""
    found = {name: (folder / name).read_text(encoding="utf-8") for name in (*TABLES, schemas.CONFIG_FILE)}
    found[schemas.STATE_FILE] = json.dumps(without_declared(json.loads((folder / schemas.STATE_FILE).read_bytes())))
    lines = (folder / schemas.JOURNAL_FILE).read_text(encoding="utf-8").splitlines()
    found[schemas.JOURNAL_FILE] = "\n".join(json.dumps(without_declared(json.loads(line))) for line in lines)
    summary = (folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8").replace(folder.name, "ID")
    found[schemas.SUMMARY_FILE] = re.sub(r"\((wall clock)\) +\| .* \|", r"(\1)", summary)
    return found


DECLARED = ("session_id", "client_order_id", "started_at", "prev", "hash", "head", "seal")


def without_declared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_declared(inner) for key, inner in value.items() if key not in DECLARED}
    return [without_declared(inner) for inner in value] if isinstance(value, list) else value


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


@pytest.fixture(scope="module")
def first(tmp_path_factory, run_session) -> dict[str, str]:
    """The artifacts of the session as it is written above."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return elsewhere(tmp_path_factory.mktemp("bytes") / "first", monkeypatch, run_session, config())


class HastyClock(FakeClock):
    """A clock that runs whenever it is looked at."""

    def monotonic(self) -> float:
        self.elapsed += 0.01
        return self.elapsed


def elsewhere(place: Path, monkeypatch, run_session: Callable[..., Path], text: str, **options: Any) -> dict[str, str]:
    """Run a session in a new workspace and return its artifacts."""
    place.mkdir(exist_ok=True)
    monkeypatch.setenv("LOGOS_HOME", str(place))
    monkeypatch.chdir(place)
    return contents(run_session(place, text, BARS, **options))


def test_the_session_is_rich_enough_to_show_a_difference(first) -> None:
    lines = {name: first[name].count("\n") - 1 for name in TABLES}
    assert lines["trades.csv"] > 80
    assert lines["decisions.csv"] > 80
    assert lines["account.csv"] == 240
    assert lines["trades.csv"] > lines["orders.csv"], "some orders fill in parts"
    for word in (",limit,", ",stop,", ",cancelled,", ",blocked,", "max_notional: ", "exposure: "):
        assert word in first["orders.csv"], word


def test_another_folder_another_day_and_another_pace_give_the_same_bytes(
    first, tmp_path, monkeypatch, run_session
) -> None:
    kept = []
    second = elsewhere(
        tmp_path / "quite another folder",
        monkeypatch,
        run_session,
        config(),
        clock=HastyClock(wall=2_000_000_000),
        cadence=Cadence(flush=0.05, snapshot=0.4),
        progress=lambda session: kept.append(session.clock),
    )
    assert len(kept) > 20
    assert differing(first, second) == []


def test_only_declared_fields_differ_at_all(tmp_path, monkeypatch, run_session) -> None:
    """With the same session id and clock, nothing but the path differs, and the path stands nowhere."""
    raw = []
    for name in ("one", "another"):
        place = tmp_path / name
        options = {"session_id": "given", "clock": FakeClock()}
        elsewhere(place, monkeypatch, run_session, config(), **options)
        folder = place / "runs/live/sessions/given"
        raw.append({path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()})
    assert raw[0].keys() == raw[1].keys()
    assert [name for name in raw[0] if raw[0][name] != raw[1][name]] == []
    assert [name for name in raw[0] if str(tmp_path).encode() in raw[0][name]] == []


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_the_order_of_lists_changes_no_byte(first, tmp_path, monkeypatch, run_session, turn) -> None:
    def turned(items: tuple[str, ...]) -> tuple[str, ...]:
        return (*items[turn % len(items) :], *items[: turn % len(items)])[::-1]

    text = config(symbols=turned(SYMBOLS), strategies=turned(STRATEGIES), instruments=turned(INSTRUMENTS))
    assert differing(first, elsewhere(tmp_path / "turned", monkeypatch, run_session, text)) == []


def test_the_order_of_a_strategys_own_symbols_changes_no_byte(tmp_path, monkeypatch, run_session) -> None:
    found = []
    for number, symbols in enumerate(("DEMO, PARIS", "PARIS, DEMO")):
        strategies = (STRATEGIES[0].replace("name:", f"symbols: [{symbols}], name:"),)
        text = config(strategies=strategies)
        found.append(elsewhere(tmp_path / str(number), monkeypatch, run_session, text))
    assert differing(*found) == []


@pytest.mark.parametrize("form", ["csv.gz", "parquet"])
def test_the_form_of_the_bar_files_changes_no_byte(first, tmp_path, monkeypatch, run_session, form) -> None:
    second = elsewhere(tmp_path / "form", monkeypatch, run_session, config(), form=form)

    # The summary names the files; the table's columns are as wide as the longest name.
    def nameless(found: dict[str, str], ending: str) -> dict[str, str]:
        summary = found[schemas.SUMMARY_FILE].replace(f"-1m.{ending}`", "-1m`")
        return found | {schemas.SUMMARY_FILE: re.sub(r" +\||-+", "", summary)}

    assert differing(nameless(first, "csv"), nameless(second, form)) == []


def test_a_kill_file_halts_with_the_same_bytes_in_every_folder(tmp_path, monkeypatch, run_session) -> None:
    found = []
    for name in ("one", "another"):
        kill = tmp_path / name / "sub" / "KILL"
        kill.parent.mkdir(parents=True)
        kill.touch()
        found.append(elsewhere(tmp_path / name, monkeypatch, run_session, config(kill="sub/KILL")))
    assert '"status": "halted"' in found[0][schemas.STATE_FILE]
    assert differing(*found) == []


def test_logos_seed_is_used_where_the_config_names_none_and_is_recorded(tmp_path, monkeypatch, run_session) -> None:
    found = {}
    for name, seed, text in (
        ("eleven", "11", config(seed="flatten: false")),
        ("again", "11", config(seed="flatten: false")),
        ("twelve", "12", config(seed="flatten: false")),
        ("own", "12", config(seed="seed: 11")),
    ):
        monkeypatch.setenv("LOGOS_SEED", seed)
        found[name] = elsewhere(tmp_path / name, monkeypatch, run_session, text)
    assert "seed: 11\n" in found["eleven"][schemas.CONFIG_FILE]
    assert json.loads(found["twelve"][schemas.STATE_FILE])["seed"] == 12
    assert '"seed": 12' in found["twelve"][schemas.JOURNAL_FILE]
    assert differing(found["eleven"], found["again"]) == differing(found["eleven"], found["own"]) == []
    assert "trades.csv" in differing(found["eleven"], found["twelve"])


def test_the_config_of_a_sessions_folder_resolves_to_the_same_config(
    tmp_path, monkeypatch, run_session, registry
) -> None:
    found = elsewhere(tmp_path / "first", monkeypatch, run_session, config())
    again = load_session_config(found[schemas.CONFIG_FILE], registry)
    assert again.to_yaml() == found[schemas.CONFIG_FILE]
    assert again.digest == json.loads(found[schemas.STATE_FILE])["config_digest"]


ENVIRONMENTS = {
    "hash seed 1": {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
    "hash seed 2": {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
}


def test_hash_seed_time_zone_and_locale_change_no_byte(workspace, write_bars, logos_cli, first) -> None:
    write_bars(workspace, config(), BARS)
    (workspace / "session.yaml").write_text(config(), encoding="utf-8")
    for environment in ENVIRONMENTS.values():
        done = logos_cli("trade", "--config", "session.yaml", "--json", env=environment)
        assert done.returncode == 0, done.stderr
        folder = workspace / json.loads(done.stdout.splitlines()[-1])["path"]
        assert differing(first, contents(folder)) == []
