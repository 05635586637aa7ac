from __future__ import annotations

import random  # noqa: TID251 - Hypothesis drives it
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.config.reading import parse, plain
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError


def edited(text, change):
    """Return a config with a change of its plain values."""
    values = plain(parse(text, "x"))
    change(values)
    return yaml.safe_dump(values, sort_keys=False)


def test_every_default_is_filled_in(load, text):
    config = load(text)

    assert (config.session.name, config.session.seed, config.session.flatten) == ("rehearsal", 7, False)
    assert config.symbols == ("BTC-USD", "SPY")
    assert (config.interval, config.interval_text) == (60, "1m")
    assert (config.account.currency, config.account.cash, config.account.decimals) == ("USD", 100_000 * 10**8, 8)
    assert [(entry.name, entry.symbols) for entry in config.strategies] == [
        ("momentum", ("BTC-USD",)),
        ("trend", ("BTC-USD", "SPY")),
    ]
    assert config.pairs == 3
    assert (config.allocator.plugin, config.position_manager.plugin) == ("equal_weight", "targets")
    assert config.allocator.config.invest == Decimal("0.95")
    assert config.position_manager.config is None
    assert [guard.name for guard in config.guards] == ["max_notional", "stale_data"]
    assert config.backtest is None
    assert config.instruments["SPY"] is config.known_instruments["SPY"]


def test_the_used_parts_are_listed_once_with_their_distribution(load, text):
    parts = [(offer.kind, offer.name, offer.distribution) for offer in load(text).parts]

    assert ("broker", "paper", "logos-brokers") in parts
    assert parts == sorted(set(parts))


def test_the_seed_of_the_config_comes_before_the_default_one(load, text):
    assert load(text, default_seed=3).session.seed == 7
    assert load(text.replace(", seed: 7", ""), default_seed=3).session.seed == 3


def test_the_resolved_yaml_resolves_to_the_same_config(load, text):
    config = load(text + "backtest: {start: 2026-01-01T00:00:00Z}\n")
    again = load(config.to_yaml(), default_seed=99)

    assert again.to_yaml() == config.to_yaml()
    assert again.digest == config.digest
    assert (again.broker.config, again.guards) == (config.broker.config, config.guards)
    assert config.backtest.end is None
    assert config.backtest.start == 1767225600


def test_a_date_of_the_backtest_is_its_midnight_in_utc(load, text):
    window = load(text + "backtest: {start: 2026-01-01, end: 2026-01-02}\n").backtest

    assert (window.start, window.end) == (1767225600, 1767225600 + 86_400)


def test_other_yaml_readers_read_the_resolved_yaml_alike(load, text):
    config = load(text)

    assert yaml.safe_load(config.to_yaml()) == config.resolved


def test_a_session_runs_on_the_values_that_its_folder_records(load, text):
    fees = load(text.replace('taker_bps: "10"', "")).broker.config.fees

    assert str(fees.taker_bps) == "0"  # the class says Decimal("0.0")


def test_relative_paths_stay_relative(load, text):
    assert "path: data/cache\n" in load(text).to_yaml()


def test_two_spellings_of_a_number_are_the_same_config(load, text):
    assert load(text.replace('"0.1"', '"0.100"')).digest == load(text).digest


def test_a_file_is_found_from_the_workspace(registry, text, tmp_path, monkeypatch):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "paper.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    config = load_session_config(Path("paper.yaml"), registry, workspace=tmp_path / "workspace")
    assert config.session.name == "rehearsal"
    with pytest.raises(ConfigError, match=r"missing\.yaml does not exist"):
        load_session_config(Path("missing.yaml"), registry, workspace=tmp_path / "workspace")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_everything_but_the_guards_has_no_meaning(load, text, shuffler: random.Random):
    def shuffle(value, path=""):
        if isinstance(value, dict):
            keys = list(value)
            shuffler.shuffle(keys)
            return {key: shuffle(value[key], key) for key in keys}
        if isinstance(value, list):
            items = [shuffle(item) for item in value]
            if path != "guards":
                shuffler.shuffle(items)
            return items
        return value

    config = load(text)
    shuffled = load(yaml.safe_dump(shuffle(plain(parse(text, "x"))), sort_keys=False))
    assert shuffled.to_yaml() == config.to_yaml()
    assert shuffled.digest == config.digest


def test_the_order_of_the_guards_has_meaning(load, text):
    turned = load(edited(text, lambda values: values["guards"].reverse()))

    assert turned.digest != load(text).digest
    assert [guard.name for guard in turned.guards] == ["stale_data", "max_notional"]


_WORDS = st.sampled_from(
    ["plugin", "symbols", "paper", "replay", "SPY", "feed", "guards", "5m", "0.1", "limit", "name", "instruments", ""]
)
_JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), _WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_WORDS, st.text(max_size=5)), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_junk_in_any_place_is_a_config_error_or_a_config(load, text, data):
    values = plain(parse(text, "x"))
    section = data.draw(st.sampled_from(sorted(values)))
    target, key = values, section
    while isinstance(target[key], dict | list) and target[key] and data.draw(st.booleans()):
        target = target[key]
        key = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target))))
    target[key] = data.draw(_JUNK)
    try:
        config = load(yaml.safe_dump(values, allow_unicode=True))
    except ConfigError as error:
        refusal = error
    else:
        assert load(config.to_yaml()).digest == config.digest
        return
    assert refusal.problems
    assert all(str(problem) for problem in refusal.problems)
