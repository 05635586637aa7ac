"""Properties of the rules that a difference is judged by, one at a time and for a whole book."""

from fractions import Fraction

import attrs
from hypothesis import given
from hypothesis import strategies as st

from logos.portfolio.position_manager.adjustment import BELOW_MIN_TRADE, Adjustment
from logos.portfolio.position_manager.order_differences import Place, order_differences
from logos.portfolio.position_manager.trading_costs import TradingRules
from logos.session.rebalancing import BookLimit

BASIC = TradingRules(
    band=Fraction(0),
    min_trade=0,
    cost=Fraction(10, 10_000),
    drift=Fraction(10**12),
    risk_aversion=Fraction(5),
    horizon=21,
    currency="USD",
    decimals=8,
)
"""With a drift that no book reaches: each symbol is judged alone."""

SHARES = st.fractions(min_value=0, max_value=1, max_denominator=10_000)
RULES = st.builds(
    attrs.evolve,
    st.just(BASIC),
    band=SHARES.map(lambda share: share / 20),
    min_trade=st.integers(0, 10**12),
    cost=st.none() | SHARES.map(lambda share: share / 100),
    risk_aversion=st.fractions(min_value=Fraction(1, 10), max_value=50, max_denominator=100),
    horizon=st.integers(1, 252),
)
VARIANCES = st.none() | st.floats(0, 0.01, allow_subnormal=False).map(Fraction)
ADJUSTMENTS = st.builds(
    Adjustment,
    value=st.integers(0, 10**13),
    equity=st.integers(1, 10**13),
    opens=st.booleans(),
    variance=VARIANCES,
)
PLACES = st.builds(
    Place,
    weight=st.fractions(min_value=-1, max_value=1, max_denominator=10_000),
    position=st.integers(-10_000, 10_000),
    lot_value=st.fractions(min_value=Fraction(1, 100), max_value=10**8, max_denominator=100),
    variance=VARIANCES,
)
BOOKS = st.dictionaries(st.sampled_from("ABCDEFG"), PLACES, min_size=1)
EQUITIES = st.integers(1, 10**13)


@given(rules=RULES, adjustment=ADJUSTMENTS)
def test_nothing_is_adjusted_whose_cost_exceeds_its_benefit(rules, adjustment):
    benefit = rules.benefit(adjustment)
    if adjustment.opens or rules.cost is None or benefit is None:
        return
    if rules.judge(adjustment) is None:
        assert rules.cost * adjustment.value <= benefit
    elif rules.cost * adjustment.value <= benefit:
        assert rules.judge(adjustment).code in ("inside_band", "below_min_trade")


@given(rules=RULES, adjustment=ADJUSTMENTS, more=SHARES, change=st.sampled_from(["band", "cost", "min_trade"]))
def test_a_wider_band_dearer_trades_and_a_greater_least_trade_never_trade_more(rules, adjustment, more, change):
    before = getattr(rules, change)
    if before is None:
        return
    stricter = attrs.evolve(rules, **{change: before + (int(more * 10**12) if change == "min_trade" else more)})
    if rules.judge(adjustment) is not None:
        assert stricter.judge(adjustment) is not None


@given(rules=RULES, adjustment=ADJUSTMENTS, more=st.integers(1, 10**13))
def test_a_greater_difference_is_traded_where_a_smaller_one_is(rules, adjustment, more):
    if rules.judge(adjustment) is None:
        assert rules.judge(attrs.evolve(adjustment, value=adjustment.value + more)) is None


@given(rules=RULES, adjustment=ADJUSTMENTS)
def test_inside_the_width_of_the_docstring_nothing_is_adjusted(rules, adjustment):
    rules = attrs.evolve(rules, band=Fraction(0), min_trade=0)
    if adjustment.opens or not adjustment.value or rules.cost is None or not adjustment.variance:
        return
    width = 2 * rules.cost / (rules.risk_aversion * adjustment.variance * rules.horizon)
    inside = Fraction(adjustment.value, adjustment.equity) < width
    assert (rules.judge(adjustment) is not None) == inside


@given(book=BOOKS, equity=EQUITIES, rules=RULES)
def test_a_book_never_trades_past_its_targets(book, equity, rules):
    for symbol, found in order_differences(book, equity, rules).items():
        place = book[symbol]
        exact = place.weight * equity / place.lot_value
        after = place.position + found.lots
        if found.lots:
            # The target is the whole number of lots next to the exact one, towards zero.
            assert after == int(exact)
            assert found.held is None
            assert found.cost >= 0
        else:
            assert found.cost == 0
            assert (found.held is None) == (place.position == int(exact))


@given(book=BOOKS, equity=EQUITIES, rules=RULES)
def test_a_book_upside_down_trades_the_opposite(book, equity, rules):
    mirrored = {
        symbol: attrs.evolve(place, weight=-place.weight, position=-place.position) for symbol, place in book.items()
    }
    there, back = order_differences(book, equity, rules), order_differences(mirrored, equity, rules)
    for symbol in book:
        assert back[symbol] == attrs.evolve(there[symbol], lots=-there[symbol].lots)


@given(book=BOOKS, equity=EQUITIES, rules=RULES)
def test_each_symbol_is_judged_alone(book, equity, rules):
    together = order_differences(book, equity, rules)
    assert list(together) == list(book)
    for symbol in book:
        assert order_differences({symbol: book[symbol]}, equity, rules) == {symbol: together[symbol]}


@given(
    adjustments=st.lists(
        st.builds(
            Adjustment,
            value=st.integers(1, 10**12),
            equity=st.just(10**13),
            sells=st.booleans(),
            variance=st.none() | st.just(Fraction(1, 10_000)),
        ),
        max_size=12,
    ),
    rules=RULES,
    drift=SHARES.map(lambda share: share / 10),
)
def test_what_a_book_leaves_alone_stays_within_its_drift(adjustments, rules, drift):
    rules = attrs.evolve(rules, drift=drift)
    alone, together = [rules.judge(one) for one in adjustments], rules.judge_all(adjustments)
    for before, after in zip(alone, together, strict=True):
        # Only what was left alone may be traded after all, and its reason stays where it is not.
        assert after in (before, None)
        assert before is not None or after is None
        if before is not None and before.code == BELOW_MIN_TRADE:
            assert after == before
    left = [
        -one.value if one.sells else one.value
        for one, held in zip(adjustments, together, strict=True)
        if held is not None and held.code != BELOW_MIN_TRADE
    ]
    # It is within the drift, or no further trade would bring it nearer.
    total = sum(left)
    assert abs(total) <= drift * 10**13 or all(abs(total - value) >= abs(total) for value in left)


def test_what_would_leave_as_much_on_the_other_side_stays_untraded():
    rules = attrs.evolve(BASIC, drift=Fraction(0), band=Fraction(1))
    # 100 to buy and 95 to sell: 5 is left over, and trading the 100 would leave 95 on the other side.
    book = [
        Adjustment(value=100, equity=10_000, opens=False, variance=None),
        Adjustment(value=95, equity=10_000, opens=False, variance=None, sells=True),
    ]
    assert [held.code for held in rules.judge_all(book)] == ["inside_band", "inside_band"]
    assert rules.judge_all([attrs.evolve(book[0], value=9), *book[1:], attrs.evolve(book[0], value=91)])[0] is None


def test_the_greatest_of_the_side_that_weighs_more_are_traded_first():
    rules = attrs.evolve(BASIC, band=Fraction(1, 100), drift=Fraction(1, 100))
    shares = {"A": 40, "B": 90, "C": 70, "D": -60}  # basis points of equity, each inside the band of 100
    book = [Adjustment(value=abs(share) * 10**6, equity=10**10, sells=share < 0) for share in shares.values()]
    answers = dict(zip(shares, rules.judge_all(book), strict=True))
    # Left alone, they would leave 140 points unspent; without B, 50.
    assert [symbol for symbol, held in answers.items() if held is None] == ["B"]


LIMITED = st.lists(
    st.builds(
        Adjustment,
        value=st.just(0),
        equity=st.just(10**10),
        symbol=st.sampled_from("ABCD"),
        before=st.integers(-(10**10), 10**10),
        after=st.integers(-(10**9), 10**9),
    ).map(lambda one: attrs.evolve(one, value=abs(one.after - one.before), sells=one.after < one.before)),
    min_size=1,
    max_size=8,
)


@given(
    adjustments=LIMITED,
    rules=RULES,
    sets=st.lists(st.tuples(st.frozensets(st.sampled_from("ABCD"), min_size=1), st.booleans()), max_size=4),
)
def test_a_book_keeps_the_limits_that_its_targets_keep(adjustments, rules, sets):
    rules = attrs.evolve(rules, min_trade=0)

    def total(limit, values):
        found = [value for one, value in zip(adjustments, values, strict=True) if one.symbol in limit.symbols]
        return sum(map(abs, found)) if limit.absolute else sum(found)

    targets = [one.after for one in adjustments]
    limits = []
    for symbols, absolute in sets:
        bare = BookLimit(symbols=symbols, absolute=absolute)
        share = total(bare, targets) * 10**8 // 10**10  # whole hundred-percentths, so that the targets keep the limit
        limits.append(attrs.evolve(bare, least=None if absolute else share, most=share + 1))
    answers = rules.judge_all(adjustments, limits)
    book = [one.after if held is None else one.before for one, held in zip(adjustments, answers, strict=True)]
    for limit in limits:
        assert total(limit, book) * 10**8 <= limit.most * 10**10
        assert limit.least is None or total(limit, book) * 10**8 >= limit.least * 10**10


def test_a_position_that_has_grown_above_its_cap_is_brought_back_although_it_is_not_worth_its_cost():
    rules = attrs.evolve(BASIC, band=Fraction(5, 100))
    grown = Adjustment(value=3 * 10**8, equity=10**10, symbol="A", before=18 * 10**8, after=15 * 10**8, sells=True)
    other = Adjustment(value=10**8, equity=10**10, symbol="B", before=10**9, after=9 * 10**8, sells=True)
    cap = BookLimit(symbols=frozenset("A"), most=15 * 10**6)
    assert [held and held.code for held in rules.judge_all([grown, other])] == ["inside_band", "inside_band"]
    assert [held and held.code for held in rules.judge_all([grown, other], [cap])] == [None, "inside_band"]


def test_what_is_traded_to_stay_within_drift_does_not_break_a_limit():
    rules = attrs.evolve(BASIC, band=Fraction(5, 100), drift=Fraction(2, 100))
    percent = 10**8  # a hundredth of equity

    def adjustment(symbol, before, after):
        return Adjustment(
            value=abs(after - before) * percent,
            equity=100 * percent,
            symbol=symbol,
            before=before * percent,
            after=after * percent,
            sells=after < before,
        )

    book = [adjustment("A", 10, 14), adjustment("B", 14, 11), adjustment("C", 10, 12)]
    cap = BookLimit(symbols=frozenset("AB"), most=25 * 10**6)
    # Of purchases that outweigh sales by 3, the greatest is traded; the cap of A and B then asks for B's sale as well.
    assert [held is None for held in rules.judge_all(book)] == [True, False, False]
    assert [held is None for held in rules.judge_all(book, [cap])] == [True, True, False]
