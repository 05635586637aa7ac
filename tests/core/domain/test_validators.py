"""The validators that several distributions share, and what their messages keep to themselves."""

from __future__ import annotations

import attrs
import pytest

from logos.domain.errors import InputError
from logos.domain.validating import encrypted, up_to, variable_name, venue_names, web_address


@attrs.frozen(kw_only=True)
class Keys:
    timeout: str = attrs.field(default="10s", validator=up_to("5m"))
    venue_symbols: dict = attrs.field(factory=dict, validator=venue_names)
    base_url: str = attrs.field(default="", validator=[web_address, encrypted])
    key_env: str = attrs.field(default="", validator=variable_name)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"timeout": "5m"},
        {"venue_symbols": {"BTC-USD": "BTC/USDT", "ES": "BTC/USDT:USDT-240628", "EUR-USD": "EURUSD=X", "SPX": "^GSPC"}},
        {"base_url": "http://127.0.0.1:8000/mirror"},
        {"base_url": "http://127.0.0.2"},
        {"base_url": "http://[::1]:8000"},
        {"base_url": "HTTP://LOCALHOST:8000"},
        {"base_url": "https://mirror.example.com"},
        {"key_env": "VENUE_API_KEY"},
        {"key_env": "K2"},
    ],
)
def test_what_is_in_order_is_taken(keys):
    Keys(**keys)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("timeout", "301s", "at most 5m"),
        ("timeout", "soon", "soon"),
        ("venue_symbols", {"BTC-USD": " "}, "gives BTC-USD no name"),
        *(
            ("venue_symbols", {"AAPL": name}, "gives AAPL a name that no venue has")
            for name in (
                "AAPL/../orders",
                "../AAPL",
                "/AAPL",
                "AAPL/",
                "./AAPL",
                "A//B",
                "A B",
                "A\nB",
                "A?x=1",
                "A%2F",
            )
        ),
        ("base_url", "mirror.example.com", "http://"),
        ("base_url", "https://", "names no host"),
        ("base_url", "http://mirror.example.com", "others can read"),
        ("base_url", "HTTP://10.0.0.1", "others can read"),
        ("base_url", "http://localhost.", "others can read"),
        ("base_url", "https://x?y=1", "holds a query"),
        ("base_url", "https://a b", "blank"),
        ("base_url", "http://[::1", "no address that can be read"),
    ],
)
def test_what_is_not_is_refused_with_what_to_write(key, value, told):
    with pytest.raises(InputError, match=told) as refused:
        Keys(**{key: value})
    assert refused.value.hint or value == "soon"


@pytest.mark.parametrize(
    ("key", "value"),
    [("base_url", "https://me:hidden@x"), ("key_env", "hidden"), ("key_env", "sk-HIDDEN"), ("key_env", "A" * 65)],
)
def test_what_may_be_a_secret_is_not_repeated(key, value):
    with pytest.raises(InputError, match=key) as refused:
        Keys(**{key: value})
    assert value not in f"{refused.value}{refused.value.hint}"
    assert "hidden" not in f"{refused.value}{refused.value.hint}".lower()
