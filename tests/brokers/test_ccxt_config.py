"""The keys of the broker ``ccxt``: which exchanges there are, where its credentials are, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import attrs
import pytest

from logos.brokers.ccxt_broker import open_ccxt
from logos.brokers.ccxt_config import CcxtConfig
from logos.brokers.ccxt_desk import DIALECTS, CcxtDesk
from logos.brokers.ccxt_reads import READS
from logos.brokers.paper_config import PaperConfig
from logos.brokers.venue import VenueDesk
from logos.domain.errors import InputError
from logos.session.outside import OutsideBroker


def test_the_paper_brokers_keys_are_there_with_their_defaults():
    config = CcxtConfig(exchange="binance")
    for field in attrs.fields(PaperConfig):
        assert getattr(config, field.name) == getattr(PaperConfig(), field.name)
    with pytest.raises(InputError, match="slippage_bps"):
        CcxtConfig(exchange="binance", slippage_bps=Decimal(-1))


def test_an_exchange_that_is_not_supported_is_refused_with_those_that_are():
    with pytest.raises(InputError, match="one of binance, coinbase, kraken") as told:
        CcxtConfig(exchange="okx")
    assert "paper broker" in told.value.hint
    with pytest.raises(InputError) as told:
        CcxtConfig(exchange="Binance")
    assert told.value.hint == "Did you mean 'binance'?"


def test_every_exchange_has_its_reads_and_its_dialect():
    assert sorted(READS) == sorted(DIALECTS)


def test_credentials_are_named_after_the_exchange_unless_the_config_names_them():
    assert CcxtConfig(exchange="kraken").credentials == ("KRAKEN_API_KEY", "KRAKEN_API_SECRET")
    named = CcxtConfig(exchange="kraken", key_env="MINE", secret_env="MINE_TOO")
    assert named.credentials == ("MINE", "MINE_TOO")


def test_one_variable_cannot_hold_the_key_and_the_secret():
    with pytest.raises(InputError, match="key_env and secret_env are both MINE"):
        CcxtConfig(exchange="kraken", key_env="MINE", secret_env="MINE")
    with pytest.raises(InputError, match="both KRAKEN_API_KEY"):
        CcxtConfig(exchange="kraken", secret_env="KRAKEN_API_KEY")


@pytest.mark.parametrize("value", ["sk-1234", "lower_case", "1ST", "A B", "a9f8e7d6c5b4a3"])
def test_what_is_no_name_of_a_variable_is_refused_and_not_repeated(value):
    with pytest.raises(InputError, match="key_env is no name") as told:
        CcxtConfig(exchange="kraken", key_env=value)
    assert value not in f"{told.value}{told.value.hint}"


@pytest.mark.parametrize(
    ("key", "value"),
    [("base_url", "ftp://x"), ("base_url", "https://u:p@x"), ("timeout", "6m"), ("venue_symbols", {"BTC-USD": ""})],
)
def test_a_value_out_of_range_is_refused(key, value):
    with pytest.raises(InputError, match=key):
        CcxtConfig(exchange="kraken", **{key: value})


def test_a_key_is_never_sent_where_others_can_read_it():
    for address in ("http://mirror.example.com", "HTTP://10.0.0.1:8080"):
        with pytest.raises(InputError, match="others can read"):
            CcxtConfig(exchange="kraken", base_url=address)
    for address in ("https://mirror.example.com", "http://127.0.0.1:8080", "http://localhost:8080/x"):
        assert CcxtConfig(exchange="kraken", base_url=address).base_url == address


def test_offline_nothing_but_this_machine_is_asked_and_orders_are_shown_all_the_same(exchange_bench):
    bench = exchange_bench("binance")
    record = bench.desk().survey().record
    config = bench.config(base_url="")
    offline = attrs.evolve(bench.context(record), offline=True)
    desk = CcxtDesk(config, offline, dict(config.venue_symbols))
    with pytest.raises(InputError, match="the broker ccxt would ask its venue"):
        desk.survey()
    assert desk.preview(bench.intent(), 0).request["url"] == "https://api.binance.com/api/v3/order"


def test_it_fills_the_seats_and_loads_nothing_of_ccxt(exchange_bench):
    bench = exchange_bench("binance")
    broker = open_ccxt(bench.config(), bench.context())
    assert isinstance(broker, OutsideBroker)
    assert broker.venue == "ccxt:binance"
    desk: VenueDesk = bench.desk()
    desk.close()
    code = "import sys, logos.brokers.ccxt_config, logos.brokers.ccxt_broker;"
    code += "print([name for name in ('ccxt', 'requests', 'urllib3', 'numpy') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_symbol_that_is_not_the_sessions_is_refused(exchange_bench):
    bench = exchange_bench("binance")
    with pytest.raises(InputError, match="venue_symbols names 'BTC-USDD'"):
        open_ccxt(bench.config(venue_symbols={"BTC-USDD": "BTC/USDT"}), bench.context())
