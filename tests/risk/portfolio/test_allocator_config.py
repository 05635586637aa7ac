"""Every key of an allocator is checked when the config is read, and what is odd about a session is told."""

from decimal import Decimal

import attrs
import pytest

from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.allocator import mean_variance_config
from logos.portfolio.allocator import method_configs as keys
from logos.portfolio.allocator.mean_variance_config import MeanVarianceConfig
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.session.outlook import Outlook, Remarking
from logos.session.schedule import Rebalancing
from logos.testing.bars import instrument
from logos.testing.contexts import part_context


def short_of(most):
    """Return constraints that allow shorts, and no more longs than shorts."""
    return ConstraintsConfig(long_only=False, gross=Decimal("1.5"), net=Bounds(max=Decimal(most)))


@pytest.mark.parametrize(
    ("config", "values", "message"),
    [
        (keys.HrpConfig, {"invest": Decimal(0)}, "invest is 0, and must be above 0 and at most 1"),
        (keys.HrpConfig, {"invest": Decimal("1.01")}, "invest is 1.01, and must be above 0 and at most 1"),
        (keys.HrpConfig, {"invest": Decimal("NaN")}, "invest is NaN"),
        (keys.HrpConfig, {"rebalance": Rebalancing.NEVER}, "rebalance is never, and then no weight would ever be set"),
        (keys.HrpConfig, {"interval": "7m"}, "'7m' is not a bar interval"),
        (keys.HrpConfig, {"lookback": 1}, "lookback is 1, and must be at least 2"),
        (keys.HrpConfig, {"min_history": 1}, "min_history is 1, and must be at least 2"),
        (keys.HrpConfig, {"lookback": 20, "min_history": 21}, "min_history is 21, and lookback 20"),
        (keys.HrpConfig, {"linkage": "wards"}, "linkage is 'wards'"),
        (keys.HercConfig, {"distance": "euclid"}, "distance is 'euclid'"),
        (keys.HercConfig, {"clusters": 0}, "clusters is 0, and must be at least 1"),
        *(
            (
                config,
                {"constraints": short_of(most)},
                f"constraints.net.max is {most}, and this allocator finds no shorts",
            )
            for config in (keys.InverseVolatilityConfig, keys.RiskParityConfig, keys.HrpConfig, keys.HercConfig)
            for most in ("0", "-0.2")
        ),
        (MeanVarianceConfig, {"objective": "sharpe"}, "objective is 'sharpe'"),
        (MeanVarianceConfig, {"solver": "mosek"}, "solver is 'mosek'"),
        (MeanVarianceConfig, {"objective": "target_volatility"}, "target_volatility is missing"),
        (
            MeanVarianceConfig,
            {"target_volatility": Decimal(-1)},
            "target_volatility is -1, and must be above 0",
        ),
        (
            MeanVarianceConfig,
            {"risk_aversion": Decimal(0)},
            "risk_aversion is 0, and must be above 0",
        ),
        (MeanVarianceConfig, {"risk_free": Decimal("Infinity")}, "risk_free is Infinity"),
        (
            MeanVarianceConfig,
            {"costs": Decimal(1)},
            "costs is 1, and must be at least 0 and below 1",
        ),
    ],
)
def test_wrong_value_is_refused_with_what_is_expected(config, values, message):
    with pytest.raises(InputError) as caught:
        config(**values)
    assert message in caught.value.message
    assert caught.value.hint


def test_what_can_sell_short_may_hold_no_more_longs_than_shorts():
    assert MeanVarianceConfig(constraints=short_of("0")).constraints.net.max == 0
    assert keys.SkfolioConfig(estimator="MeanRisk", constraints=short_of("0")).constraints.net.max == 0


@pytest.mark.parametrize(
    ("objective", "key", "value"),
    [
        ("min_variance", "target_volatility", "0.1"),
        ("min_variance", "risk_free", "0.02"),
        ("min_variance", "risk_aversion", "3"),
        ("max_sharpe", "risk_aversion", "3"),
        ("max_sharpe", "target_volatility", "0.1"),
        ("target_volatility", "risk_aversion", "3"),
        ("utility", "target_volatility", "0.1"),
    ],
)
def test_a_key_that_the_objective_does_not_look_at_is_refused(objective, key, value):
    needed = {"target_volatility": Decimal("0.2")} if objective == "target_volatility" else {}
    with pytest.raises(InputError) as caught:
        MeanVarianceConfig(objective=objective, **{**needed, key: Decimal(value)})
    assert caught.value.message == f"{key} is {value}, and objective {objective} does not look at it"
    assert caught.value.hint.startswith(f"Remove {key}, or write objective: ")


@pytest.mark.parametrize(
    ("objective", "keys_of_it"),
    [
        ("min_variance", {}),
        ("min_variance", {"risk_aversion": Decimal(5), "risk_free": Decimal("0.0"), "target_volatility": None}),
        ("min_variance", {"risk_aversion": Decimal(3), "costs": Decimal("0.01")}),
        ("max_sharpe", {"risk_free": Decimal("0.02"), "costs": Decimal("0.01")}),
        ("target_volatility", {"target_volatility": Decimal("0.1"), "risk_free": Decimal("0.02")}),
        ("utility", {"risk_aversion": Decimal(3), "risk_free": Decimal("0.02")}),
    ],
)
def test_keys_of_the_objective_and_defaults_are_taken(objective, keys_of_it):
    assert MeanVarianceConfig(objective=objective, **keys_of_it).objective == objective


def test_min_history_is_a_quarter_of_the_lookback_unless_it_is_given():
    assert keys.HrpConfig().least_history == 63
    assert keys.HrpConfig(lookback=4).least_history == 2
    assert keys.HrpConfig(lookback=4, min_history=3).least_history == 3


@pytest.fixture
def remarks():
    """Return a function that gives what a config says of a session of daily bars, as path and message."""

    def ask(config, bars, *instruments, interval=SECONDS_A_DAY, spans=None):
        found = instruments or (instrument("AAA"), instrument("BBB"))
        outlook = Outlook(
            context=part_context(*found, interval=interval),
            feed="replay",
            broker="paper",
            polled=False,
            outside=False,
            bars=bars,
            spans=spans or {},
        )
        assert isinstance(config, Remarking)
        return [(each.path, each.message) for each in config.remarks(outlook)]

    return ask


def test_a_lookback_that_is_longer_than_the_data_is_told(remarks):
    config = keys.InverseVolatilityConfig(lookback=60)
    assert remarks(config, {"AAA": 61, "BBB": 500}) == []
    assert remarks(config, {}) == []
    assert remarks(config, {"AAA": 60, "BBB": 500}) == [
        ("lookback", "60 returns need 61 bars, and AAA has 60"),
    ]


def test_data_that_is_too_short_for_any_weight_is_told(remarks):
    config = keys.InverseVolatilityConfig(lookback=60)
    ((path, message),) = remarks(config, {"AAA": 15, "BBB": 9})
    assert path == "min_history"
    assert message == "a weight needs 15 returns, and no symbol has more than 15 bars: no weight will ever be set"


def test_a_solver_that_is_not_installed_is_told(remarks, monkeypatch):
    monkeypatch.setattr(mean_variance_config, "find_spec", lambda _name: None)
    bars = {"AAA": 500, "BBB": 500}
    (remark,) = remarks(MeanVarianceConfig(), bars)
    assert remark == ("solver", "clarabel is not installed: the heuristic takes its place")
    assert remarks(MeanVarianceConfig(solver="heuristic"), bars) == []


def test_a_traded_symbol_without_a_sector_is_told_where_sectors_are_capped(remarks):
    bank = attrs.evolve(instrument("AAA"), sector="finance")
    config = keys.HrpConfig(constraints=ConstraintsConfig(sectors={"finance": Decimal("0.3")}))
    assert remarks(config, {}, bank, instrument("BBB")) == [
        (
            "constraints.sectors",
            "no sector is known of BBB: no cap of a sector counts what is held there",
        ),
    ]
    assert remarks(config, {}, bank) == []
    assert remarks(keys.HrpConfig(), {}, bank, instrument("BBB")) == []


def test_symbols_in_another_currency_than_the_accounts_are_told(remarks):
    ((path, message),) = remarks(keys.HrpConfig(), {}, instrument("AAA", currency="EUR"), instrument("BBB"))
    assert path == "risk_model"
    assert message.startswith(
        "risk is estimated from prices as they are quoted (AAA in EUR): how their conversion to USD"
    )


def test_more_clusters_than_symbols_are_told(remarks):
    assert remarks(keys.HercConfig(clusters=2), {}) == []
    assert remarks(keys.HercConfig(clusters=3), {}) == [
        ("clusters", "it is 3, and 2 symbols are traded: each is a cluster of its own"),
    ]
    assert remarks(keys.HercConfig(clusters=3), {}, instrument("AAA")) == [
        ("clusters", "it is 3, and 1 symbol is traded: each is a cluster of its own"),
    ]


@pytest.mark.parametrize(
    ("constraints", "objective", "is_told"),
    [
        ({"net": Bounds(min=Decimal(0), max=Decimal("0.5"))}, "min_variance", True),
        ({"net": Bounds(max=Decimal("0.5"))}, "min_variance", True),
        ({"net": Bounds(min=Decimal("-0.5")), "long_only": False, "gross": Decimal(1)}, "min_variance", True),
        ({"net": Bounds(max=Decimal("-0.1")), "long_only": False, "gross": Decimal(1)}, "min_variance", False),
        ({"net": Bounds(min=Decimal("0.1"))}, "min_variance", False),
        ({"net": Bounds(max=Decimal("0.5")), "min_weight": Decimal("0.1")}, "min_variance", False),
        (
            {"net": Bounds(max=Decimal("0.5")), "weights": {"AAA": Bounds(min=Decimal("0.1"))}},
            "min_variance",
            False,
        ),
        ({}, "min_variance", False),
        ({"net": Bounds(max=Decimal("0.5"))}, "utility", False),
    ],
)
def test_a_least_variance_that_may_be_that_of_nothing_is_told(remarks, constraints, objective, is_told):
    config = MeanVarianceConfig(objective=objective, solver="heuristic", constraints=ConstraintsConfig(**constraints))
    assert [path for path, _ in remarks(config, {})] == (["constraints.net"] if is_told else [])


WEEK = (parse_time("2024-03-04T14:30:00Z"), parse_time("2024-03-11T19:59:00Z"))
"""From the first minute of a Monday's session to the last of the Monday after it."""


@pytest.mark.parametrize(("calendar", "days"), [("XNYS", 6), ("24/7", 8), (None, 8)])
def test_minute_bars_are_counted_as_the_days_that_returns_are_of(remarks, calendar, days):
    traded = attrs.evolve(instrument("AAA"), calendar=calendar)
    bars, spans = {"AAA": 6_466}, {"AAA": WEEK}
    told = remarks(keys.HrpConfig(lookback=252), bars, traded, interval=60, spans=spans)
    assert told == [
        (
            "min_history",
            f"a weight needs 63 returns, and no symbol has more than {days} periods of 1d: no weight will ever be set",
        )
    ]
    assert remarks(keys.HrpConfig(lookback=days - 1), bars, traded, interval=60, spans=spans) == []
    told = remarks(keys.HrpConfig(lookback=days), bars, traded, interval=60, spans=spans)
    assert told == [("lookback", f"{days} returns need {days + 1} periods of 1d, and AAA has {days}")]


def test_no_period_is_counted_without_a_bar(remarks):
    config = keys.HrpConfig(lookback=6, min_history=3)
    ((path, message),) = remarks(config, {"AAA": 3}, instrument("AAA"), interval=60, spans={"AAA": WEEK})
    assert path == "min_history"
    assert "no symbol has more than 3 periods of 1d" in message


def test_means_that_nothing_looks_at_are_told(remarks):
    model = RiskModelConfig(mean="ewma")
    told = [
        (
            "risk_model.mean",
            "it is ewma, and this allocator does not look at mean returns: it changes nothing",
        )
    ]
    assert remarks(keys.HrpConfig(risk_model=model), {}) == told
    assert remarks(MeanVarianceConfig(solver="heuristic", risk_model=model), {}) == told
    assert remarks(MeanVarianceConfig(solver="heuristic", objective="max_sharpe", risk_model=model), {}) == []
    assert remarks(keys.HrpConfig(), {}) == []


def test_a_half_life_that_leaves_fewer_returns_than_symbols_is_told(remarks):
    model = RiskModelConfig(model="ewma", halflife=Decimal("0.5"))
    assert remarks(keys.HrpConfig(risk_model=model), {}) == [
        (
            "risk_model.halflife",
            "it is 0.5: 252 returns weigh as much as 1.7 equal ones, too few for the covariance of 2 symbols",
        )
    ]
    assert remarks(keys.HrpConfig(risk_model=attrs.evolve(model, halflife=Decimal(5))), {}) == []
    means = RiskModelConfig(model="sample", mean="ewma", halflife=Decimal("0.5"))
    assert [path for path, _ in remarks(keys.HrpConfig(risk_model=means), {})] == ["risk_model.mean"]


@pytest.mark.parametrize("value", ["1", "5", "-1", "NaN"])
def test_a_risk_free_rate_that_is_no_share_is_refused(value):
    with pytest.raises(InputError, match=f"risk_free is {value}, and must lie between -1 and 1"):
        MeanVarianceConfig(objective="max_sharpe", risk_free=Decimal(value))


def test_a_target_volatility_of_all_equity_and_more_is_told(remarks):
    config = MeanVarianceConfig(objective="target_volatility", target_volatility=Decimal(12), solver="heuristic")
    assert remarks(config, {}) == [("target_volatility", "it is 12, which is 1,200 % a year")]
    assert remarks(attrs.evolve(config, target_volatility=Decimal("0.12")), {}) == []
