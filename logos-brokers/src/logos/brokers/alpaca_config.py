"""The keys of the broker ``alpaca``: where it is, its credentials by name, and how the paper broker fills beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from logos.brokers.credentials import credentials_of, refuse_one_variable
from logos.brokers.errors import CredentialsError
from logos.brokers.paper_config import PaperConfig
from logos.context.secrets import Secrets
from logos.domain.errors import InputError
from logos.domain.validating import encrypted, up_to, variable_name, venue_names, web_address

NAME = "alpaca:paper"

PAPER_ADDRESS = "https://paper-api.alpaca.markets"
"""Alpaca's address for paper accounts."""

LIVE_KEY = "AK"
"""How keys of live accounts begin; those of paper accounts begin with PK."""

_DOMAIN = "alpaca.markets"
_KEY = re.compile(r"[A-Z]{2}[A-Z0-9]{16,24}")
"""What Alpaca's keys look like: capital letters and digits, as variables do that have no underscore."""

_VERSION = re.compile(r"/v[0-9]+$")

_KEY_ENV = "APCA_API_KEY_ID"
_SECRET_ENV = "APCA_API_SECRET_KEY"  # noqa: S105 - the name of a variable


def _paper_alone(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    host = (urlsplit(value).hostname or "").rstrip(".")
    if host != urlsplit(PAPER_ADDRESS).hostname and (host == _DOMAIN or host.endswith(f".{_DOMAIN}")):
        raise InputError(
            f"{attribute.name} is {host}, and this release asks no account of Alpaca's but a paper account",
            hint=f"Leave {attribute.name} out: Logos then asks {PAPER_ADDRESS}",
        )


def _without_version(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    path = urlsplit(value).path.rstrip("/")
    if _VERSION.search(path):
        raise InputError(
            f"{attribute.name} ends in {path.rpartition('/')[2]}, which every request of Alpaca's begins with anyway",
            hint=f"Write {attribute.name} without it, such as {PAPER_ADDRESS}",
        )


def _no_key(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if _KEY.fullmatch(value):
        raise InputError(
            f"{attribute.name} looks like a key of Alpaca's, and is to name the environment variable that holds it",
            hint=f"Write {attribute.name}: {attribute.default}, and the key into .env; and make a new key",
        )


@attrs.frozen(kw_only=True)
class AlpacaConfig(PaperConfig):
    """A dry-run at Alpaca; the other keys are the paper broker's, which fills the orders.

    Attributes
    ----------
    venue_symbols:
        Alpaca's own name of a symbol, where it is not the one that Logos would guess: ``{BTC-USD: BTC/USDT}``.
    base_url:
        Where Alpaca is asked instead of its address for paper accounts: a proxy. Empty for that address.
    timeout:
        When a request that has not been answered is cut off.
    key_env, secret_env:
        The environment variables that hold the key and its secret.
    """

    venue_symbols: Mapping[str, str] = attrs.field(factory=dict, validator=venue_names)
    base_url: str = attrs.field(default="", validator=[web_address, _paper_alone, encrypted, _without_version])
    timeout: str = attrs.field(default="10s", validator=up_to("5m"))
    key_env: str = attrs.field(default=_KEY_ENV, validator=[variable_name, _no_key])
    secret_env: str = attrs.field(default=_SECRET_ENV, validator=[variable_name, _no_key])

    def __attrs_post_init__(self) -> None:
        refuse_one_variable(self.credentials)

    @property
    def credentials(self) -> tuple[str, str]:
        """The variables that hold the key and its secret."""
        return self.key_env or _KEY_ENV, self.secret_env or _SECRET_ENV

    def reveal_credentials(self, secrets: Secrets) -> tuple[str, str]:
        """Return the key and its secret.

        Raises
        ------
        CredentialsError
            Where they are not set, cannot be meant, or are those of a live account.
        """
        key, secret = credentials_of(NAME, secrets, self.credentials)
        if key.startswith(LIVE_KEY):
            raise CredentialsError(
                NAME,
                f"{self.credentials[0]} is a key of a live account, as its {LIVE_KEY} at the beginning says",
                hint="Nothing was asked with it. Make a key for the paper account in Alpaca's dashboard: it begins "
                "with PK",
            )
        return key, secret

    @property
    def address(self) -> str:
        """Where Alpaca is asked."""
        return (self.base_url or PAPER_ADDRESS).rstrip("/")
