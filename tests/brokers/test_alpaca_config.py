"""The section of the broker ``alpaca``, the broker that is built from it, and the stub beside it."""

from __future__ import annotations

import pytest

from logos.brokers.alpaca_broker import open_alpaca
from logos.brokers.alpaca_config import AlpacaConfig
from logos.brokers.ib import open_ib
from logos.domain.errors import InputError, PluginError
from logos.session.outside import OutsideBroker


def test_the_credentials_are_named_by_their_variables():
    assert AlpacaConfig().credentials == ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
    assert AlpacaConfig(key_env="K_1", secret_env="S_1").credentials == ("K_1", "S_1")
    assert AlpacaConfig(key_env="", secret_env="").credentials == ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")


def test_without_an_address_the_paper_account_is_asked():
    assert AlpacaConfig().address == "https://paper-api.alpaca.markets"
    assert AlpacaConfig(base_url="https://paper-api.alpaca.markets/").address == "https://paper-api.alpaca.markets"
    assert AlpacaConfig(base_url="http://127.0.0.1:8080").address == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "address",
    [
        "https://api.alpaca.markets",
        "https://API.Alpaca.Markets",
        "https://api.alpaca.markets.",
        "https://api.alpaca.markets:443/v2",
        "https://broker-api.alpaca.markets",
        "https://alpaca.markets",
        "http://api.alpaca.markets",
    ],
)
def test_an_address_of_live_accounts_is_refused(address):
    with pytest.raises(InputError, match="no account of Alpaca's but a paper account"):
        AlpacaConfig(base_url=address)


@pytest.mark.parametrize(
    "address", ["http://proxy.example.com", "http://paper-api.alpaca.markets", "http://localhost."]
)
def test_a_key_is_not_sent_in_the_clear(address):
    with pytest.raises(InputError, match="others can read"):
        AlpacaConfig(base_url=address)


def test_an_address_of_this_machine_needs_no_encryption():
    for address in ("http://127.0.0.2", "http://localhost:8080", "http://[::1]:8080"):
        assert AlpacaConfig(base_url=address).address == address


def test_one_variable_cannot_hold_the_key_and_the_secret():
    with pytest.raises(InputError, match="key_env and secret_env are both MINE"):
        AlpacaConfig(key_env="MINE", secret_env="MINE")
    with pytest.raises(InputError, match="both APCA_API_KEY_ID"):
        AlpacaConfig(secret_env="APCA_API_KEY_ID")


@pytest.mark.parametrize("name", ["key_env", "secret_env"])
def test_a_key_in_the_place_of_a_variables_name_is_refused_and_not_repeated(name):
    with pytest.raises(InputError) as caught:
        AlpacaConfig(**{name: "PKABCDEFGHIJ01234567"})

    assert "PKABCDEFGHIJ01234567" not in str(caught.value)
    assert ".env" in str(caught.value)


def test_the_paper_brokers_keys_are_its_own():
    assert AlpacaConfig(limit_fill="touch").limit_fill == "touch"


def test_the_broker_fills_the_seat_and_previews_only_with_a_record(bench):
    broker = open_alpaca(bench.config(), bench.context("AAPL"))

    assert isinstance(broker, OutsideBroker)
    assert broker.venue == "alpaca:paper"
    assert broker.terms() is not None, "a backtest runs at the speed of the paper broker"
    assert bench.venue.connections == 0
    record = broker.survey().record
    assert open_alpaca(bench.config(), bench.context("AAPL", record=record)).terms() is None
    broker.close()


def test_two_symbols_of_one_market_are_refused(bench):
    with pytest.raises(InputError, match="are both MSFT"):
        bench.desk("AAPL", "MSFT", venue_symbols={"AAPL": "MSFT"})


def test_the_stub_says_where_its_road_map_is(bench):
    with pytest.raises(PluginError, match=r"docs/brokers/ib\.md"):
        open_ib(None, bench.context())
