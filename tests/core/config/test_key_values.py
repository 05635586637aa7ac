from __future__ import annotations

import base64
import random  # noqa: TID251 - Hypothesis drives it
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.context.secret_forms import looks_like_key

LETTERS = string.ascii_letters + string.digits


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "PKA1B2C3D4E5F6G7H8I9",
        "a note with PKA1B2C3D4E5F6G7H8I9 in it",
        "sk-proj-abcdefghijklmnopqrst",
        "ghp_abcdefghijklmnopqrst",
        "-----BEGIN EC PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "0123456789abcdef0123456789abcdef",
        "0x0123456789ABCDEF0123456789ABCDEF",
    ],
)
def test_keys_of_known_forms_are_found(text):
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "runs/live/KILL",
        "/tmp/pytest-of-somebody/pytest-12/test_the_config_is_checked_whole0/workspace/data",
        "/home/Somebody/Projects2024/Bars/VeryLongFolderName12/x",
        "https://api.exchange.example.com/v1/public/TimeSeries5",
        "aVeryLongCamelCaseNameOfThisStrategy2024",
        "AKTIENGESELLSCHAFT",
        "0" * 40,
        "a" * 40,
        "2024-01-01T00:00:00Z",
        "BTC/USDT:USDT-240628",
    ],
)
def test_names_paths_and_numbers_are_no_keys(text):
    assert not looks_like_key(text)


@given(st.integers(0, 2**32))
def test_random_keys_are_found_nearly_always(seed):
    draw = random.Random(seed)
    made = ["".join(draw.choice(LETTERS) for _ in range(64)) for _ in range(5)]
    made += [base64.b64encode(draw.randbytes(64)).decode() for _ in range(5)]

    assert sum(map(looks_like_key, made)) >= 9


def test_a_value_that_looks_like_a_key_is_refused_and_not_repeated(problems_of, text):
    key = "PKA1B2C3D4E5F6G7H8I9"
    problems = problems_of(text.replace("name: rehearsal", f"name: {key}") + f"{key}: 1\n")

    assert set(problems) == {"session.name", ""}
    assert key not in str(problems)
    assert "looks like a key" in problems["session.name"]
