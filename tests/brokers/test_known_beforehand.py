"""What can be known of a broker's config and its credentials before its venue is asked."""

from __future__ import annotations

import pytest

from logos.assembly.surroundings import Used, start_problems
from logos.brokers.alpaca_config import AlpacaConfig
from logos.brokers.ccxt_config import CcxtConfig
from logos.brokers.ccxt_desk import DIALECTS
from logos.brokers.errors import CredentialsError
from logos.context.secrets import Secrets
from logos.domain.errors import InputError
from logos.plugins import BrokerPart
from logos.plugins.offers import READY, Offer

ALPACA = AlpacaConfig()
KRAKEN = CcxtConfig(exchange="kraken")
PAPER_KEY = "PKFREELYINVENTED0001"
LINES = "-----BEGIN EC PRIVATE KEY-----\\nfreely\\n-----END EC PRIVATE KEY-----\\n"


def secrets_of(config, key, secret):
    return Secrets(dict(zip(config.credentials, (key, secret), strict=True)))


@pytest.mark.parametrize(
    ("config", "key", "secret"),
    [(ALPACA, PAPER_KEY, "abc123"), (KRAKEN, "k", "c2FtcGxl=="), (CcxtConfig(exchange="coinbase"), "k/1", LINES)],
)
def test_credentials_that_can_be_meant_are_revealed(config, key, secret):
    assert config.reveal_credentials(secrets_of(config, key, secret)) == (key, secret.replace("\\n", "\n"))


@pytest.mark.parametrize("config", [ALPACA, KRAKEN])
@pytest.mark.parametrize("wrong", ["   ", "two words", "line\nbreak", "tab\there", "caf\u00e9"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_credential_with_a_blank_is_told_when_a_config_is_checked(tmp_path, config, wrong, place):
    values = [PAPER_KEY, "abc123"]
    values[place] = wrong
    part = BrokerPart(name="x", summary="x", target="x:x", capabilities=frozenset())
    offer = Offer(kind="broker", name="x", part=part, distribution="x", version="1", status=READY)
    used = Used(path="broker", offer=offer, config=config)

    (problem,) = start_problems([used], workspace=tmp_path, secrets=secrets_of(config, *values), offline=False)

    assert problem.path == "broker"
    assert f"{config.credentials[place]} holds a blank" in problem.message
    assert wrong not in str(problem) or not wrong.strip()


def test_the_key_of_a_live_account_is_refused_and_not_repeated():
    live = PAPER_KEY.replace("PK", "AK", 1)
    with pytest.raises(CredentialsError, match="a key of a live account") as refused:
        ALPACA.reveal_credentials(secrets_of(ALPACA, live, "abc123"))
    assert live not in f"{refused.value}{refused.value.hint}"


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/proxy/v1"])
def test_an_address_that_ends_in_the_version_that_every_request_begins_with_is_refused(path):
    with pytest.raises(InputError, match=r"base_url ends in v[12]"):
        AlpacaConfig(base_url=f"https://paper-api.alpaca.markets{path}")
    AlpacaConfig(base_url="https://mirror.example.com/v2x")


@pytest.mark.parametrize("exchange", sorted(DIALECTS))
def test_the_name_at_an_exchange_is_the_same_always_and_differs_from_order_to_order(exchange):
    dialect = DIALECTS[exchange]
    names = [dialect.name_of(f"lg-{number:024x}") for number in range(50)]
    assert len(set(names)) == 50
    assert names == [dialect.name_of(f"lg-{number:024x}") for number in range(50)]
