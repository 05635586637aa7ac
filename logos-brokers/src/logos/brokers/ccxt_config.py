"""The keys of the broker ``ccxt``: the exchange, the names of its credentials, and how the paper broker fills."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import attrs

from logos.brokers.ccxt_reads import READS
from logos.brokers.credentials import credentials_of, refuse_one_variable
from logos.brokers.paper_config import PaperConfig
from logos.context.secrets import Secrets
from logos.domain.errors import InputError
from logos.domain.validating import encrypted, up_to, variable_name, venue_names, web_address


def _supported(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if value not in READS:
        near = difflib.get_close_matches(value.lower(), READS, n=1)
        raise InputError(
            f"{attribute.name} is {value!r}, and must be one of {', '.join(sorted(READS))}: for these it is known "
            "which requests only read",
            hint=f"Did you mean {near[0]!r}?" if near else "At any other exchange, trade with the paper broker",
        )


@attrs.frozen(kw_only=True)
class CcxtConfig(PaperConfig):
    """A dry-run at an exchange; the other keys are the paper broker's, which fills the orders.

    Attributes
    ----------
    exchange:
        The exchange's id in CCXT.
    venue_symbols:
        The exchange's own name of a symbol, where it is not the one that Logos would guess: ``{BTC-USD: BTC/USDT}``.
    base_url:
        Where the exchange is asked instead of its own address: a test network, a mirror or a proxy. Empty for its own.
    timeout:
        When a request that has not been answered is cut off.
    key_env, secret_env:
        The environment variables that hold the key and its secret; empty for ``<EXCHANGE>_API_KEY`` and
        ``<EXCHANGE>_API_SECRET``.
    """

    exchange: str = attrs.field(validator=_supported)
    venue_symbols: Mapping[str, str] = attrs.field(factory=dict, validator=venue_names)
    base_url: str = attrs.field(default="", validator=[web_address, encrypted])
    timeout: str = attrs.field(default="10s", validator=up_to("5m"))
    key_env: str = attrs.field(default="", validator=variable_name)
    secret_env: str = attrs.field(default="", validator=variable_name)

    def __attrs_post_init__(self) -> None:
        refuse_one_variable(self.credentials)

    @property
    def credentials(self) -> tuple[str, str]:
        """The variables that hold the key and its secret."""
        prefix = self.exchange.upper()
        return self.key_env or f"{prefix}_API_KEY", self.secret_env or f"{prefix}_API_SECRET"

    @property
    def venue(self) -> str:
        """What messages call the exchange: ``ccxt:`` and its id."""
        return f"ccxt:{self.exchange}"

    def reveal_credentials(self, secrets: Secrets) -> tuple[str, str]:
        """Return the key and the secret, which may be a private key of several lines.

        Raises
        ------
        CredentialsError
            Where they are not set, or cannot be meant.
        """
        return credentials_of(self.venue, secrets, self.credentials, private_keys=True)
