"""What is masked, what is left alone, and that no text breaks the masking."""

from __future__ import annotations

import base64
import json
import random  # noqa: TID251 - seeded
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.config.sensitive import looks_secret
from logos.context.known_secrets import MASK, KnownSecrets
from logos.context.redaction import holds_known_secret, is_sensitive, redact, redact_text, remember
from logos.context.secret_forms import looks_like_key
from logos.context.secret_names import SECRET_WORDS, may_name_a_secret

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
    *("authorization", "cookie", "accesskey", "authToken"),
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
        f"login failed: passwd {TOKEN}",
        f"--password {TOKEN} --user me",
        f"https://hooks.slack.com/services/T0001/B0002/{TOKEN}",
        f"https://api.telegram.org/bot123456789:AAE{TOKEN * 2}/sendMessage",
        f"chat 1234567890:AA_{TOKEN * 2}",
    ],
)
def test_what_has_the_form_of_a_secret_is_masked(text):
    assert TOKEN not in redact_text(text)
    assert "me:" not in redact_text(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("plain text token=hunter2", "plain text token=***"),
        ("TOKEN=swordfish", "TOKEN=***"),
        ("it said token='open sesame' twice", "it said token='***' twice"),
    ],
)
def test_a_token_that_is_set_is_masked_whatever_it_looks_like(text, masked):
    assert redact_text(text) == masked


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
        "token=2024-03-04T14:30:00Z, token=12.50, token_count=12",
        "StockError: SPX at OK",
        "AKAM1240621C00100000 and AAPL240621C00190000, ordered as OQCLML-BW3P3-BUCMWZ",
        "order 6f1c2b34-5d6e-4f70-8a9b-0c1d2e3f4a5b of 61e69015-8549-4bfd-b9c3-01e75843f47d",
        "runs/live/sessions/20240304-143000-AVeryLongSessionNameOf2024/orders.csv",
        "TASKMASTER at RISK-USD, AKTIENGESELLSCHAFT",
        "the password is missing; the passphrase was rejected 3 times, password sha256 digest expected",
        "password BROKER_2_PASSWORD is not set, passwd 2fa needed",
        "https://hooks.slack.com/services, https://slack.com/services/T0001",
        "1700000000:12 and 1700000000: 5, 12345678:0123456789abcdef0123456789abcdef012",
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


def private_key(seed: int) -> str:
    """Return a private key of its own, as openssl writes it."""
    body = base64.b64encode(random.Random(seed).randbytes(118)).decode()
    lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
    return f"-----BEGIN EC PRIVATE KEY-----\n{lines}\n-----END EC PRIVATE KEY-----\n"


PRINTED = {
    "as it is": str,
    "in a line": lambda key: key.replace("\n", "\\n"),
    "in JSON": lambda key: json.dumps({"note": key}),
    "in JSON in JSON": lambda key: json.dumps(json.dumps([key])),
    "in a traceback": repr,
    "in an address": quote,
    "as a form": quote_plus,
}


@pytest.mark.parametrize("known_as", ["as it is", "in a line"])
@pytest.mark.parametrize("how", PRINTED)
def test_a_known_private_key_does_not_hide_the_frame_of_another(how, known_as):
    remember(PRINTED[known_as](private_key(1)))
    for seed in (1, 2):
        masked = redact_text(f"sent {PRINTED[how](private_key(seed))} to it")

        assert not [line for line in private_key(seed).split()[4:-4] if line[:12] in masked or line[-12:] in masked]
        assert redact_text(masked) == masked


def test_a_known_value_that_is_the_frame_alone_does_not_hide_it():
    remember("-----BEGIN EC PRIVATE KEY-----")  # of a variable in .env that was written over many lines

    assert redact_text(private_key(1)) == f"{MASK}\n"


@pytest.mark.parametrize("known_as", ["as it is", "in a line"])
def test_each_line_of_a_known_private_key_is_masked_alone(known_as):
    remember(PRINTED[known_as](private_key(1)))
    body = private_key(1).splitlines()[1:-1]

    assert [line for line in body if len(line) > 8 and redact_text(f"│ {line} │") != "│ *** │"] == []
    assert redact_text("-----BEGIN EC PRIVATE KEY and its END") == "-----BEGIN EC PRIVATE KEY and its END"


@pytest.mark.parametrize("time", ["first", "second"])
def test_no_test_knows_what_another_has_made_known(time):
    assert not holds_known_secret("told-in-a-test")
    remember("told-in-a-test")
    assert holds_known_secret("told-in-a-test")


CAPITALS = string.ascii_uppercase + string.digits
ISSUED = {
    **dict.fromkeys(["AKIA", "ASIA"], (CAPITALS, 16, 16)),
    **dict.fromkeys(["PK1", "AK2", "CK3"], (CAPITALS, 17, 17)),
    **dict.fromkeys(["PK4", "AK5", "CK6"], (CAPITALS, 23, 23)),
    **dict.fromkeys(["sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"], (LETTERS, 20, 50)),
    **dict.fromkeys(["glpat-", "sk_live_", "pk_test_", "rk-proj-", "sk-ant-"], (f"{LETTERS}_-", 16, 50)),
    **dict.fromkeys([f"xox{kind}-" for kind in "abprs"], (f"{LETTERS}-", 10, 50)),
    **dict.fromkeys(["AIza"], (f"{LETTERS}_-", 30, 40)),
}


@st.composite
def issued_keys(draw):
    """Draw a key as some issuer makes it."""
    prefix, (letters, least, most) = draw(st.sampled_from(sorted(ISSUED.items())))
    return prefix + draw(st.text(letters, min_size=least, max_size=most))


@settings(max_examples=150)
@given(
    issued_keys(), st.sampled_from(["", " ", "note: ", '{"a": "', "x_", "Über/"]), st.sampled_from(["", " ", '"', "."])
)
def test_an_issued_key_is_refused_in_a_config_and_masked_in_a_text(key, before, after):
    assert looks_like_key(f"{before}{key}{after}")
    assert redact_text(f"{before}{key}{after}") == f"{before}{MASK}{after}"


LONG = st.one_of(
    issued_keys(),
    st.text(f"{LETTERS}+/", min_size=20, max_size=90),
    st.sampled_from(
        ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "eyJhbGciOi.eyJzdWIiOi.x", "key=", "://", "@"]
    ),
)


@settings(max_examples=200)
@given(st.lists(st.one_of(LONG, st.sampled_from([" ", "-", "/", "=", ", ", "%3D"])), max_size=8).map("".join))
def test_what_a_config_refuses_is_masked_and_once_is_enough(text):
    masked = redact_text(text)

    assert not looks_like_key(masked)
    assert redact_text(masked) == masked


@settings(max_examples=100)
@given(st.sampled_from(["", "api_", "X-MBX-", "my", "binance"]), st.sampled_from(sorted(SECRET_WORDS)), st.booleans())
def test_a_name_that_is_masked_is_refused_in_a_config_and_not_shown_of_a_request(prefix, word, capital):
    name = f"{prefix}{word.capitalize() if capital else word}"

    assert is_sensitive(name) <= looks_secret(name) <= may_name_a_secret(name)
    assert not looks_secret(name) or redact({name: TOKEN}) == {name: MASK}
    assert not looks_secret(name) or redact_text(f"{name}={TOKEN}") == f"{name}={MASK}"
    assert not looks_secret(name) or TOKEN not in redact_text(json.dumps({name: TOKEN}))


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
