"""What is held and cannot be traded: it takes its share of every limit, and the other weights get what is left."""

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.domain.instruments import AssetClass
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.constraints.conflicts import feasible
from logos.portfolio.constraints.fixing import relaxed_beside
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest
from logos.portfolio.constraints.resolving import limits_of
from logos.testing.bars import instrument as plain_instrument

TOLERANCE = 1e-8
SYMBOLS = ("AAA", "BBB", "DEAD")


def instrument(symbol, sector=None, asset_class=AssetClass.EQUITY):
    return attrs.evolve(plain_instrument(symbol, asset_class=asset_class), sector=sector)


def limits(constraints=None, held=(0.3, 0.3, 0.29), invest=0.95):
    """Return limits of AAA, BBB and DEAD; the last two are coins, and AAA and DEAD of one sector."""
    traded = {
        "AAA": instrument("AAA", sector="banks"),
        "BBB": instrument("BBB", asset_class=AssetClass.CRYPTO),
        "DEAD": instrument("DEAD", asset_class=AssetClass.CRYPTO, sector="banks"),
    }
    return limits_of(
        constraints or ConstraintsConfig(),
        symbols=SYMBOLS,
        instruments=traded,
        held=np.array(held),
        equity=100_000.0,
        invest=invest,
    )


def random_case(generator):
    """Return random limits and how many of the symbols can be traded, which come first."""
    count, fixed = int(generator.integers(2, 9)), int(generator.integers(1, 4))
    shorts = bool(generator.random() < 0.5)
    size = count + fixed
    held = generator.uniform(-0.3 if shorts else 0.0, 0.4, size) * (generator.random(size) < 0.7)
    labels = generator.integers(0, 3, size)
    traded = {
        f"S{place}": instrument(
            f"S{place}",
            sector=f"sector{labels[place]}",
            asset_class=AssetClass.CRYPTO if labels[place] == 1 else AssetClass.EQUITY,
        )
        for place in range(size)
    }

    def share(least, most):
        return Decimal(f"{generator.uniform(least, most):.4f}")

    def maybe(value):
        return value if generator.random() < 0.6 else None

    sectors = {f"sector{place}": share(0.2, 0.9) for place in sorted(set(labels.tolist()))}
    config = ConstraintsConfig(
        long_only=not shorts,
        max_weight=maybe(share(0.2, 0.8)),
        gross=share(1.0, 1.6) if shorts else maybe(share(0.95, 1.2)),
        net=Bounds(min=share(0.0, 0.4), max=share(0.5, 0.95)) if shorts else None,
        sectors=sectors if generator.random() < 0.6 else {},
        asset_classes={"crypto": share(0.2, 0.9)} if 1 in labels else {},
        turnover=maybe(share(0.05, 0.6)),
    )
    return limits_of(config, symbols=tuple(traded), instruments=traded, held=held, equity=1e5, invest=0.95), count


def outside(limits: Limits, weights):
    """Return by how much weights break gross exposure, a group or the upper end of the sum, by name."""
    found = {group.name: abs(weights[list(group.members)].sum()) - group.upper for group in limits.groups}
    found["total"] = max(weights.sum() - limits.total[1], limits.total[0] - weights.sum())
    if limits.gross is not None:
        found["constraints.gross"] = np.abs(weights).sum() - limits.gross
    return {name: amount for name, amount in found.items() if amount > TOLERANCE}


def test_what_is_held_and_what_is_wanted_keep_every_limit_together_or_a_note_names_it():
    generator = np.random.default_rng(6)  # noqa: TID251 - seeded examples
    kept = 0
    for _ in range(300):
        whole, count = random_case(generator)
        left, notes = relaxed_beside(whole, count)
        start = generator.uniform(-0.5, 1.0, count)
        weights = nearest(start, left)
        assert violation(weights, left) <= TOLERANCE
        book = np.concatenate([weights, whole.held[count:]])
        told = " ".join(notes)
        for name in outside(whole, book):
            assert ("A sum of" if name == "total" else f"{name} ") in told, (name, notes)
        kept += not notes
        traded = np.abs(weights - whole.held[:count]).sum()
        if whole.turnover is not None and "constraints.turnover" not in told:
            assert traded <= whole.turnover + TOLERANCE
        assert (weights <= whole.upper[:count] + TOLERANCE).all()
        assert (weights >= whole.lower[:count] - TOLERANCE).all() or "minimum" in told
    assert kept > 60  # most are no special case


def test_where_the_others_can_make_room_nothing_is_given_up_but_turnover():
    """Whatever the whole book can keep with the fixed weights in it, it keeps."""
    generator = np.random.default_rng(7)  # noqa: TID251 - seeded examples
    seen = 0
    for _ in range(200):
        whole, count = random_case(generator)
        held = whole.held.copy()
        pinned = Limits(
            symbols=whole.symbols,
            lower=np.where(np.arange(held.size) < count, whole.lower, held),
            upper=np.where(np.arange(held.size) < count, whole.upper, held),
            total=whole.total,
            held=held,
            gross=whole.gross,
            turnover=whole.turnover,
            groups=whole.groups,
        )
        inside = (held[count:] >= whole.lower[count:]) & (held[count:] <= whole.upper[count:])
        if inside.all() and feasible(pinned):
            seen += 1
            left, notes = relaxed_beside(whole, count)
            assert notes == ()
            assert feasible(left)
    assert seen > 40


def test_the_room_that_is_left_is_the_limit_less_what_is_held():
    constraints = ConstraintsConfig(
        long_only=False,
        gross=Decimal("1.0"),
        net=Bounds(min=Decimal("0.8"), max=Decimal("0.95")),
        sectors={"banks": Decimal("0.5")},
        asset_classes={"crypto": Decimal("0.6")},
    )
    left, notes = relaxed_beside(limits(constraints), 2)
    assert notes == ()
    assert left.symbols == ("AAA", "BBB")
    assert left.gross == pytest.approx(0.71)
    assert left.total == pytest.approx((0.51, 0.66))
    assert {group.name: group.upper for group in left.groups} == pytest.approx(
        {"constraints.sectors.banks": 0.21, "constraints.asset_classes.crypto": 0.31}
    )


def test_a_short_that_cannot_be_covered_takes_gross_exposure_and_gives_room_to_the_sum():
    constraints = ConstraintsConfig(long_only=False, gross=Decimal("1.5"), net=Bounds(max=Decimal("0.9")))
    left, _ = relaxed_beside(limits(constraints, held=(0.3, 0.3, -0.2)), 2)
    assert left.gross == pytest.approx(1.3)
    assert left.total[1] == pytest.approx(1.1)


def test_it_is_not_counted_in_turnover():
    left, notes = relaxed_beside(limits(ConstraintsConfig(turnover=Decimal("0.2")), held=(0.36, 0.3, 0.29)), 2)
    assert (left.turnover, notes) == (0.2, ())


def test_a_limit_that_it_breaks_by_itself_is_named_and_leaves_the_others_nothing():
    constraints = ConstraintsConfig(max_weight=Decimal("0.5"), sectors={"banks": Decimal("0.4")})
    left, notes = relaxed_beside(limits(constraints, held=(0.1, 0.1, 0.6)), 2)
    assert notes[0] == (
        "Cannot be kept while DEAD cannot be traded: constraints.max_weight 0.5 (0.6 is held), "
        "constraints.sectors.banks 0.4 (0.6 is held)."
    )
    assert nearest(np.array([0.5, 0.5]), left) == pytest.approx([0.0, 0.35])


def test_a_position_beyond_gross_exposure_leaves_room_for_no_other():
    constraints = ConstraintsConfig(gross=Decimal(1))
    left, notes = relaxed_beside(limits(constraints, held=(0.0, 0.0, 1.05)), 2)
    assert notes == (
        "Cannot be kept while DEAD cannot be traded: constraints.gross 1 (1.05 is held).",
        (
            "No weights can keep constraints.long_only and "
            "invest 0.95 (of which 1.05 is held and cannot be traded) together. "
            "A sum of 0.95 of all weights cannot be reached: it is 1.05 this time, the rest cash."
        ),
    )
    assert nearest(np.array([0.5, 0.5]), left) == pytest.approx([0.0, 0.0])


def test_a_conflict_names_the_numbers_of_the_config_and_what_is_held_of_them():
    constraints = ConstraintsConfig(max_weight=Decimal("0.3"))
    _, notes = relaxed_beside(limits(constraints, held=(0.3, 0.3, 0.05)), 2)
    assert notes == (
        (
            "No weights can keep constraints.max_weight 0.3 and "
            "invest 0.95 (of which 0.05 is held and cannot be traded) together. "
            "A sum of 0.95 of all weights cannot be reached: it is 0.65 this time, the rest cash."
        ),
    )


def test_a_least_weight_binds_only_what_is_allocated_to():
    constraints = ConstraintsConfig(min_weight=Decimal("0.1"))
    assert relaxed_beside(limits(constraints, held=(0.4, 0.4, 0.05)), 2)[1] == ()
