"""What is masked, what is left alone, and that no text breaks the masking."""

from __future__ import annotations

import base64
import json
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.context.known_secrets import MASK, KnownSecrets
from logos.context.redaction import is_sensitive, redact, redact_text

LETTERS = string.ascii_letters + string.digits
TOKEN = "a1B2c3D4e5F6g7H8"
WRITTEN = {
    "as it is": lambda value: value,
    "in an address": lambda value: f"https://v.example/x?a={quote(value, safe='')}&b=1",
    "as a form": lambda value: quote_plus(value).lower() if value.isascii() and value.isalnum() else quote_plus(value),
    "in JSON": lambda value: json.dumps({"x": [value]}),
    "in JSON in JSON": lambda value: json.dumps(json.dumps([value])),
    "in a traceback": lambda value: f"ValueError({value!r}, {value.encode()!r})",
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "as half of a login": lambda value: "Basic " + base64.b64encode(f"me:{value}".encode()).decode(),
    "as hex": lambda value: value.encode().hex(),
}


@settings(max_examples=60)
@given(
    st.text(st.characters(exclude_characters="*", exclude_categories=["Cs", "Cc", "Z"]), min_size=12, max_size=48),
    st.sampled_from(sorted(WRITTEN)),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_a_known_secret_survives_in_no_form(secret, how, before, after):
    known = KnownSecrets([secret])
    written = WRITTEN[how](secret)
    masked = known.mask(f"{before} {written} {after}")

    assert MASK in masked
    for form in WRITTEN.values():
        assert form(secret)[8:-8] not in masked or len(form(secret)) < 24


@given(st.text(LETTERS, min_size=16, max_size=40), st.integers(8, 39))
def test_a_secret_that_was_cut_is_masked_as_far_as_it_goes(secret, length):
    cut = secret[: min(length, len(secret))]

    assert cut not in KnownSecrets([secret]).mask(f"the answer was {cut}… and so on")
    assert secret[-8:] not in KnownSecrets([secret]).mask(f"{secret[:-8]}\n│ {secret[-8:]}")


@pytest.mark.parametrize("value", ["", "ab", "abc", "*", "***", "******"])
def test_what_is_too_short_to_be_a_secret_masks_nothing(value):
    text = "a cab, a crab and ***"

    assert KnownSecrets([value]).mask(text) == text


NAMES = [
    *("api_key", "apiKey", "APIKEY", "X-MBX-APIKEY", "APCA-API-SECRET-KEY", "APCA-API-KEY-ID", "API-Key", "API-Sign"),
    *("secret", "client_secret", "password", "passwd", "passphrase", "access_token", "privateKey", "signature"),
]


@given(st.sampled_from(NAMES), st.text(LETTERS, min_size=1, max_size=60), st.text(LETTERS + " .,:;-/\n", max_size=40))
def test_what_is_named_like_a_secret_survives_nowhere(name, value, around):
    planted = f"Q{value}q"
    texts = [
        f"{name}={planted}",
        f"{name}: {planted}, and more",
        json.dumps({"a": {name: planted}}),
        json.dumps(json.dumps({name: planted})),
        repr({name: planted}),
        repr([(name.encode(), planted.encode())]),
        f"https://v.example/p?a=1&{name}={planted}&b=2",
        f"body='a%3D1%26{name}%3D{planted}'",
    ]
    for text in texts:
        masked = redact_text(f"{around} {text} {around}")
        assert planted not in masked or planted in around, text


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"sent Bearer {TOKEN} to it",
        "Authorization: Basic " + base64.b64encode(b"me:a1B2c3D4e5F6g7H8").decode(),
        f"https://me:{TOKEN}@v.example/p",
        f"https://me:{TOKEN}/x@y@v.example/p".replace("/x", "x"),
        f"https://{TOKEN}@v.example/p",
        f"?key={TOKEN}&symbol=A",
        f"?token={TOKEN}",
        f"key={TOKEN}",
        f"token: {TOKEN}, and more",
        f"Set-Cookie: session={TOKEN}; Path=/",
        f"eyJhbGciOiJIUzI1.eyJzdWIiOiIx{TOKEN}.{TOKEN}",
        f"-----BEGIN EC PRIVATE KEY-----\n{TOKEN}\n-----END EC PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\\n{TOKEN} is cut",
        f"passphrase: 'open {TOKEN} sesame'",
    ],
)
def test_what_has_the_form_of_a_secret_is_masked(text):
    assert TOKEN not in redact_text(text)
    assert "me:" not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "KEY: no bar for 12m, and its market is open",
        "KEY: 2024-03-04T14:30:00Z is older than 5m",
        "position of TOKEN-USD: 0.50 lots; KEY=12.50",
        "TOKEN: would accept",
        "key_env: BINANCE_API_KEY",
        "set the environment variable BINANCE_API_SECRET, or write it into .env",
        "missing secret: BINANCE_API_SECRET",
        "credentials: [APCA_API_KEY_ID, APCA_API_SECRET_KEY]",
        "KeyError: 'BTC-USD'",
        "unknown key: fee; did you mean fees?",
        "sorted(rows, key=len)",
        "api_key=None, secret=null, token: true",
        f"sha256: {'0123456789abcdef' * 4}",
        f'{{"seq": 4, "prev": "{"ab12" * 16}", "hash": "{"cd34" * 16}"}}',
        "client_order_id: lg-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "session 20240304-143000-demo, order 17",
        "Basic Materials and Bearer instruments, tokens=500, max_tokens: 500",
        "https://docs.example.com/a/b?symbol=BTC-USD#token",
        "a monkey: 12ab34cd56ef",
        "StockError: SPX at OK",
    ],
)
def test_ordinary_texts_stay_as_they_are(text):
    assert redact_text(text) == text


def test_ordinary_values_stay_as_they_are():
    values = {
        "key": "feed.symbols",
        "KEY": "12.5",
        "token": 5,
        "TOKEN-USD": {"quantity": "1"},
        "max_tokens": 500,
        "credentials": ["ACME_API_KEY"],
        "key_env": "ACME_API_KEY",
        "sha256": "ab12" * 16,
        "keys": ["a", "b"],
        "secret": None,
        "password": "",
        "api_key": False,
        "token_count": 12,
    }

    assert redact(values) == values


SIGNS = ["=", ": ", '"', "'", '\\"', "\\", "://", "@", "?", "&", "[", "]", "\n", ",", "%3D", MASK]
WORDS = [
    "key",
    "token",
    "Bearer ",
    "Basic ",
    "eyJ",
    "-----BEGIN PRIVATE KEY-----",
    "cookie: a=",
    "None",
    "ACME_API_KEY",
]
PIECES = st.sampled_from([*NAMES, *SIGNS, *WORDS, TOKEN, "12.5"])


@settings(max_examples=300)
@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14).map("".join))
def test_masking_never_fails_and_ends_with_the_first_time(text):
    masked = redact_text(text)

    assert redact_text(masked) == masked
    assert len(masked) <= len(MASK) * (len(text) + 1)


@settings(max_examples=50)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.just(object())),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.just({1, "a"}),
        max_leaves=12,
    )
)
def test_any_value_can_be_masked_and_printed_as_json(value):
    json.dumps(redact(value))


def test_values_that_hold_themselves_or_cannot_be_printed_are_masked_too():
    class Broken:
        def __str__(self):
            raise RuntimeError("no text")

    inner: list[object] = ["hunter2x"]
    inner.append(inner)

    assert "hunter2x" not in json.dumps(redact({"a": inner}, ["hunter2x"]))
    assert redact([Broken()]) == ["<Broken whose text raised RuntimeError>"]


def test_a_text_of_a_million_signs_is_masked_in_one_go():
    for piece in ("key", "a.b-", "token=", "://", "-----BEGIN PRIVATE KEY", "\\", '"', "eyJa.", "passw", "Bearer "):
        redact_text(piece * (200_000 // len(piece)))


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets_are_known_however_they_are_written(name):
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["key_env", "token_count", "TOKEN-USD", "monkey", "sha256", "config_digest", "symbol"])
def test_names_that_merely_hold_such_a_word_are_not(name):
    assert not is_sensitive(name)
