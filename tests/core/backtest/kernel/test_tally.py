"""What the kernel adds up: falls are compared exactly, and limits of several guards become the tightest."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from logos.backtest.kernel import layout
from logos.backtest.kernel.limits import limits_of
from logos.backtest.kernel.tally import exceeds
from logos.session.seats import Envelope

LARGE = st.integers(1, 2**62)


@given(st.integers(0, 2**62), LARGE, st.integers(0, 2**62), LARGE)
@example(10**17 + 1, 10**18, 10**17, 10**18)
@example(1, 3, 333_333_333, 10**9)
def test_fractions_are_compared_without_a_product(a: int, b: int, c: int, d: int) -> None:
    assert exceeds(a, b, c, d) == (Fraction(a, b) > Fraction(c, d))


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9), st.integers(1, 9))
def test_small_fractions_are_compared_with_every_tie(a: int, b: int, c: int, d: int) -> None:
    assert exceeds(a, b, c, d) == (Fraction(a, b) > Fraction(c, d))


def test_the_tightest_limit_of_each_kind_holds_and_keeps_its_owner() -> None:
    limits = limits_of(
        [
            ("wide", Envelope(order_value=500, gross=(2, 1), drawdown=(1, 2), orders=(9, 60))),
            ("tight", Envelope(order_value=400, gross=(3, 2), daily_loss=(1, 10), orders=(3, 10))),
        ]
    )
    assert limits.numbers[layout.ORDER_VALUE] == 400
    assert limits.numbers[layout.GROSS : layout.GROSS + 2].tolist() == [3, 2]
    assert limits.numbers[layout.DRAWDOWN : layout.DRAWDOWN + 2].tolist() == [1, 2]
    assert limits.numbers[layout.NET] == layout.NEVER
    assert limits.owners == {
        layout.AT_ORDER_VALUE: "tight",
        layout.AT_GROSS: "tight",
        layout.AT_DRAWDOWN: "wide",
        layout.AT_DAILY_LOSS: "tight",
    }
    assert (limits.rates.tolist(), limits.rate_owners) == ([[9, 60], [3, 10]], ("wide", "tight"))


def test_a_share_too_fine_or_too_large_for_64_bits_becomes_a_tighter_one() -> None:
    fine = Fraction(1, 3**30)
    limits = limits_of([("fine", Envelope(drawdown=fine.as_integer_ratio(), gross=(10**12, 1)))])
    kept = Fraction(*limits.numbers[layout.DRAWDOWN : layout.DRAWDOWN + 2].tolist())
    assert fine - Fraction(1, 10**8) < kept <= fine
    assert limits.numbers[layout.GROSS : layout.GROSS + 2].tolist() == [8, 1]


def test_guards_without_limits_cost_nothing() -> None:
    assert limits_of([("kill_switch", Envelope())]).numbers[layout.GUARDED] == 0
