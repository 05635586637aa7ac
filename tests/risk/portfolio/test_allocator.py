"""The seat: when it is ready, what it makes of signals and holdings, what it tells, and what it refuses."""

from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from logos.domain.errors import ConfigError, InputError
from logos.domain.instruments import AssetClass
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Signal
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.allocator import factories
from logos.portfolio.allocator.method_configs import HrpConfig, InverseVolatilityConfig, RiskParityConfig
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.errors import PortfolioError
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.session.rebalancing import PriceWatcher, RebalancingAllocator
from logos.session.schedule import Rebalancing
from logos.session.seats import Pair, PairSignal
from logos.testing.bars import bars_of, instrument
from logos.testing.contexts import part_context
from logos.testing.views import session_of

FIRST = parse_time("2024-01-02T00:00:00Z")


def closes(place, count):
    """Return closes in ticks of a symbol that swings the more the later its place."""
    return [10_000 + (step * step * (31 + 12 * place)) % 211 * (place + 1) for step in range(count)]


@attrs.define(eq=False)
class Stage:
    """An allocator over three symbols, its bars and its account."""

    context: object
    allocator: object
    session: object
    instruments: list
    days: int = 0

    def see(self, count, *, without=(), stay=()):
        for _ in range(count):
            bars = [
                bar
                for place, each in enumerate(self.instruments)
                if each.symbol not in without
                for bar in bars_of(
                    each,
                    [10_000 if each.symbol in stay else closes(place, self.days + 1)[-1]],
                    start=FIRST + self.days * SECONDS_A_DAY,
                    interval=SECONDS_A_DAY,
                )
            ]
            self.days += 1
            self.session.see(*bars, interval=SECONDS_A_DAY)
            self.allocator.watch(bars)
        return self

    def signals(self, value=RATIO_ONE, strategies=("hold",)):
        return [
            PairSignal(pair=Pair(strategy=name, symbol=each.symbol), instrument=each, signal=Signal(value))
            for each in self.instruments
            for name in strategies
        ]

    def rebalance(self, **how):
        return self.allocator.rebalance(self.signals(**how), self.session.account)

    def weights(self, **how):
        return {target.pair.symbol: target.weight for target in self.rebalance(**how).targets}

    @property
    def told(self):
        return [(level, values.get("message") or values["method"]) for level, _, values in self.context.log.lines]


@pytest.fixture
def stage():
    """Return a function that seats an allocator over AAA, BBB and CCC."""

    def build(config=None, *, opens=factories.open_inverse_volatility, instruments=None, **surroundings):
        found = instruments or [instrument(symbol) for symbol in ("AAA", "BBB", "CCC")]
        context = part_context(*found, **{"interval": SECONDS_A_DAY, **surroundings})
        allocator = opens(config or InverseVolatilityConfig(lookback=20, min_history=5), context)
        return Stage(context, allocator, session_of(*found), found)

    return build


def test_it_fills_the_seats(stage):
    allocator = stage().allocator
    assert isinstance(allocator, PriceWatcher)
    assert isinstance(allocator, RebalancingAllocator)
    assert allocator.lookback == 21


def test_it_is_ready_when_every_symbol_has_enough_returns(stage):
    desk = stage()
    assert not desk.see(5).allocator.ready
    assert desk.see(1).allocator.ready


def test_a_largest_position_is_a_share_of_equity_in_units_of_money(stage):
    constraints = ConstraintsConfig(max_position=Decimal(32_000))
    desk = stage(InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)).see(10)
    equity = Fraction(desk.session.account.equity, 10**desk.context.account.decimals)
    most = Fraction(32_000) / equity
    assert 0.317 < most < 0.95  # it binds, and the sum can still be kept
    assert max(desk.weights().values()) == pytest.approx(float(most), abs=2e-8)


def test_a_group_of_many_symbols_keeps_its_cap_in_weights_that_are_rounded(stage):
    names = [f"S{place:02d}" for place in range(60)]
    coins = names[:40]
    traded = [instrument(name, asset_class=AssetClass.CRYPTO if name in coins else AssetClass.EQUITY) for name in names]
    constraints = ConstraintsConfig(asset_classes={"crypto": Decimal("0.3")})
    desk = stage(InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints), instruments=traded)
    desk.see(10)
    for _ in range(8):
        weights = desk.see(1).weights()
        assert sum(weights[name] for name in coins) <= Fraction(3, 10) + Fraction(1, 10**8)
        assert abs(sum(weights.values()) - Fraction("0.95")) <= Fraction(60, 10**8)


def test_an_error_of_a_solver_leaves_the_weights_in_force(stage, monkeypatch):
    desk = stage().see(10)
    before = desk.weights()

    def fails(*_args, **_how):
        raise PortfolioError("HiGHS could not decide")

    monkeypatch.setattr(InverseVolatility, "allocate", fails)
    found = desk.see(1).rebalance()
    assert {target.pair.symbol: target.weight for target in found.targets} == before
    assert found.notes == ("The weights in force stay: HiGHS could not decide.",)


def test_it_waits_for_no_symbol_longer_than_a_whole_lookback(stage):
    desk = stage().see(20, without=["CCC"])
    assert not desk.allocator.ready
    assert desk.see(1, without=["CCC"]).allocator.ready
    weights = desk.weights()
    assert weights["CCC"] == 0
    assert weights["AAA"] + weights["BBB"] == Fraction("0.95")
    assert ("info", "No weight yet for symbols with fewer than 5 returns: CCC.") in desk.told


def test_a_symbol_that_is_no_longer_traded_is_told_with_its_last_close(stage):
    desk = stage().see(10).see(14, without=["CCC"])
    assert desk.weights()["CCC"] > 0
    rebalance = desk.see(1, without=["CCC"]).rebalance()
    assert {target.pair.symbol: target.weight for target in rebalance.targets}["CCC"] == 0
    assert rebalance.notes == (
        "No weight for symbols without a close for more than 14 days: CCC (none since 2024-01-11).",
    )


def test_a_position_without_a_close_for_two_days_is_a_warning(stage):
    desk = stage().see(10)
    desk.session.account.positions = {"AAA": 0, "BBB": 0, "CCC": 100}
    note = (
        "Held and not traded, without a close: CCC (none since 2024-01-11). It stays as it is and counts toward every "
        "limit but turnover; equity counts it at that close."
    )
    assert note not in desk.see(1, without=["CCC"]).rebalance().notes
    assert note in desk.see(1, without=["CCC"]).rebalance().notes
    assert ("warning", note) in desk.told


def test_what_cannot_be_traded_takes_its_share_of_what_is_invested_until_it_has_bars_again(stage):
    desk = stage().see(10)
    desk.session.account.positions = {"AAA": 0, "BBB": 0, "CCC": 100}
    before = desk.weights()["CCC"]
    rebalance = desk.see(15, without=["CCC"]).rebalance()
    account = desk.session.account
    held = Fraction(account.value(desk.instruments[2], account.mark("CCC"), 100), account.equity)
    weights = {target.pair.symbol: target.weight for target in rebalance.targets}
    assert rebalance.untraded == {"CCC"}
    assert weights["CCC"] == before  # the weight in force: the session keeps what is held in its place
    assert weights["AAA"] + weights["BBB"] + held == pytest.approx(Fraction("0.95"), abs=2e-8)
    again = desk.see(1).rebalance()
    assert again.untraded == frozenset()
    assert sum(target.weight for target in again.targets) == Fraction("0.95")


def test_nothing_is_untraded_that_is_not_held(stage):
    rebalance = stage().see(10).see(15, without=["CCC"]).rebalance()
    assert rebalance.untraded == frozenset()
    assert sum(target.weight for target in rebalance.targets) == Fraction("0.95")


def test_where_no_weights_are_found_what_cannot_be_traded_stays_as_well(stage):
    desk = stage().see(10)
    desk.rebalance()
    desk.session.account.positions = {"AAA": 0, "BBB": 0, "CCC": 100}
    desk.see(15, without=["CCC"])
    desk.session.account.fixed_equity = -5
    assert desk.rebalance().untraded == {"CCC"}


def test_a_note_of_broken_constraints_is_a_whole_sentence_and_the_same_each_time(stage):
    constraints = ConstraintsConfig(max_weight=Decimal("0.32"))
    desk = stage(InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)).see(10)
    notes = {desk.see(2).rebalance().notes for _ in range(3)}
    assert notes == {
        ("The nearest weights that keep the constraints were taken, since the method's own break the weight of AAA.",)
    }


def test_a_symbol_whose_price_has_not_moved_gets_no_weight(stage):
    desk = stage().see(10, stay=["BBB"])
    assert desk.weights()["BBB"] == 0
    assert ("info", "No weight for symbols whose price has not moved: BBB.") in desk.told


def test_it_is_not_ready_while_no_price_has_moved(stage):
    desk = stage().see(10, stay=["AAA", "BBB", "CCC"])
    assert not desk.allocator.ready
    assert desk.see(3).allocator.ready


def test_once_it_has_decided_it_stays_ready(stage):
    desk = stage().see(10)
    desk.rebalance()
    restored = stage()
    restored.allocator.restore(desk.allocator.snapshot())
    assert restored.allocator.ready


def test_where_no_price_has_moved_the_weights_in_force_stay(stage):
    desk = stage().see(10, stay=["AAA", "BBB", "CCC"])
    rebalance = desk.rebalance()
    assert [target.weight for target in rebalance.targets] == [0, 0, 0]
    assert rebalance.method == "inverse_volatility, undecided"
    (note,) = rebalance.notes
    assert note.startswith("The weights in force stay: the price of no symbol has moved")
    assert ("warning", note) in desk.told
    assert rebalance.risk == {}
    assert rebalance.volatility is None


def test_without_equity_the_weights_in_force_stay(stage):
    desk = stage().see(10)
    before = desk.weights()
    desk.see(3)
    desk.session.account.fixed_equity = -5
    assert desk.weights() == before
    assert "equity" in desk.told[-1][1]


def test_weights_are_whole_hundred_millionths_that_sum_to_what_is_invested(stage):
    weights = stage(InverseVolatilityConfig(lookback=20, min_history=5, invest=Decimal("0.9"))).see(10).weights()
    assert sum(weights.values()) == Fraction("0.9")
    assert all((weight * RATIO_ONE).denominator == 1 for weight in weights.values())
    assert min(weights.values()) > 0


def test_a_signal_says_how_much_of_the_weight_is_used_and_pairs_of_a_symbol_share_it(stage):
    whole = stage().see(10).weights()
    desk = stage(traded={"AAA": 2, "BBB": 2, "CCC": 2}, pairs=6).see(10)
    targets = desk.rebalance(value=RATIO_ONE // 2, strategies=("hold", "trend")).targets
    assert len(targets) == 6
    assert all(target.weight == whole[target.pair.symbol] / 4 for target in targets)


def test_between_rebalances_a_signal_is_answered_with_the_weights_in_force(stage):
    desk = stage()
    account = desk.session.account
    assert {target.weight for target in desk.allocator.targets(desk.signals(), account)} == {0}
    weights = desk.see(10).weights()
    desk.see(5)
    answered = desk.allocator.targets(desk.signals(-RATIO_ONE), account)
    assert {target.pair.symbol: -target.weight for target in answered} == weights


def test_the_record_says_whose_risk_it_is(stage):
    rebalance = stage().see(20).rebalance()
    assert sum(rebalance.risk.values()) == RATIO_ONE
    assert set(rebalance.risk) == {"AAA", "BBB", "CCC"}
    assert rebalance.volatility > 0
    assert rebalance.method == "inverse_volatility"
    assert rebalance.notes == ()


def test_the_risk_is_that_of_what_signals_use_of_the_weights(stage):
    desk = stage().see(20)
    whole = desk.rebalance()
    signals = [
        attrs.evolve(one, signal=Signal(value))
        for one, value in zip(desk.signals(), (RATIO_ONE, 0, RATIO_ONE // 2), strict=True)
    ]
    found = desk.allocator.rebalance(signals, desk.session.account)
    assert found.risk["BBB"] == 0
    assert sum(found.risk.values()) == RATIO_ONE
    assert found.risk["AAA"] > whole.risk["AAA"]
    assert 0 < found.volatility < whole.volatility
    out = desk.rebalance(value=0)
    assert (out.risk, out.volatility) == ({}, 0)


def test_turnover_counts_from_what_is_held_as_a_share_of_equity(stage):
    constraints = ConstraintsConfig(turnover=Decimal("0.1"))
    config = InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)
    desk = stage(config).see(10)
    account = desk.session.account
    account.positions = {"AAA": 95_000, "BBB": 0, "CCC": 0}
    account.cash = 5 * 10 ** (3 + account.decimals)
    held = Fraction(account.value(desk.instruments[0], account.mark("AAA"), 95_000), account.equity)
    weights = desk.weights()
    traded = abs(weights["AAA"] - held) + weights["BBB"] + weights["CCC"]
    assert float(traded) == pytest.approx(0.1, abs=1e-7)
    assert any("constraints.turnover" in note for _, note in desk.told)


def test_constraints_that_too_few_symbols_can_keep_are_relaxed_and_told(stage):
    constraints = ConstraintsConfig(max_weight=Decimal("0.35"))
    config = InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)
    desk = stage(config).see(21, without=["CCC"])
    weights = desk.weights()
    assert [float(weights[symbol]) for symbol in ("AAA", "BBB", "CCC")] == pytest.approx([0.35, 0.35, 0], abs=2e-8)
    assert any("cash" in note for level, note in desk.told if level == "warning")


def test_the_same_words_are_logged_once(stage):
    desk = stage().see(21, without=["CCC"])
    for _ in range(3):
        desk.rebalance()
    assert desk.told == [
        ("info", "inverse_volatility"),
        ("info", "No weight yet for symbols with fewer than 5 returns: CCC."),
    ]


def test_words_that_differ_in_a_number_alone_are_logged_once(stage):
    desk = stage().see(6)
    for count in range(6):
        desk.see(1, without=["CCC"] if count % 2 else []).rebalance()
    notes = [message for _, message in desk.told if "returns in common" in message]
    assert len(notes) == 1
    assert notes[0].startswith("The estimate rests on 7 returns in common, of a lookback of 20; ")


def test_two_strategies_that_use_all_of_a_weight_have_the_risk_of_one(stage):
    def risk(strategies):
        desk = stage(traded={symbol: len(strategies) for symbol in ("AAA", "BBB", "CCC")}).see(10)
        return desk.rebalance(strategies=strategies)

    alone, both = risk(("hold",)), risk(("hold", "trend"))
    assert both.volatility == alone.volatility > 0
    assert both.risk == alone.risk


def test_a_price_that_never_moves_is_why_there_are_no_weights_and_too_few_returns_are_no_obstacle(stage):
    desk = stage().see(3, stay=["AAA", "BBB", "CCC"])
    assert (desk.allocator.ready, desk.allocator.obstacle) == (False, None)
    desk.see(10, stay=["AAA", "BBB", "CCC"])
    assert not desk.allocator.ready
    assert "the price of no symbol has moved in 12 returns" in str(desk.allocator.obstacle)
    assert desk.see(5).allocator.obstacle is None


def test_the_schedule_follows_the_calendar(stage):
    schedule = stage(InverseVolatilityConfig(rebalance=Rebalancing.MONTH_END)).allocator.schedule
    assert schedule.next_after(parse_time("2024-03-28T12:00:00Z")) == parse_time("2024-04-01T00:00:00Z")
    stocks = InverseVolatilityConfig(rebalance=Rebalancing.MONTH_END, calendar="XNYS")
    schedule = stage(stocks).allocator.schedule
    # Good Friday 2024 is the 29th of March.
    assert schedule.next_after(parse_time("2024-03-28T12:00:00Z")) == parse_time("2024-03-28T20:00:00Z")


def test_returns_of_a_day_are_taken_from_bars_of_an_hour(stage):
    hours = stage(InverseVolatilityConfig(lookback=20, min_history=5), interval=3_600)
    assert hours.allocator.lookback == 21 * 24


@pytest.mark.parametrize(
    ("config", "surroundings", "path", "message"),
    [
        (HrpConfig(interval="1h"), {}, "allocator.interval", "1h is no multiple of the session's bars of 1d"),
        (
            HrpConfig(constraints=ConstraintsConfig(max_weight=Decimal("0.3"))),
            {},
            "allocator.constraints",
            "no weights can keep constraints.max_weight 0.3 and invest 0.95",
        ),
        (
            HrpConfig(constraints=ConstraintsConfig(weights={"AAB": Bounds(max=Decimal("0.3"))})),
            {},
            "allocator.constraints.weights.AAB",
            "no instrument of the session has the symbol 'AAB'",
        ),
        (
            HrpConfig(constraints=ConstraintsConfig(long_only=False, gross=Decimal(2))),
            {},
            "allocator.constraints.long_only",
            "the account has no margin",
        ),
    ],
)
def test_what_does_not_fit_the_session_is_refused_before_it_starts(stage, config, surroundings, path, message):
    with pytest.raises(ConfigError) as caught:
        stage(config, opens=factories.open_hrp, **surroundings)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message
    assert problem.hint


def test_an_unknown_calendar_is_refused(stage):
    with pytest.raises(InputError, match="XNYX"):
        stage(HrpConfig(calendar="XNYX"), opens=factories.open_hrp)


@pytest.mark.parametrize(
    ("budgets", "message"),
    [
        ({"DDD": "0.5"}, "it names DDD, which is not traded"),
        ({"AAA": "0"}, "that of AAA is 0, and must be above 0"),
        ({"CCC": "NaN", "AAA": "-0.7", "BBB": "0.5"}, "that of AAA is -0.7, that of CCC is NaN, and must be above 0"),
        ({"AAA": "0.5", "BBB": "0.5"}, "The risk budgets sum to 1, which leaves nothing for CCC"),
        ({"AAA": "0.7", "BBB": "0.5"}, "The risk budgets sum to 1.2, which leaves nothing for CCC"),
        (
            {"AAA": "0.05", "BBB": "0.05", "CCC": "0.05"},
            "every symbol has one, and they sum to 0.15, not to 1",
        ),
        ({"AAA": "0.8", "BBB": "0.2", "CCC": "0.2"}, "every symbol has one, and they sum to 1.2, not to 1"),
        ({"AAA": "0.5", "BBB": "0.3", "CCC": "0.200000002"}, "sum to 1.000000002, not to 1"),
    ],
)
def test_budgets_that_are_no_shares_of_the_whole_risk_are_refused(stage, budgets, message):
    config = RiskParityConfig(budgets={symbol: Decimal(budget) for symbol, budget in budgets.items()})
    with pytest.raises(ConfigError) as caught:
        stage(config, opens=factories.open_risk_parity)
    (problem,) = caught.value.problems
    assert problem.path == "allocator.budgets"
    assert message in problem.message
    assert problem.hint


def test_budgets_of_unknown_symbols_are_told_before_those_that_are_none(stage):
    config = RiskParityConfig(budgets={"AAA": Decimal(0), "DDD": Decimal(-1)})
    with pytest.raises(ConfigError) as caught:
        stage(config, opens=factories.open_risk_parity)
    assert [problem.message for problem in caught.value.problems] == [
        "it names DDD, which is not traded",
        "that of AAA is 0, that of DDD is -1, and must be above 0",
    ]


@pytest.mark.parametrize(
    "budgets",
    [
        {"AAA": "0.5", "BBB": "0.3", "CCC": "0.2"},
        {"AAA": "0.333333333", "BBB": "0.333333333", "CCC": "0.333333333"},
        {"AAA": "0.5", "BBB": "0.3"},
        {},
    ],
)
def test_budgets_that_sum_to_1_or_leave_something_to_the_others_are_taken(stage, budgets):
    config = RiskParityConfig(budgets={symbol: Decimal(budget) for symbol, budget in budgets.items()})
    stage(config, opens=factories.open_risk_parity)


def test_a_short_portfolio_needs_margin_and_may_then_sell(stage):
    constraints = ConstraintsConfig(
        long_only=False,
        gross=Decimal(1),
        net=Bounds(min=Decimal(0), max=Decimal("0.1")),
        weights={"AAA": Bounds(max=Decimal("-0.2"))},
    )
    stocks = [instrument(symbol, asset_class=AssetClass.EQUITY) for symbol in ("AAA", "BBB", "CCC")]
    account = attrs.evolve(part_context(*stocks).account, margin=True)
    config = InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)
    weights = stage(config, instruments=stocks, account=account).see(10).weights()
    assert weights["AAA"] <= Fraction("-0.2")
    assert abs(sum(weights.values()) - Fraction("0.1")) <= Fraction(1, RATIO_ONE)


def test_with_a_range_of_the_sum_what_a_cap_cuts_off_goes_to_symbols_with_room(stage):
    constraints = ConstraintsConfig(net=Bounds(min=Decimal("0.3")), max_weight=Decimal("0.33"))
    config = InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)
    free = stage(attrs.evolve(config, constraints=ConstraintsConfig())).see(10).weights()
    assert max(free.values()) > Fraction("0.35")
    weights = stage(config).see(10).weights()
    assert max(weights.values()) <= Fraction("0.33") + Fraction(1, RATIO_ONE)
    assert abs(sum(weights.values()) - Fraction("0.95")) <= Fraction(1, RATIO_ONE)


def test_where_caps_do_not_leave_room_for_all_as_much_as_they_do_is_invested(stage):
    constraints = ConstraintsConfig(net=Bounds(min=Decimal("0.3")), max_weight=Decimal("0.3"))
    weights = stage(InverseVolatilityConfig(lookback=20, min_history=5, constraints=constraints)).see(10).weights()
    assert abs(sum(weights.values()) - Fraction("0.9")) <= Fraction(3, RATIO_ONE)


def test_what_is_wrong_with_budgets_and_with_constraints_is_told_together(stage):
    config = RiskParityConfig(
        budgets={"AAB": Decimal("0.3")},
        constraints=ConstraintsConfig(max_weight=Decimal("0.05"), sectors={"tch": Decimal("0.1")}),
    )
    with pytest.raises(ConfigError) as caught:
        stage(config, opens=factories.open_risk_parity)
    assert [problem.path for problem in caught.value.problems] == [
        "allocator.budgets",
        "allocator.constraints.sectors.tch",
        "allocator.constraints",
    ]


def test_a_largest_position_that_cannot_be_is_told_as_money(stage):
    config = HrpConfig(constraints=ConstraintsConfig(max_position=Decimal("0.2")))
    with pytest.raises(ConfigError) as caught:
        stage(config, opens=factories.open_hrp)
    (problem,) = caught.value.problems
    assert "constraints.max_position 0.2 of the account's currency (2e-" in problem.message
    assert " of equity)" in problem.message


def test_a_half_life_that_leaves_too_few_returns_is_a_warning(stage):
    model = RiskModelConfig(model="ewma", halflife=Decimal("0.5"))
    seated = stage(InverseVolatilityConfig(lookback=20, min_history=5, risk_model=model)).see(10)
    seated.rebalance()
    assert (
        "warning",
        "With a half-life of 0.5, 9 returns weigh as much as 1.7 equal ones, too few for the covariance of 3 symbols.",
    ) in seated.told
    longer = stage(
        InverseVolatilityConfig(lookback=20, min_history=5, risk_model=attrs.evolve(model, halflife=Decimal(5)))
    )
    longer.see(10).rebalance()
    assert not [text for _, text in longer.told if "half-life" in text]
