from __future__ import annotations

from decimal import Decimal

import pytest

from logos.config.reading import parse
from logos.config.registry import InstrumentRegistry, read_instruments
from logos.domain.errors import ConfigError
from logos.domain.instruments import AssetClass


def read(text):
    return read_instruments(parse(text, "x"), "instruments")


def only_problem(text):
    _, (problem,) = read(text)
    return problem


def test_the_program_knows_its_own_instruments_to_the_lot():
    known = InstrumentRegistry()
    facts = {
        symbol: (one.asset_class.value, str(one.tick), str(one.lot), one.currency, one.calendar)
        for symbol, one in known.items()
    }

    assert facts == {
        "AAPL": ("equity", "0.01", "1", "USD", "XNYS"),
        "BTC-USD": ("crypto", "0.01", "1E-8", "USD", None),
        "DEMO": ("crypto", "0.01", "1", "USD", None),
        "EUR-USD": ("forex", "0.00001", "1", "USD", "FX"),
    }
    assert all(one.notional_cap and one.min_notional > 0 for one in known.values())


def test_an_entry_changes_the_fields_it_names_and_keeps_the_others():
    known, problems = read("AAPL: {notional_cap: null, lot: '0.001'}")

    assert problems == []
    apple = known["AAPL"]
    assert (apple.notional_cap, apple.lot, apple.tick, apple.calendar) == (
        None,
        Decimal("0.001"),
        Decimal("0.01"),
        "XNYS",
    )
    assert known["BTC-USD"] is InstrumentRegistry()["BTC-USD"]


def test_an_entry_adds_an_instrument():
    known, problems = read("ETH-USD: {asset_class: crypto, tick: '0.01', lot: '0.0001', currency: USD}")

    assert problems == []
    assert known["ETH-USD"].asset_class is AssetClass.CRYPTO
    assert list(known) == sorted(known)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("ETH-USD: {tick: '1', lot: '1', currency: USD}", "instruments.ETH-USD.asset_class", "missing"),
        ("AAPL: {asset_class: equities}", "instruments.AAPL.asset_class", "Did you mean 'equity'?"),
        ("AAPL: {multiplier: '100'}", "instruments.AAPL.multiplier", "multiplier of 1 only"),
        ("AAPL: {tick: '0'}", "instruments.AAPL.tick", "above 0"),
        ("AAPL: {min_notional: '-1'}", "instruments.AAPL.min_notional", "below 0"),
        ("AAPL: {currency: usd}", "instruments.AAPL.currency", "USD"),
        ("AAPL: {calendar: ''}", "instruments.AAPL.calendar", "null"),
        ("AAPL: {symbol: MSFT}", "instruments.AAPL.symbol", "unknown key"),
        ("../etc: {lot: '1'}", "instruments.../etc", "symbol"),
        (".hidden: {lot: '1'}", "instruments..hidden", "symbol"),
        ("AAPL: 5", "instruments.AAPL", "expected a section"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_field(text, path, words):
    problem = only_problem(text)

    assert problem.path == path
    assert words in str(problem)


def test_an_unknown_symbol_is_answered_with_the_nearest_one():
    with pytest.raises(ConfigError) as caught:
        InstrumentRegistry().require("APPL")

    assert "AAPL" in caught.value.hint


def test_a_list_of_instruments_is_refused():
    _, problems = read_instruments(parse("a: [1]", "x").get("a"), "instruments")

    assert [problem.path for problem in problems] == ["instruments"]
