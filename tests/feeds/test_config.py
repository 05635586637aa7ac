"""What the configs of the polled feeds refuse: by themselves, and beside the symbols and the interval of the feed."""

from __future__ import annotations

import attrs
import pytest

from logos.config.reading import parse
from logos.config.structuring import structure
from logos.context.venue_symbols import ccxt_name, markets_of
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.domain.times import SECONDS_A_DAY
from logos.feeds.ccxt_feed import open_ccxt
from logos.feeds.config import CcxtConfig, PollingConfig, YfinanceConfig
from logos.feeds.markets import yahoo_name
from logos.feeds.yfinance_feed import open_yfinance

HOUR = 3_600


@pytest.fixture
def context(make_context, make_instrument, fast_clock, start):
    """Return a function that makes the surroundings of a feed; symbols come with their instrument's fields."""

    def context(*symbols: str, interval: int = 60, **fields):
        instruments = {symbol: make_instrument(symbol, **fields) for symbol in symbols}
        return make_context(instruments, fast_clock(start + 30, 1), interval=interval)

    return context


def problems(**values: object) -> list[str]:
    """Return what a config file is told about the feed ccxt, line by line."""
    text = "".join(f"{key}: {value}\n" for key, value in {"exchange": "binance", **values}.items())
    return [str(problem) for problem in structure(parse(text, "polled.yaml"), CcxtConfig, "feed")[1]]


# -- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["", "http://127.0.0.1:8080", "https://mirror.example.com/binance", "HTTPS://x", "http://[::1]:80/"]
)
def test_an_address_of_http_with_a_host_is_taken(address) -> None:
    assert PollingConfig(base_url=address).base_url == address


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("ftp://x", "does not begin with http"),
        ("localhost:99", "does not begin with http"),
        ("mirror.example.com", "does not begin with http"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://:80", "names no host"),
        ("http://x:port", "no address that can be read"),
        ("http://x:99999", "no address that can be read"),
        ("http://[::1", "no address that can be read"),
        ("http://x y", "a blank"),
        (" http://x", "a blank"),
        ("http://x?a=b", "a query"),
        ("http://x/#part", "a query"),
    ],
)
def test_what_is_no_address_is_refused_at_its_line(address, fault) -> None:
    (told,) = problems(base_url=f"'{address}'")
    assert told.startswith("feed.base_url (line 2): base_url ")
    assert fault in told
    assert "Write base_url: https://" in told


@pytest.mark.parametrize(
    "address",
    [
        "http://u:hunter2@127.0.0.1:1/",
        "https://hunter2@x",
        "ftp://u:hunter2@x",
        "u:hunter2@x",
        "http://u:hunter2@x:port",
    ],
)
def test_a_login_in_an_address_is_refused_and_never_repeated(address) -> None:
    (told,) = problems(base_url=address)
    assert "hunter2" not in told
    with pytest.raises(InputError) as refusal:
        PollingConfig(base_url=address)
    assert "hunter2" not in f"{refusal.value} {refusal.value.hint}"


def test_a_login_is_called_one() -> None:
    (told,) = problems(base_url="http://u:p@127.0.0.1:1/")
    assert "base_url holds a login" in told


# -- bounds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("retries", 1_000_000_000, "retries is 1000000000, and must be from 0 to 100. The default is 4"),
        ("retries", -1, "retries is -1, and must be from 0 to 100. The default is 4"),
        ("revision_bars", 100_000, "revision_bars is 100000, and must be from 0 to 1000. The default is 5"),
        ("circuit_failures", 0, "circuit_failures is 0, and must be from 1 to 100. The default is 3"),
        ("timeout", "2h", "timeout is 2h, and must be at most 1h. The default is 10s"),
        ("poll_delay", "1d", "poll_delay is 1d, and must be at most 1h. The default is 2s"),
        ("poll_every", "61m", "poll_every is 61m, and must be at most 1h. The default is 5s"),
        ("patience", "2d", "patience is 2d, and must be at most 1d. The default is 1m"),
        ("circuit_pause", "25h", "circuit_pause is 25h, and must be at most 1d. The default is 30s"),
        ("timeout", "0s", "'0s' is not a duration. Write a whole number and a unit: 90s, 5m, 1h or 1d"),
        ("venue_symbols", "{BTC-USD: ''}", "venue_symbols gives BTC-USD no name"),
    ],
)
def test_what_lies_out_of_bounds_is_refused_with_what_was_found_and_expected(key, value, told) -> None:
    (problem,) = problems(**{key: value})
    assert problem.startswith(f"feed.{key} (line 2): {told}")


def test_bounds_belong_to_what_is_allowed() -> None:
    assert problems(retries=100, revision_bars=1_000, circuit_failures=1, timeout="1h", patience="1d") == []
    assert problems(retries=0, revision_bars=0, circuit_failures=100, timeout="1s", circuit_pause="1d") == []


@pytest.mark.parametrize(("key", "value"), [("poll_delay", "1m"), ("poll_every", "2m")])
def test_a_wait_that_does_not_fit_into_the_interval_is_refused_by_every_feed(context, key, value) -> None:
    for build, config in (
        (open_ccxt, CcxtConfig(exchange="binance", **{key: value})),
        (open_yfinance, YfinanceConfig(**{key: value})),
    ):
        with pytest.raises(InputError, match=f"{key} is {value}, and must be .* the interval, which is 60 s"):
            build(config, context("BTC-USD"))
        build(config, context("BTC-USD", interval=300))


def test_extended_hours_are_no_key() -> None:
    _, found = structure(parse("prepost: true\n", "polled.yaml"), YfinanceConfig, "feed")
    assert [problem.message for problem in found] == ["unknown key"]


# -- names ---------------------------------------------------------------------------------------------------------


def test_a_name_is_guessed_from_the_symbol_and_the_config_outweighs_the_guess(context, make_instrument) -> None:
    assert ccxt_name(make_instrument("BTC-USD")) == "BTC/USD"
    assert yahoo_name(make_instrument("BTC-USD")) == "BTC-USD"
    assert yahoo_name(make_instrument("EUR-USD", asset_class=AssetClass.FOREX)) == "EURUSD=X"
    assert yahoo_name(make_instrument("AAPL", asset_class=AssetClass.EQUITY)) == "AAPL"
    config = PollingConfig(venue_symbols={"BTC-USD": "BTC/USDT"})
    found = markets_of(config.venue_symbols, context("BTC-USD", "ETH-USD"), ccxt_name)
    assert found == {"BTC-USD": "BTC/USDT", "ETH-USD": "ETH/USD"}


@pytest.mark.parametrize(("build", "kind"), [(open_ccxt, CcxtConfig), (open_yfinance, YfinanceConfig)])
def test_a_name_for_a_symbol_that_is_not_there_is_refused_with_the_nearest(context, build, kind) -> None:
    exchange = {"exchange": "binance"} if kind is CcxtConfig else {}
    config = kind(venue_symbols={"BTC-USDD": "BTC/USDT"}, **exchange)
    with pytest.raises(InputError, match="'BTC-USDD', which is not among the feed's symbols: BTC-USD, ETH-USD") as told:
        build(config, context("BTC-USD", "ETH-USD"))
    assert told.value.hint == "Did you mean 'BTC-USD'?"


def test_a_known_symbol_that_is_not_polled_is_a_slip_in_a_session_and_none_in_a_fetch_of_some(context) -> None:
    config = PollingConfig(venue_symbols={"BTC-USD": "BTC/USDT", "ETH-USD": "ETH/USDT"})
    some = attrs.evolve(context("BTC-USD", "ETH-USD"), symbols=("BTC-USD",))
    with pytest.raises(InputError, match="venue_symbols names 'ETH-USD'"):
        markets_of(config.venue_symbols, some, ccxt_name)
    assert markets_of(config.venue_symbols, attrs.evolve(some, pairs=0), ccxt_name) == {"BTC-USD": "BTC/USDT"}


@pytest.mark.parametrize("names", [{"BTC-USD": "X/Y", "ETH-USD": "X/Y"}, {"BTC-USD": "ETH/USD"}])
def test_two_symbols_of_one_market_are_refused(context, names) -> None:
    with pytest.raises(InputError, match=r"BTC-USD and ETH-USD are both (X/Y|ETH/USD) at the venue"):
        open_ccxt(CcxtConfig(exchange="binance", venue_symbols=names), context("BTC-USD", "ETH-USD"))


# -- the grid of shares --------------------------------------------------------------------------------------------

SHARE = {"asset_class": AssetClass.EQUITY}


@pytest.mark.parametrize(
    ("calendar", "interval", "finer"),
    [("XNYS", HOUR, "30m"), ("XBOM", 1_800, "15m"), ("XBOM", HOUR, "15m"), (None, HOUR, "30m")],
)
def test_bars_of_a_share_that_begin_off_the_grid_are_refused_with_the_reason(
    context, calendar, interval, finer
) -> None:
    with pytest.raises(InputError, match=f"bars of {interval} s of AAPL begin with its market's opening") as refusal:
        open_yfinance(YfinanceConfig(), context("AAPL", interval=interval, calendar=calendar, **SHARE))
    assert refusal.value.hint.startswith(f"Write interval: {finer}")
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("calendar", "interval"),
    [("XNYS", 1_800), ("XNYS", SECONDS_A_DAY), ("XLON", HOUR), ("XBOM", 900), (None, 1_800), (None, SECONDS_A_DAY)],
)
def test_bars_of_a_share_on_the_grid_are_taken(context, calendar, interval) -> None:
    open_yfinance(YfinanceConfig(), context("AAPL", interval=interval, calendar=calendar, **SHARE))


def test_bars_of_an_hour_of_a_coin_are_taken(context) -> None:
    open_yfinance(YfinanceConfig(), context("BTC-USD", interval=HOUR))
