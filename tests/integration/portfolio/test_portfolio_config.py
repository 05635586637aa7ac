"""The config of a portfolio backtest: what it becomes, and what is refused, each with its place and its line."""

from __future__ import annotations

import pytest

from logos.domain.errors import ConfigError
from logos.portfolio.backtest.request import read_request


@pytest.fixture
def read(tmp_path, registry):
    """Return a function that reads the text of a config."""

    def call(text, **options):
        path = tmp_path / "p.yaml"
        path.write_text(text)
        return read_request(path, registry, **options)

    return call


@pytest.fixture
def refused(read):
    """Return a function that reads a config which has to be refused, and returns its problems by path."""

    def call(text, **options):
        with pytest.raises(ConfigError) as caught:
            read(text, **options)
        return {problem.path: problem for problem in caught.value.problems}

    return call


def test_a_portfolio_becomes_a_session_that_holds_every_symbol(read, config_text):
    config = read(config_text).main.config
    (entry,) = config.strategies
    assert (entry.plugin, entry.name, entry.symbols) == ("buy_and_hold", "hold", ("AAA", "BBB", "CCC", "DDD", "EEE"))
    assert (config.session.name, config.interval_text, config.allocator.name) == ("demo", "1d", "hrp")
    allocator = config.resolved["allocator"]
    assert (allocator["lookback"], allocator["min_history"], allocator["rebalance"]) == (60, 40, "month_end")
    assert allocator["constraints"]["max_weight"] == "0.4"
    assert config.resolved["position_manager"] == {
        **config.resolved["position_manager"],
        "plugin": "cost_aware",
        "band": "0.005",
        "min_trade": "50",
    }


def test_a_rebalance_that_is_none_is_answered_with_those_that_set_weights(refused, config_text):
    weekly = refused(config_text.replace("month_end", "weekly").replace("[equal_weight, inverse_volatility]", "[]"))
    valid = "Valid: day_end, every_bar, month_end, quarter_end, week_end, year_end."
    assert weekly["portfolio.rebalance"].hint == valid
    never = refused(config_text.replace("month_end", "never").replace("[equal_weight, inverse_volatility]", "[]"))
    assert never["portfolio.rebalance"].message == "rebalance is never, and then no weight would ever be set"


def test_benchmarks_get_the_same_schedule_constraints_and_position_manager(read, config_text):
    request = read(config_text)
    equal, inverse = request.benchmarks
    assert [one.name for one in (equal, inverse)] == ["equal_weight", "inverse_volatility"]
    assert equal.config.resolved["allocator"]["rebalance"] == "month_end"
    assert (equal.unknown, inverse.unknown) == (("constraints",), ())
    main = request.main.config.resolved
    assert inverse.config.resolved["allocator"]["constraints"] == main["allocator"]["constraints"]
    for one in (equal, inverse):
        assert one.config.session.name == f"demo-{one.name}"
        same = {"session", "allocator"}
        assert {key: value for key, value in one.config.resolved.items() if key not in same} == {
            key: value for key, value in main.items() if key not in same
        }


def test_the_resolved_text_asks_for_the_same_backtest(read, config_text):
    request = read(config_text)
    again = read(request.text)
    assert again.text == request.text
    for one, two in zip((request.main, *request.benchmarks), (again.main, *again.benchmarks), strict=True):
        assert one.config.resolved == two.config.resolved


def test_a_bare_portfolio_has_defaults_for_all_but_the_allocator(read, config_text):
    bare = "portfolio: {allocator: {plugin: risk_parity}}\n" + config_text[config_text.index("session:") :]
    request = read(bare)
    allocator = request.main.config.resolved["allocator"]
    assert (allocator["interval"], allocator["rebalance"], allocator["lookback"]) == ("1d", "month_end", 252)
    assert request.main.config.interval_text == "1d"
    assert [one.name for one in request.benchmarks] == ["equal_weight"]
    assert request.text.startswith('portfolio:\n  interval: "1d"\n  rebalance: month_end\n  lookback: 252\n')


def test_symbols_that_only_convert_need_not_be_held(read, config_text):
    request = read(config_text.replace("interval: 1d", "interval: 1d\n  symbols: [AAA, CCC]"))
    assert request.main.config.strategies[0].symbols == ("AAA", "CCC")
    assert len(request.main.config.symbols) == 5


def test_names_given_on_the_command_line_replace_the_benchmarks(read, config_text):
    request = read(config_text, benchmarks=("risk_parity",))
    assert [one.name for one in request.benchmarks] == ["risk_parity"]


def test_a_benchmark_may_have_a_name_and_keys_of_its_own(read, config_text):
    text = config_text.replace(
        "[equal_weight, inverse_volatility]", "[{plugin: hrp, name: hrp-short, lookback: 50, rebalance: week_end}]"
    )
    (one,) = read(text).benchmarks
    assert (one.name, one.config.session.name) == ("hrp-short", "demo-hrp-short")
    assert (one.config.resolved["allocator"]["lookback"], one.config.resolved["allocator"]["rebalance"]) == (
        50,
        "week_end",
    )


def test_every_problem_is_told_at_once_where_it_was_written(refused, config_text):
    text = (
        config_text.replace("lookback: 60", "lookback: sixty")
        .replace("rebalance: month_end", "rebalance: monthly")
        .replace("max_weight:", "max_wieght:")
        .replace('band: "0.005"', 'band: "2"')
        .replace("benchmarks: [equal_weight,", "benchmarks: [equal_wieght,")
    )
    found = refused(text + "strategies: [{plugin: sma_cross}]\nfrobnicate: 1\n")
    assert {path: problem.line for path, problem in found.items()} == {
        "portfolio.rebalance": 4,
        "portfolio.lookback": 5,
        "portfolio.constraints.max_wieght": 8,
        "portfolio.constraints.band": 9,
        "portfolio.benchmarks[0].plugin": 10,
        "strategies": 20,
        "frobnicate": 21,
    }
    assert "max_weight" in found["portfolio.constraints.max_wieght"].hint
    assert "equal_weight" in str(found["portfolio.benchmarks[0].plugin"])
    assert "portfolio.symbols" in found["strategies"].hint


@pytest.mark.parametrize(
    ("old", "new", "path", "word"),
    [
        ("lookback: 60", "lookbak: 60", "portfolio.lookbak", "lookback"),
        ("{plugin: hrp}", "{plugin: hrpp}", "portfolio.allocator.plugin", "hrp"),
        ("{plugin: hrp}", "{lookback: 60}", "portfolio.allocator.plugin", "plugin: hrp"),
        ("{plugin: hrp}", "hrp", "portfolio.allocator", "Write allocator: {plugin: hrp}"),
        ("  allocator: {plugin: hrp}\n", "", "portfolio.allocator", "it is missing. Write allocator: {plugin: hrp}"),
        ("{plugin: hrp}", "{plugin: hrp, lookback: 61}", "portfolio.allocator.lookback", "line 5"),
        ("{plugin: hrp}", "{plugin: hrp, linkage: singel}", "portfolio.allocator.linkage", "single"),
        ("{plugin: hrp}", "{plugin: equal_weight}", "portfolio.constraints", "equal_weight takes no constraints"),
        ("min_trade:", "min_trad:", "portfolio.constraints.min_trad", "min_trade"),
        ('band: "0.005"}', "}\n  position_manager: {horizn: 5}", "portfolio.position_manager.horizn", "horizon"),
        (
            'band: "0.005"}',
            'band: "0.1"}\n  position_manager: {band: "0.2"}',
            "portfolio.position_manager.band",
            "line 9",
        ),
        (
            'band: "0.005"}',
            'band: "0.1"}\n  position_manager: {plugin: targets}',
            "portfolio.constraints.band",
            "targets",
        ),
        ("interval: 1d", "interval: 2w", "portfolio.interval", "divide a day"),
        ("interval: 1d", "interval: 1d\n  symbols: [ZZZ]", "portfolio.symbols[0]", "feed.symbols"),
        ("interval: 1d", "interval: 1d\n  symbols: []", "portfolio.symbols", "empty"),
        ("min_history: 40", "min_history: 400", "portfolio.allocator", "lookback"),
        ("[equal_weight, inverse_volatility]", "[herc, herc]", "portfolio.benchmarks[1]", "by portfolio.benchmarks[0]"),
        ("[equal_weight, inverse_volatility]", "[hrp]", "portfolio.benchmarks[0]", "by portfolio.allocator"),
        ("[equal_weight, inverse_volatility]", "[{name: x}]", "portfolio.benchmarks[0].plugin", "plugin"),
        ("[equal_weight, inverse_volatility]", "[{plugin: hrp, name: A b}]", "portfolio.benchmarks[0].name", "small"),
        ("[equal_weight, inverse_volatility]", "equal_weight", "portfolio.benchmarks", "list"),
        ("[equal_weight, inverse_volatility]", "[7]", "portfolio.benchmarks[0]", "name or its section"),
        ("long_only: true,", 'long_only: true, turnover: "x",', "portfolio.constraints.turnover", "decimal"),
    ],
)
def test_a_mistake_is_told_at_its_place(refused, config_text, old, new, path, word):
    assert old in config_text
    found = refused(config_text.replace(old, new))
    assert path in found
    assert word in str(found[path])
    assert found[path].line is not None


@pytest.mark.parametrize(
    ("new", "path"),
    [
        ("rebalance: month_end\n  interval: 5h", "portfolio.interval"),
        ("rebalance: month_end\n  symbols: [AAA, BBB, AAA]", "portfolio.symbols"),
        ("rebalance: month_end\n  symbols:\n    - AAA\n    - BBB\n    - AAA", "portfolio.symbols"),
    ],
)
def test_a_key_that_several_parts_get_is_one_problem_under_its_own_name(read, config_text, new, path):
    text = config_text.replace("  interval: 1d\n", "").replace("rebalance: month_end", new)
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [(path, 4)]


def test_the_portfolio_section_itself_may_be_missing_or_no_section(refused, config_text):
    rest = config_text[config_text.index("session:") :]
    assert "portfolio: {allocator: {plugin: hrp}}" in refused(rest)["portfolio"].hint
    assert "section" in refused("portfolio: hrp\n" + rest)["portfolio"].message


def test_a_secret_in_the_file_is_refused_and_not_repeated(refused, config_text):
    found = refused(config_text.replace("{plugin: hrp}", "{plugin: hrp, api_key: Zx81-very-secret-Zx81}"))
    assert found
    assert "very-secret" not in "".join(map(str, found.values()))


@pytest.mark.parametrize("command", ["backtest", "weights"])
def test_what_parts_refuse_is_told_together_each_with_its_line(bench, config_text, command):
    bench.write(
        config_text.replace("{plugin: hrp}", '{plugin: risk_parity, budgets: {APPL: "0.3"}}').replace(
            'max_weight: "0.4", gross: "1", sectors: {energy: "0.5"}', 'max_weight: "0.05", sectors: {tch: "0.1"}'
        )
    )
    first, *problems = bench.problems(command, "--config", "p.yaml").splitlines()
    assert first.startswith("error: p.yaml has ")
    assert first.endswith(" problems and cannot be used")
    lines = {line.split(":")[0]: number for number, line in enumerate(config_text.splitlines(), start=1)}
    allocator, constraints = lines["  allocator"], lines["  constraints"]
    assert problems[0].startswith(f"  portfolio.allocator.budgets (line {allocator}): it names APPL")
    assert problems[1].startswith(f"  portfolio.constraints (line {constraints}): no weights can keep")
    assert problems[2].startswith(f"  portfolio.constraints.sectors.tch (line {constraints}): no instrument")


def test_a_period_of_the_position_manager_that_bars_do_not_fill_is_told_at_its_key(bench, config_text):
    bench.write(config_text.replace("  benchmarks:", "  position_manager: {interval: 1h}\n  benchmarks:"))
    said = bench.problems()
    assert "portfolio.position_manager.interval (line " in said
    assert "1h is no multiple of the session's bars of 1d" in said
