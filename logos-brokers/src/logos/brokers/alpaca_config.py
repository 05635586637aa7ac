"""The keys of the broker ``alpaca``: where it is, its credentials by name, and how the paper broker fills beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from logos.brokers.paper_config import PaperConfig
from logos.domain.errors import InputError
from logos.domain.validating import up_to, variable_name, venue_names, web_address

PAPER_ADDRESS = "https://paper-api.alpaca.markets"
"""Alpaca's address for paper accounts."""

_DOMAIN = "alpaca.markets"
_KEY = re.compile(r"[A-Z]{2}[A-Z0-9]{16,24}")
"""What Alpaca's keys look like: capital letters and digits, as variables do that have no underscore."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _paper_alone(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    parts = urlsplit(value)
    host = (parts.hostname or "").rstrip(".")
    if host != urlsplit(PAPER_ADDRESS).hostname and (host == _DOMAIN or host.endswith(f".{_DOMAIN}")):
        raise InputError(
            f"{attribute.name} is {host}, and this release asks no account of Alpaca's but a paper account",
            hint=f"Leave {attribute.name} out: Logos then asks {PAPER_ADDRESS}",
        )
    if value and parts.scheme != "https" and host not in _LOOPBACK:
        raise InputError(
            f"{attribute.name} begins with {parts.scheme}://, and the key would be sent in the clear",
            hint="Write an address that begins with https://",
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
    base_url: str = attrs.field(default="", validator=[web_address, _paper_alone])
    timeout: str = attrs.field(default="10s", validator=up_to("5m"))
    key_env: str = attrs.field(default="APCA_API_KEY_ID", validator=[variable_name, _no_key])
    secret_env: str = attrs.field(default="APCA_API_SECRET_KEY", validator=[variable_name, _no_key])

    @property
    def credentials(self) -> tuple[str, ...]:
        """The variables that hold the key and its secret."""
        return (self.key_env or "APCA_API_KEY_ID", self.secret_env or "APCA_API_SECRET_KEY")

    @property
    def address(self) -> str:
        """Where Alpaca is asked."""
        return (self.base_url or PAPER_ADDRESS).rstrip("/")
