from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.context.secrets import MASK, Secret, is_sensitive, redact, redact_text


def test_a_secret_prints_masked_everywhere_and_reveals_itself_on_request():
    secret = Secret("hunter2x")

    assert "hunter2x" not in f"{secret} {secret!r} {[secret]} {secret:>5}".replace(MASK, "")
    assert secret.reveal() == "hunter2x"
    assert secret == Secret("hunter2x")
    assert secret != Secret("other")
    assert len({secret, Secret("hunter2x")}) == 1


def test_a_secret_cannot_be_pickled_into_a_file():
    with pytest.raises(TypeError, match="Secret"):
        pickle.dumps(Secret("hunter2x"))


@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "SECRET", "access_token", "db_password", "credentials", "passphrase"]
)
def test_a_name_that_looks_secret_is_recognised(name):
    assert is_sensitive(name)
    assert redact({name: "hunter2x"}) == {name: MASK}


def test_harmless_values_stay_as_they_are():
    values = {"symbol": "BTC-USD", "quantity": 5, "share": 0.5, "on": True, "none": None, "list": [1, "a"]}

    assert redact(values) == values


@pytest.mark.parametrize(
    "text",
    [
        "api_key=hunter2x",
        "?apiKey=hunter2x&symbol=A",
        "{'secret': 'hunter2x'}",
        '{"password": "hunter2x"}',
        "Authorization: Bearer hunter2x.abc",
        "https://me:hunter2x@venue.example/path",
        "token: hunter2x, and more",
    ],
)
def test_a_secret_inside_a_text_is_masked(text):
    assert "hunter2x" not in redact_text(text)


@given(st.text(min_size=4).filter(lambda text: text not in MASK), st.text(), st.text())
def test_a_known_value_never_survives(secret, before, after):
    text = redact_text(before + secret + after, [secret])

    assert secret not in text or secret in before + MASK + after


def test_nested_values_and_objects_are_masked():
    class Leaky:
        def __str__(self):
            return "Leaky(hunter2x)"

    masked = redact({"a": [{"b": ("hunter2x", Leaky())}], "c": {"api_key": {"x": "y"}}}, ["hunter2x"])

    assert masked == {"a": [{"b": [MASK, f"Leaky({MASK})"]}], "c": {"api_key": MASK}}
