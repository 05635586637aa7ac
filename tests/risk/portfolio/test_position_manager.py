"""The position manager ``cost_aware``: what it trades, what it leaves alone, and what it says then."""

from decimal import Decimal
from fractions import Fraction

import pytest

from logos.domain.errors import ConfigError, InputError
from logos.portfolio.position_manager.config import CostAwareConfig
from logos.portfolio.position_manager.cost_aware import Variances, build_cost_aware
from logos.portfolio.position_manager.order_differences import Place, order_differences
from logos.portfolio.prices.panel import PricePanel
from logos.session.outlook import Outlook
from logos.session.rebalancing import Held, PairChange
from logos.session.seats import FillTerms, Pair
from logos.testing.bars import bars_of, instrument, wave
from logos.testing.contexts import part_context
from logos.testing.position_managers import PositionManagerContract
from logos.testing.views import session_of

DAY = 86_400
TEN_POINTS = FillTerms(taker=(5, 10_000), slippage=(5, 10_000), volume_share=(1, 1))


@pytest.fixture
def demo():
    """An instrument whose lot costs one dollar at a close of 100.00."""
    return instrument()


@pytest.fixture
def account(demo):
    """An account with an equity of 100,000 USD and a mark of 100.00."""
    account = session_of(demo).account
    account.marks[demo.symbol] = 10_000
    account.fixed_equity = account.cash
    return account


@pytest.fixture
def manager(demo):
    """Make a manager from its keys and the broker's terms, after some closes a day apart."""

    def make(*, closes=(), terms=None, **keys):
        context = part_context(demo, interval=DAY, fill_terms=terms)
        built = build_cost_aware(CostAwareConfig(**keys), context)
        built.watch(bars_of(demo, list(closes), interval=DAY))
        return built

    return make


@pytest.fixture
def ask(demo, account):
    """Ask a manager for a difference in lots, each worth one dollar of a hundred thousand."""
    return lambda manager, target, position: manager.difference(Pair("hold", demo.symbol), target, position, account)


def alternating(count, swing=100):
    """Return closes that go up and down by the same step."""
    return [10_000 + swing * (index % 2) for index in range(count)]


def test_without_keys_and_costs_the_whole_difference_is_traded(manager, ask):
    assert ask(manager(), 20_001, 20_000) == 1
    assert ask(manager(), 20_000, 20_000) == 0


def test_a_difference_inside_the_band_is_left_alone(manager, ask):
    one_percent = manager(band=Decimal("0.01"))
    held = ask(one_percent, 20_999, 20_000)
    assert held == Held(
        "inside_band",
        "the difference is 99.90 bp of equity (999.00 USD), inside the band of 100.00 bp: a narrower band trades it",
    )
    assert ask(one_percent, 21_000, 20_000) == 1_000
    assert ask(one_percent, 19_000, 20_000) == -1_000


def test_an_order_below_the_least_trade_is_not_made_even_to_open_a_position(manager, ask):
    hundred = manager(min_trade=Decimal(100))
    held = ask(hundred, 20_099, 20_000)
    assert held == Held(
        "below_min_trade",
        "the difference is worth 99.00 USD, below min_trade 100.00 USD: a smaller min_trade trades it",
    )
    assert ask(hundred, 99, 0).code == "below_min_trade"
    assert ask(hundred, 100, 0) == 100
    assert ask(hundred, -20_100, -20_000) == -100


def test_an_adjustment_that_costs_more_than_it_gains_is_left_alone(manager, ask):
    # Returns of about +1 % and -1 %: a variance near 1e-4 a day, 63 of them.
    rules = {"closes": alternating(64), "terms": TEN_POINTS, "risk_aversion": Decimal(5), "horizon": 21}
    # The width is 2 x 0.001 / (5 x 1e-4 x 21) = 0.19: below it the cost wins.
    held = ask(manager(**rules), 35_000, 20_000)
    assert isinstance(held, Held)
    assert held.code == "not_worth_it"
    assert held.detail.startswith("trading 1500.00 bp of equity costs 1.5000 bp and is expected to gain 1.1")
    assert "over 21 periods: lower costs, a longer horizon or a greater risk_aversion trades it" in held.detail
    assert ask(manager(**rules), 42_000, 20_000) == 22_000
    assert ask(manager(**{**rules, "horizon": 42}), 35_000, 20_000) == 15_000
    assert ask(manager(**{**rules, "risk_aversion": Decimal(10)}), 35_000, 20_000) == 15_000
    assert ask(manager(**{**rules, "terms": None, "fee_bps": Decimal(5)}), 35_000, 20_000) == 15_000


def test_the_variance_is_that_of_the_last_returns(manager, ask):
    calm_then_wild = [*[10_000 + index % 2 for index in range(64)], *alternating(64, swing=400)]
    wild_then_calm = [*alternating(64, swing=400), *[10_000 + index % 2 for index in range(64)]]
    assert ask(manager(closes=calm_then_wild, terms=TEN_POINTS), 22_000, 20_000) == 2_000
    assert ask(manager(closes=wild_then_calm, terms=TEN_POINTS), 22_000, 20_000).code == "not_worth_it"


def test_the_variance_is_that_of_a_sample(demo):
    period = 24 * 3600
    panel = PricePanel((demo.symbol,), period=period, interval=period, capacity=10)
    variances = Variances({demo.symbol: panel}, 2)
    for bar in bars_of(demo, [100, 110, 99], interval=period):  # +10 % and -10 %
        variances.watch((bar,))
    assert float(variances.of(demo.symbol)) == pytest.approx(0.02, rel=1e-12)  # (0.01 + 0.01) / (2 - 1)


def test_with_too_few_returns_costs_are_not_judged_and_the_band_still_is(manager, ask):
    short = manager(closes=alternating(63), terms=TEN_POINTS, band=Decimal("0.01"))
    assert ask(short, 22_000, 20_000) == 2_000
    assert ask(short, 20_500, 20_000).code == "inside_band"
    assert ask(manager(closes=alternating(64), terms=TEN_POINTS), 22_000, 20_000).code == "not_worth_it"


@pytest.mark.parametrize(("target", "position"), [(0, 1), (0, -1), (-1, 1), (1, -1), (-20_000, 1)])
def test_leaving_and_turning_round_are_always_traded(manager, ask, target, position):
    strict = manager(
        closes=alternating(64), terms=TEN_POINTS, band=Decimal("0.9"), min_trade=Decimal(90_000), horizon=1
    )
    assert ask(strict, target, position) == target - position


def test_opening_a_position_is_the_allocators_decision(manager, ask):
    strict = manager(closes=alternating(64), terms=TEN_POINTS, band=Decimal("0.9"), horizon=1)
    assert ask(strict, 50, 0) == 50
    assert ask(strict, -50, 0) == -50


def test_what_the_config_says_of_costs_wins_over_the_broker(manager, ask):
    free = manager(closes=alternating(64), terms=TEN_POINTS, fee_bps=Decimal(0), slippage_bps=Decimal(0))
    assert ask(free, 20_001, 20_000) == 1
    assert free.lookback == 1
    dear = manager(closes=alternating(64), fee_bps=Decimal(10), slippage_bps=Decimal(0))
    assert ask(dear, 22_000, 20_000).code == "not_worth_it"
    assert dear.lookback >= 64


def test_a_period_that_bars_do_not_fill_is_refused(demo):
    with pytest.raises(ConfigError) as caught:
        build_cost_aware(CostAwareConfig(interval="1h"), part_context(demo, interval=DAY))
    (problem,) = caught.value.problems
    assert problem.path == "position_manager.interval"
    assert problem.message == "1h is no multiple of the session's bars of 1d"


@pytest.mark.parametrize(
    "keys",
    [
        {"band": Decimal(-1)},
        {"band": Decimal(1)},
        {"band": Decimal("NaN")},
        {"min_trade": Decimal(-1)},
        {"min_trade": Decimal("Infinity")},
        {"risk_aversion": Decimal(0)},
        {"horizon": 0},
        {"lookback": 1},
        {"interval": "7m"},
        {"fee_bps": Decimal(-1)},
        {"slippage_bps": Decimal("NaN")},
    ],
)
def test_a_key_out_of_its_range_is_refused(keys):
    with pytest.raises(InputError):
        CostAwareConfig(**keys)


@pytest.mark.parametrize(
    ("keys", "terms", "said"),
    [
        ({}, TEN_POINTS, []),
        ({"fee_bps": Decimal(1), "slippage_bps": Decimal(1)}, None, []),
        ({}, None, ["does not say in numbers what trading costs"]),
        ({"fee_bps": Decimal(1)}, None, ["it counts as 0"]),
    ],
)
def test_costs_that_nobody_names_are_remarked_on(demo, keys, terms, said):
    context = part_context(demo, fill_terms=terms)
    outlook = Outlook(context=context, feed="replay", broker="paper", polled=False, outside=False, bars={})
    remarks = list(CostAwareConfig(**keys).remarks(outlook))
    assert len(remarks) == len(said)
    assert all(words in remark.message for words, remark in zip(said, remarks, strict=True))


@pytest.mark.parametrize("position", [-20_000, 0, 50, 20_000])
@pytest.mark.parametrize("target", [-20_000, 0, 50, 19_000, 20_900, 22_000, 60_000])
def test_a_book_for_research_is_judged_as_the_seat_judges_a_rebalance(manager, account, demo, target, position):
    keys = {"terms": TEN_POINTS, "band": Decimal("0.01"), "min_trade": Decimal(100)}
    seat = manager(closes=alternating(64), **keys)
    place = Place(
        weight=Fraction(target, 100_000),
        position=position,
        lot_value=Fraction(account.value(demo, 10_000, 1)),
        variance=seat._variances.of(demo.symbol),
    )
    found = order_differences({demo.symbol: place}, account.equity, seat._rules)[demo.symbol]
    change = PairChange(Pair("hold", demo.symbol), target, position)
    assert seat.differences([change], account, ()) == [found.held or found.lots]
    assert found.cost == abs(found.lots) * 10**8 // 1_000


class TestCostAware(PositionManagerContract):
    config = CostAwareConfig

    def make_manager(self):
        config = CostAwareConfig(
            band=Decimal("0.001"),
            min_trade=Decimal(10),
            interval="1h",
            lookback=5,
            fee_bps=Decimal(10),
            horizon=4,
        )
        return build_cost_aware(config, part_context(self.instrument()))

    def bars(self):
        return bars_of(self.instrument(), wave(700))


class TestCostAwareOfDays(PositionManagerContract):
    config = CostAwareConfig

    def make_manager(self):
        config = CostAwareConfig(lookback=20, fee_bps=Decimal("0.5"), slippage_bps=Decimal(1))
        return build_cost_aware(config, part_context(self.instrument(), interval=DAY))

    def bars(self):
        return bars_of(self.instrument(), wave(120), interval=DAY)


def test_the_contract_meets_every_answer():
    """A contract that a manager passes by always trading, or never, would prove little."""
    contract = TestCostAwareOfDays()
    ready = contract._ready()
    answers = {
        answer.code if isinstance(answer, Held) else "traded"
        for answer in (contract._answer(ready, target, 100_000) for target in (0, 99_000, 100_001, 400_000))
    }
    assert answers == {"traded", "not_worth_it"}


def test_fractions_of_a_basis_point_are_exact(manager):
    assert manager(fee_bps=Decimal("0.1"), slippage_bps=Decimal("0.2"))._rules.cost == Fraction(3, 100_000)
