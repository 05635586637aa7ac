from __future__ import annotations

import attrs
import pytest

from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, PluginError

YEN = "  EUR-JPY: {asset_class: forex, tick: '0.001', lot: 1, currency: JPY, calendar: FX}\n"
USD_JPY = "  USD-JPY: {asset_class: forex, tick: '0.001', lot: 1, currency: JPY, calendar: FX}\n"


def changed(text, *pairs):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("name: rehearsal", "name: My Run", "session.name", "small letters"),
        ("seed: 7", "seed: 7.5", "session.seed", "whole number"),
        ("seed: 7", "sede: 7", "session.sede", "Did you mean 'seed'?"),
        ("feed:", "fede:", "feed", "missing"),
        ("plugin: replay", "plugin: repaly", "feed.plugin", "replay"),
        ("path: data/cache", "pth: data/cache", "feed.path", "missing"),
        ("[SPY, BTC-USD]", "[]", "feed.symbols", "empty"),
        ("[SPY, BTC-USD]", "[SPY, SPY, BTC-USD]", "feed.symbols", "more than once"),
        ("[SPY, BTC-USD]", "[SPYY, BTC-USD]", "feed.symbols[0]", "Did you mean 'SPY'?"),
        ("[SPY, BTC-USD]", "SPY", "feed.symbols", "expected a list"),
        ("symbols: [SPY, BTC-USD]", "symbols: [SPY, BTC-USD], interval: 7m", "feed.interval", "divide a day"),
        ("plugin: paper", "plugin: paper\n  cash: '0'", "broker.cash", "above 0"),
        ("plugin: paper", "plugin: paper\n  cash: '0.000000001'", "broker.cash", "8 decimals"),
        ("plugin: paper", "plugin: paper\n  cash: 1.5", "broker.cash", 'Write "1.5"'),
        ("plugin: paper", "plugin: paper\n  currency: usd", "broker.currency", "capital"),
        ("plugin: paper", "plugin: paper\n  max_volume_shar: '1'", "broker.max_volume_shar", "max_volume_share"),
        ("plugin: paper", "plugin: paper\n  csh: '1'", "broker.csh", "Did you mean 'cash'?"),
        ("symbols: [BTC-USD]", "symbols: [BTC-USDT]", "strategies[1].symbols[0]", "Did you mean 'BTC-USD'?"),
        ("symbols: [BTC-USD]", "name: trend", "strategies[1].name", "taken by strategies[0]"),
        ("fast: 10", "fast: 0", "strategies[0].params.fast", "fast is 0"),
        ("fast: 10", "fast: 60", "strategies[0].params", "fast is 60"),
        ("fast: 10", "fsat: 10", "strategies[0].params.fsat", "Did you mean 'fast'?"),
        ("params: {fast: 10, slow: 50}", "params: [1]", "strategies[0].params", "section"),
        ("plugin: momentum", "plugin: momentun", "strategies[1].plugin", "momentum"),
        ('limit: "60000"', "", "guards[0].limit", "missing"),
        ('limit: "60000"', 'limit: "-1"', "guards[0].limit", "limit is -1, and must be above 0. Raise it"),
        ("plugin: stale_data, after: 5m", "plugin: calm, after: 5m", "guards[1].after", "takes no keys"),
        ("plugin: stale_data", "plugin: nobody", "guards[1].plugin", "not installed"),
        ("guards:", "gaurds:", "gaurds", "Did you mean 'guards'?"),
        ("strategies:", "backtest: {start: 2026-01-01T00:00:00}\nstrategies:", "backtest.start", "time zone"),
        (
            "strategies:",
            "backtest: {start: 2026-01-02T00:00:00Z, end: 2026-01-01T00:00:00Z}\nstrategies:",
            "backtest",
            "not before",
        ),
        ("strategies:", "backtest: {start: 2026-01-02, end: 2026-01-02}\nstrategies:", "backtest", "not before"),
        ("strategies:", "backtest: {start: 2026-13-01}\nstrategies:", "backtest.start", "ISO-8601"),
        ("strategies:", "allocator: hrp\nstrategies:", "allocator", "Write {plugin: hrp}"),
        ("strategies:", "currencies: {USD: {decimals: 99}}\nstrategies:", "currencies.USD.decimals", "from 0 to"),
        (", calendar: XNYS", "", "guards[1]", "calendar: XNYS"),
    ],
)
def test_a_wrong_value_is_named_with_path_line_and_remedy(problems_of, text, old, new, path, words):
    problems = problems_of(changed(text, (old, new)))

    assert path in problems
    assert words in problems[path]
    assert "(line " in problems[path] or path == "feed"


def test_a_config_without_strategies_is_refused(problems_of, text):
    start, end = text.index("strategies:"), text.index("guards:")

    assert "sma_cross" in problems_of(text[:start] + text[end:])["strategies"]
    assert "expected a list" in problems_of(text[:start] + "strategies: x\n" + text[end:])["strategies"]


def test_a_missing_distribution_is_named(own_registry, text):
    own_registry.remove("broker", "paper")
    with pytest.raises(ConfigError) as caught:
        load_session_config(text, own_registry)

    (problem,) = caught.value.problems
    assert problem.path == "broker.plugin"
    assert problem.line == 6


def test_a_part_may_be_named_with_its_distribution(load, text):
    config = load(text.replace("plugin: max_notional", "plugin: logos-risk/max_notional"))

    assert config.guards[0].plugin == "logos-risk/max_notional"
    assert config.guards[0].name == "max_notional"


def test_a_file_of_another_command_has_that_one_problem(registry, text):
    with pytest.raises(ConfigError) as caught:
        load_session_config(
            text + "\nportfolio: {allocator: {plugin: hrp}}\nstrategis: []\n", registry, source="p.yaml"
        )

    (problem,) = caught.value.problems
    assert problem.path == "portfolio"
    assert problem.hint.startswith("Run it with: logos portfolio backtest --config p.yaml. ")
    assert problem.hint.endswith("logos backtest check --config runs/<id>/config.yaml")


def test_problems_of_all_sections_are_told_in_one_go_in_the_order_of_the_file(registry, text):
    wrong = changed(text, ("seed: 7", "seed: x"), ("path: data", "pth: data"), ("fast: 10", "fast: x"), ("60000", "-1"))
    with pytest.raises(ConfigError) as caught:
        load_session_config(wrong, registry)

    problems = caught.value.problems
    assert [problem.path for problem in problems] == [
        "session.seed",
        "feed.path",
        "feed.pth",
        "strategies[0].params.fast",
        "guards[0].limit",
    ]
    assert "5 problems" in caught.value.message


class TestConversions:
    def test_an_instrument_in_another_currency_needs_one(self, problems_of, text):
        wrong = changed(text, ("feed:", YEN + "feed:"), ("[SPY, BTC-USD]", "[SPY, BTC-USD, EUR-JPY]"))

        message = problems_of(wrong)["broker.conversions"]
        assert "EUR-JPY is quoted in JPY" in message
        assert "conversions: {JPY: " in message
        assert "feed.symbols" in message

    def test_the_hint_names_a_symbol_that_the_session_has(self, problems_of, text):
        wrong = changed(text, ("feed:", USD_JPY + "feed:"), ("[SPY, BTC-USD]", "[SPY, BTC-USD, USD-JPY]"))

        assert "conversions: {JPY: USD-JPY}" in problems_of(wrong)["broker.conversions"]

    def test_a_symbol_may_be_its_own_conversion(self, load, text):
        config = load(
            changed(
                text,
                ("feed:", USD_JPY + "feed:"),
                ("[SPY, BTC-USD]", "[SPY, BTC-USD, USD-JPY]"),
                ("plugin: paper", "plugin: paper\n  conversions: {JPY: USD-JPY}"),
            )
        )

        assert config.account.conversions == {"JPY": "USD-JPY"}

    @pytest.mark.parametrize(
        ("conversions", "path", "words"),
        [
            ("{JPY: USD-JPY}", "broker.conversions.JPY", "not among feed.symbols"),
            ("{EUR: BTC-USD}", "broker.conversions.EUR", "does not convert EUR into USD"),
            ("{USD: BTC-USD}", "broker.conversions.USD", "own currency"),
        ],
    )
    def test_one_that_does_not_fit_is_refused(self, problems_of, text, conversions, path, words):
        wrong = changed(text, ("plugin: paper", f"plugin: paper\n  conversions: {conversions}"))

        assert words in problems_of(wrong)[path]

    def test_the_accounts_currency_may_have_other_decimals(self, load, text):
        config = load(changed(text, ("feed:", "currencies: {USD: {decimals: 2}}\nfeed:")))

        assert (config.account.decimals, config.account.cash) == (2, 10_000_000)
        assert load(config.to_yaml()).account == config.account


class TestSecrets:
    @pytest.mark.parametrize(
        ("line", "path"),
        [
            ("  api_key: hunter2x\n", "broker.api_key"),
            ("  apiSecret: hunter2x\n", "broker.apiSecret"),
            ("  password: 'hunter2x'\n", "broker.password"),
            ("  credentials: {user: u, value: hunter2x}\n", "broker.credentials"),
            ("  keys: [hunter2x]\n", "broker.keys"),
        ],
    )
    def test_a_value_that_looks_secret_is_refused_and_never_repeated(self, registry, text, line, path):
        wrong = changed(text, ("  plugin: paper\n", f"  plugin: paper\n{line}"), ("seed: 7", "seed: x"))
        with pytest.raises(ConfigError) as caught:
            load_session_config(wrong, registry)

        told = [problem.path for problem in caught.value.problems]
        assert told == ["session.seed", path]
        assert "hunter2x" not in f"{caught.value!r}{caught.value}{caught.value.problems}"

    @pytest.mark.parametrize("line", ["  api_key:hunter2x: 1\n", "  'api_key=hunter2x': 1\n"])
    def test_a_misspelt_secret_is_masked_too(self, registry, text, line):
        wrong = changed(text, ("  plugin: paper\n", f"  plugin: paper\n{line}"))
        with pytest.raises(ConfigError) as caught:
            load_session_config(wrong, registry)

        assert "hunter2x" not in f"{caught.value}{caught.value.problems}"

    def test_a_company_may_be_called_key(self, load, text):
        entry = "  KEY: {asset_class: equity, tick: '0.01', lot: 1, currency: USD, calendar: XNYS}\n"

        assert (
            load(changed(text, ("feed:", entry + "feed:"), ("[SPY, BTC-USD]", "[SPY, BTC-USD, KEY]"))).symbols[1]
            == "KEY"
        )

    def test_the_name_of_a_variable_is_no_secret(self, problems_of, text):
        wrong = changed(text, ("  plugin: paper\n", "  plugin: paper\n  api_key_env: VENUE_KEY\n  max_tokens: 5\n"))

        problems = problems_of(wrong)
        assert "unknown key" in problems["broker.api_key_env"]
        assert "unknown key" in problems["broker.max_tokens"]


def test_a_plugin_whose_config_does_not_read_back_is_refused(own_registry, text):
    @attrs.frozen(kw_only=True)
    class Growing:
        count: int = attrs.field(default=1, converter=lambda value: value + 1)

    own_registry.add("guard", "growing", Growing)
    with pytest.raises(PluginError, match="'guards' does not read back"):
        load_session_config(text + "  - {plugin: growing}\n", own_registry)
