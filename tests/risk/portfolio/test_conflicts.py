"""Constraints that contradict each other are named, none in vain, and only as much is given up as must be."""

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.constraints.conflicts import conflict, feasible, refusal, relaxed
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Group, Limits
from logos.portfolio.constraints.projection import nearest
from logos.portfolio.constraints.resolving import limits_of
from logos.portfolio.constraints.rules import program_of, rules_of
from logos.portfolio.errors import InfeasibleError
from logos.testing.bars import instrument

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
SECTORS = ("energy", "energy", "banks", None)


def limits(held=None, elsewhere=0.0, equity=1_000.0, **keys):
    instruments = {
        symbol: attrs.evolve(instrument(symbol, asset_class=AssetClass.EQUITY), sector=sector)
        for symbol, sector in zip(SYMBOLS, SECTORS, strict=True)
    }
    return limits_of(
        ConstraintsConfig(**keys),
        symbols=SYMBOLS,
        instruments=instruments,
        held=np.zeros(4) if held is None else np.array(held),
        equity=equity,
        invest=0.95,
        elsewhere=elsewhere,
    )


def shares(**values):
    return {key: Decimal(value) for key, value in values.items()}


CONFLICTS = [
    ({"max_weight": "0.2"}, ("constraints.max_weight", "invest")),
    ({"min_weight": "0.3"}, ("constraints.min_weight", "invest")),
    ({"gross": "0.9"}, ("invest", "constraints.gross")),
    ({"max_position": "200"}, ("invest", "constraints.max_position")),
    (
        {"weights": {"AAA": Bounds(min=Decimal("0.4"))}, "sectors": shares(energy="0.3")},
        ("constraints.long_only", "constraints.weights.AAA.min", "constraints.sectors.energy"),
    ),
    (
        {"max_weight": Decimal("0.3"), "sectors": shares(energy="0.3")},
        ("constraints.max_weight", "invest", "constraints.sectors.energy"),
    ),
    (
        {"max_weight": Decimal("0.25"), "turnover": Decimal("0.1"), "held": [0.6, 0.2, 0.1, 0.0]},
        ("constraints.max_weight", "constraints.turnover"),
    ),
    ({"turnover": Decimal("0.1"), "elsewhere": 0.2}, ("constraints.turnover",)),
    ({"net": Bounds(min=Decimal("0.99"))}, ("invest", "constraints.net.min")),
]


def made(keys):
    return limits(**{key: Decimal(value) if isinstance(value, str) else value for key, value in keys.items()})


@pytest.mark.parametrize(("keys", "names"), CONFLICTS)
def test_contradiction_is_named_as_the_config_writes_it(keys, names):
    found = made(keys)
    assert not feasible(found)
    assert set(conflict(found)) == set(names)
    assert len(conflict(found)) == len(names)


@pytest.mark.parametrize(("keys", "names"), CONFLICTS)
def test_constraints_that_have_nothing_to_do_with_it_are_not_named(keys, names):
    more = {"gross": "1.2", "sectors": shares(banks="0.97"), "asset_classes": shares(equity="0.97"), **keys}
    assert set(conflict(made(more))) == set(names)


def test_constraints_that_can_be_kept_have_no_conflict():
    found = limits(max_weight=Decimal("0.3"), sectors=shares(energy="0.5"), turnover=Decimal("0.5"))
    assert feasible(found)
    assert conflict(found) == ()
    assert relaxed(found) == (found, ())


def test_constraints_without_any_room_can_be_kept():
    found = limits(max_weight=Decimal("0.2375"), min_weight=Decimal("0.2375"))
    assert conflict(found) == ()
    assert violation(nearest(np.zeros(4), found), found) <= 1e-12


def test_refusal_says_names_and_numbers_and_what_to_do():
    error = refusal(limits(max_weight=Decimal("0.2")))
    assert error.message == "no weights can keep constraints.max_weight 0.2 and invest 0.95 together"
    assert error.conflict == ("constraints.max_weight", "invest")
    assert "give up any one" in error.hint


def test_limits_without_their_origin_are_named_by_symbol():
    bare = attrs.evolve(limits(), upper=np.array([0.1, 0.2, 0.3, 0.2]), bounds=(), totals=())
    assert conflict(bare) == (*(f"constraints.weights.{symbol}.max" for symbol in SYMBOLS), "invest")


def test_turnover_is_raised_to_the_least_that_must_be_traded_and_nothing_else_is_given_up():
    asked = limits(max_weight=Decimal("0.4"), turnover=Decimal("0.1"), held=[0.6, 0.35, 0.0, 0.0])
    found, notes = relaxed(asked)
    assert found.turnover == pytest.approx(0.4, abs=1e-7)
    assert attrs.evolve(found, turnover=asked.turnover, held=asked.held).total == asked.total
    assert notes == (
        (
            "No weights can keep constraints.max_weight 0.4 and constraints.turnover 0.1 together. "
            "constraints.turnover 0.1 cannot be kept: "
            "at least 0.4 of equity must be traded, which is allowed this time."
        ),
    )


def test_sale_of_other_symbols_counts_in_the_turnover_that_is_told():
    found, notes = relaxed(limits(turnover=Decimal("0.1"), elsewhere=0.3, held=[0.65, 0.0, 0.0, 0.0]))
    assert found.turnover == pytest.approx(0.3, abs=1e-7)
    assert notes[-1] == (
        "constraints.turnover 0.1 cannot be kept: at least 0.6 of equity must be traded, which is allowed this time."
    )


def test_minimum_weights_are_lowered_by_one_factor_to_what_can_be_kept():
    asked = limits(min_weight=Decimal("0.3"), weights={"AAA": Bounds(min=Decimal("0.4"))})
    found, notes = relaxed(asked)
    np.testing.assert_allclose(found.lower, np.array([0.4, 0.3, 0.3, 0.3]) * 0.95 / 1.3, atol=1e-7)
    assert found.total == asked.total
    (note,) = notes
    assert note.endswith(" The minimum weights cannot be kept: each is lowered to 0.730769 of itself this time.")


def test_prescribed_shorts_are_lowered_like_minimum_weights():
    asked = limits(long_only=False, gross=Decimal(1), weights={"AAA": Bounds(max=Decimal("-0.2"))})
    found, _ = relaxed(asked)
    assert found.upper[0] == pytest.approx(-0.025, abs=1e-7)
    assert found.gross == 1.0


def test_more_stays_in_cash_where_caps_leave_no_other_way():
    found, notes = relaxed(limits(max_weight=Decimal("0.2")))
    assert found.total == pytest.approx((0.8, 0.8), abs=1e-7)
    assert notes == (
        (
            "No weights can keep constraints.max_weight 0.2 and invest 0.95 together. "
            "A sum of 0.95 of all weights cannot be reached: it is 0.8 this time, the rest cash."
        ),
    )


def test_net_short_comes_nearer_to_nothing_where_it_cannot_be_reached():
    keys = {"long_only": False, "gross": Decimal(2), "net": Bounds(max=Decimal("-0.9"))}
    found, _ = relaxed(limits(max_weight=Decimal("0.1"), **keys))
    assert found.total == pytest.approx((-0.4, -0.4), abs=1e-7)


def test_nothing_is_held_without_equity():
    found, notes = relaxed(limits(max_position=Decimal(100), equity=-5.0))
    assert found.total == (0.0, 0.0)
    assert nearest(np.full(4, 0.2), found).tolist() == [0.0] * 4
    assert notes


def test_nothing_is_held_where_there_are_no_symbols():
    empty = Limits(symbols=(), lower=np.zeros(0), upper=np.zeros(0), total=(0.95, 0.95), held=np.zeros(0))
    assert conflict(empty) == ("invest",)
    found, _ = relaxed(empty)
    assert found.total == (0.0, 0.0)


def test_caps_that_contradict_each_other_by_themselves_are_never_given_up():
    group = Group(name="constraints.sectors.energy", members=(0,), lower=0.5, upper=0.6)
    asked = attrs.evolve(limits(max_weight=Decimal("0.3")), groups=(group,))
    with pytest.raises(InfeasibleError) as caught:
        relaxed(asked)
    assert caught.value.conflict == ("constraints.max_weight", "constraints.sectors.energy")


def random_config(generator, count):
    """Return random keys, some of which contradict each other, or ``None`` where the config itself is refused."""

    def share(least, most):
        return Decimal(str(round(float(generator.uniform(least, most)), 3)))

    def chosen(names, least, most):
        return {name: share(least, most) for name in names if generator.random() < 0.7}

    shorts, keys = generator.random() < 0.35, {}
    options = {
        "max_weight": lambda: share(0.5 / count, 4 / count),
        "min_weight": lambda: share(-1.3 / count if shorts else 0, 1.3 / count),
        "sectors": lambda: chosen(("energy", "banks", "trade"), 0.05, 0.6),
        "asset_classes": lambda: chosen(("equity", "crypto"), 0.1, 0.8),
        "max_position": lambda: share(1_000 / count, 8_000 / count),
        "turnover": lambda: share(0.01, 1),
        "weights": lambda: {f"S{place:02d}": Bounds(min=share(0, 0.4)) for place in range(0, count, 4)},
        "net": lambda: Bounds(min=share(-0.9 if shorts else 0, 0.4), max=share(0.4, 0.9)),
    }
    for key, choose in options.items():
        if generator.random() < 0.4:
            keys[key] = choose()
    if shorts or generator.random() < 0.2:
        keys["gross"] = share(0.9, 2)
    try:
        return ConstraintsConfig(long_only=not shorts, **keys)
    except InputError:
        return None


def random_sets(seed, number, most=16):
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    for _ in range(number):
        count = int(generator.integers(2, most + 1))
        config, symbols = random_config(generator, count), [f"S{place:02d}" for place in range(count)]
        kinds = generator.choice([AssetClass.EQUITY, AssetClass.CRYPTO], count)
        sectors = generator.choice(["energy", "banks", "trade", "other"], count)
        instruments = {
            symbol: attrs.evolve(instrument(symbol, asset_class=AssetClass(kind)), sector=str(sector))
            for symbol, kind, sector in zip(symbols, kinds, sectors, strict=True)
        }
        held = 0.9 * generator.dirichlet(np.ones(count)) * (generator.random() < 0.7)
        if config is not None:
            yield (
                limits_of(config, symbols=symbols, instruments=instruments, held=held, equity=1e3, invest=0.95),
                generator.dirichlet(np.ones(count)),
            )


def can_be_kept(found, names):
    rules = rules_of(found)
    return program_of(found, [rules[name] for name in names]).minimised({}) is not None


@pytest.mark.parametrize("number", [120, pytest.param(3_000, marks=pytest.mark.long)])
def test_every_conflict_of_random_constraints_is_irreducible(number):
    seen = 0
    for found, _ in random_sets(seed=1, number=number):
        names = conflict(found)
        assert bool(names) != feasible(found)
        if names:
            seen += 1
            assert not can_be_kept(found, names)
            assert all(can_be_kept(found, [name for name in names if name != without]) for without in names)
    assert seen > number / 8


@pytest.mark.parametrize("number", [150, pytest.param(5_000, marks=pytest.mark.long)])
def test_relaxed_random_constraints_are_kept_and_only_what_must_be_is_given_up(number):
    seen = 0
    for asked, aim in random_sets(seed=2, number=number):
        found, notes = relaxed(asked)
        weights = nearest(aim, found)
        assert violation(weights, found) <= 1e-8
        firm = attrs.evolve(
            asked,
            lower=np.minimum(asked.lower, 0),
            upper=np.maximum(asked.upper, 0),
            total=(min(asked.total[0], 0), max(asked.total[1], 0)),
            turnover=None,
        )
        assert violation(weights, firm) <= 1e-8
        assert (not notes) == (found is asked)
        seen += bool(notes)
    assert seen > number / 8
