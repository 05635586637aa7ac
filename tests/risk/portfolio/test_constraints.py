"""What a config's constraints mean, and how a wrong one is refused."""

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.config.reading import parse
from logos.config.structuring import structure
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.constraints.resolving import limits_of, unknown_names
from logos.testing.bars import instrument

SYMBOLS = ("AAPL", "BTC-USD", "MSFT", "XOM")

EVERY_KEY = """
long_only: false
max_weight: "0.4"
min_weight: "-0.2"
weights: {AAPL: {min: "0", max: "0.1"}, MSFT: {max: "0.3"}}
gross: "1.5"
net: {min: "-0.5", max: "1"}
sectors: {energy: "0.3"}
asset_classes: {crypto: "0.2"}
max_position: "50000"
turnover: "0.5"
"""


def instruments():
    kinds = {
        "AAPL": (AssetClass.EQUITY, "technology"),
        "BTC-USD": (AssetClass.CRYPTO, None),
        "MSFT": (AssetClass.EQUITY, "technology"),
        "XOM": (AssetClass.EQUITY, "energy"),
    }
    return {
        symbol: attrs.evolve(instrument(symbol, asset_class=kind), sector=sector)
        for symbol, (kind, sector) in kinds.items()
    }


def limits(config, **changes):
    facts = {"symbols": SYMBOLS, "held": np.zeros(len(SYMBOLS)), "equity": 100_000.0, "invest": 0.95, **changes}
    return limits_of(config, instruments=instruments(), **facts)


def read(text):
    return structure(parse(text, "test.yaml"), ConstraintsConfig, "allocator.constraints")


def test_config_with_every_key_is_read():
    config, problems = read(EVERY_KEY)
    assert problems == []
    assert config == ConstraintsConfig(
        long_only=False,
        max_weight=Decimal("0.4"),
        min_weight=Decimal("-0.2"),
        weights={"AAPL": Bounds(min=Decimal(0), max=Decimal("0.1")), "MSFT": Bounds(max=Decimal("0.3"))},
        gross=Decimal("1.5"),
        net=Bounds(min=Decimal("-0.5"), max=Decimal(1)),
        sectors={"energy": Decimal("0.3")},
        asset_classes={"crypto": Decimal("0.2")},
        max_position=Decimal(50_000),
        turnover=Decimal("0.5"),
    )


def test_every_fault_of_a_config_is_told_at_its_place():
    _, problems = read(
        """
long_only: true
max_weigth: "0.2"
min_weight: "-0.1"
weights: {AAPL: {min: "0.3", max: "0.2"}, MSFT: {}}
sectors: {energy: "0"}
asset_classes: {cripto: "0.2"}
turnover: 0.5
"""
    )
    found = {problem.path.removeprefix("allocator.constraints."): str(problem) for problem in problems}
    assert set(found) == {
        "max_weigth",
        "min_weight",
        "weights.AAPL",
        "weights.MSFT",
        "sectors",
        "asset_classes",
        "turnover",
    }
    assert "Did you mean 'max_weight'?" in found["max_weigth"]
    assert "min_weight is -0.1, below 0, and long_only is true" in found["min_weight"]
    assert "min 0.3 is above max 0.2" in found["weights.AAPL"]
    assert "neither min nor max is given" in found["weights.MSFT"]
    assert "energy is 0, and must be above 0" in found["sectors"]
    assert "there is no asset class 'cripto'. Did you mean 'crypto'?" in found["asset_classes"]
    assert 'Write "0.5", in quotes' in found["turnover"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"max_weight": "0"}, "max_weight is 0, and must be above 0"),
        ({"max_weight": "NaN"}, "max_weight is NaN, and must be above 0"),
        ({"min_weight": "NaN"}, "min_weight is NaN, and must be a number"),
        ({"min_weight": "0.3", "max_weight": "0.2"}, "min_weight 0.3 is above max_weight 0.2"),
        ({"gross": "-1"}, "gross is -1, and must be above 0"),
        ({"max_position": "Infinity"}, "max_position is Infinity, and must be above 0"),
        ({"turnover": "0"}, "turnover is 0, and must be above 0"),
    ],
)
def test_wrong_number_is_refused_with_what_is_expected(keys, message):
    with pytest.raises(InputError) as caught:
        ConstraintsConfig(**{key: Decimal(value) for key, value in keys.items()})
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"long_only": False}, "long_only is false and gross is not given: nothing bounds how much is borrowed"),
        ({"weights": {"AAPL": Bounds(min=Decimal("-0.1"))}}, "AAPL.min is -0.1, below 0, and long_only is true"),
        (
            {"max_weight": Decimal("0.2"), "weights": {"AAPL": Bounds(max=Decimal("0.3"))}},
            "AAPL.max 0.3 is above max_weight 0.2, which holds for every symbol",
        ),
        (
            {"min_weight": Decimal("0.2"), "weights": {"AAPL": Bounds(min=Decimal("0.1"))}},
            "AAPL.min 0.1 is below min_weight 0.2, which holds for every symbol",
        ),
        (
            {
                "long_only": False,
                "gross": Decimal(1),
                "max_weight": Decimal("0.2"),
                "weights": {"AAPL": Bounds(min=Decimal("-0.3"))},
            },
            "AAPL.min -0.3 is below -0.2: max_weight bounds shorts as well where min_weight is not given",
        ),
        ({"net": Bounds(min=Decimal("-0.1"))}, "net.min is -0.1, below 0, and long_only is true"),
        (
            {"gross": Decimal("0.8"), "net": Bounds(max=Decimal("0.9"))},
            "net.max 0.9 is beyond gross 0.8, which no net exposure can exceed",
        ),
    ],
)
def test_keys_that_contradict_one_another_are_refused(keys, message):
    with pytest.raises(InputError) as caught:
        ConstraintsConfig(**keys)
    assert caught.value.message == message
    assert caught.value.hint


def test_without_keys_weights_are_long_only_and_sum_to_invest():
    found = limits(ConstraintsConfig())
    assert found.total == (0.95, 0.95)
    assert found.lower.tolist() == [0.0] * 4
    assert found.upper.tolist() == [0.95] * 4
    assert (found.gross, found.turnover, found.groups) == (None, None, ())


def test_tightest_of_all_bounds_holds_for_each_weight():
    config = ConstraintsConfig(
        max_weight=Decimal("0.4"),
        min_weight=Decimal("0.05"),
        weights={"AAPL": Bounds(min=Decimal("0.1"), max=Decimal("0.15")), "XOM": Bounds(max=Decimal("0.3"))},
        max_position=Decimal(20_000),
    )
    found = limits(config)
    assert found.lower.tolist() == [0.1, 0.05, 0.05, 0.05]
    assert found.upper.tolist() == [0.15, 0.2, 0.2, 0.2]


def test_shorts_are_bounded_like_longs_and_a_groups_net_sum_in_both_directions():
    config = ConstraintsConfig(
        long_only=False,
        max_weight=Decimal("0.4"),
        gross=Decimal("1.6"),
        sectors={"technology": Decimal("0.3")},
        max_position=Decimal(30_000),
    )
    found = limits(config)
    assert found.lower.tolist() == [-0.3] * 4
    assert found.upper.tolist() == [0.3] * 4
    assert found.gross == 1.6
    assert found.total == (0.95, 0.95)
    (group,) = found.groups
    assert (group.name, group.members, group.lower, group.upper) == (
        "constraints.sectors.technology",
        (0, 2),
        -0.3,
        0.3,
    )


def test_gross_bounds_each_weight_where_nothing_tighter_does():
    found = limits(ConstraintsConfig(long_only=False, gross=Decimal("1.6")))
    assert (found.lower.tolist(), found.upper.tolist()) == ([-1.6] * 4, [1.6] * 4)


def test_net_takes_the_place_of_invest_and_stays_within_it_without_shorts():
    assert limits(ConstraintsConfig(net=Bounds(min=Decimal("0.2"), max=Decimal(2)))).total == (0.2, 0.95)
    assert limits(ConstraintsConfig(net=Bounds(max=Decimal("0.5")))).total == (0.0, 0.5)
    neutral = ConstraintsConfig(long_only=False, gross=Decimal(2), net=Bounds(min=Decimal("-0.1"), max=Decimal("0.1")))
    assert limits(neutral).total == (-0.1, 0.1)
    assert limits(attrs.evolve(neutral, net=Bounds(max=Decimal(0)))).total == (-2.0, 0.0)


def test_turnover_does_not_bind_while_nothing_is_held():
    config = ConstraintsConfig(turnover=Decimal("0.1"))
    assert limits(config).turnover is None
    assert limits(config, held=np.array([0.1, 0, 0, 0])).turnover == 0.1


def test_sale_of_a_symbol_that_is_not_allocated_to_uses_up_turnover():
    found = limits(ConstraintsConfig(turnover=Decimal("0.1")), elsewhere=0.25)
    assert found.turnover == pytest.approx(-0.15)
    assert found.elsewhere == 0.25


def test_a_min_weight_of_its_own_lets_shorts_go_beyond_max_weight():
    most = ConstraintsConfig(long_only=False, gross=Decimal("1.5"), max_weight=Decimal("0.3"))
    assert limits(most).lower.tolist() == [-0.3] * 4  # one key bounds both sides
    both = attrs.evolve(most, min_weight=Decimal("-0.5"))
    assert limits(both).lower.tolist() == [-0.5] * 4
    assert limits(both).upper.tolist() == [0.3] * 4


def test_groups_without_a_symbol_to_allocate_to_are_left_out():
    config = ConstraintsConfig(sectors={"energy": Decimal("0.3")}, asset_classes={"crypto": Decimal("0.2")})
    found = limits(config, symbols=("AAPL", "BTC-USD"), held=np.zeros(2))
    assert [(group.name, group.members) for group in found.groups] == [("constraints.asset_classes.crypto", (1,))]


def test_position_is_bounded_to_nothing_where_there_is_no_equity():
    found = limits(ConstraintsConfig(max_position=Decimal(1_000)), equity=0.0)
    assert found.upper.tolist() == [0.0] * 4


def test_names_that_no_instrument_has_are_told_with_the_nearest_one():
    config = ConstraintsConfig(
        weights={"APPL": Bounds(max=Decimal("0.1")), "XOM": Bounds(max=Decimal("0.1"))},
        sectors={"Energy": Decimal("0.1"), "utilities": Decimal("0.1")},
        asset_classes={"forex": Decimal("0.1"), "crypto": Decimal("0.1")},
    )
    found = unknown_names(config, instruments())
    nobody = "no instrument of the session has the"
    assert [(each.path.removeprefix("constraints."), each.message, each.hint) for each in found] == [
        ("weights.APPL", f"{nobody} symbol 'APPL'", "Did you mean 'AAPL'?"),
        ("sectors.Energy", f"{nobody} sector 'Energy'", "Did you mean 'energy'?"),
        ("sectors.utilities", f"{nobody} sector 'utilities'", "Valid: energy, technology"),
        ("asset_classes.forex", f"{nobody} asset class 'forex'", "Valid: crypto, equity"),
    ]
