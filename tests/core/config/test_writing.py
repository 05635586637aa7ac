from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.config.reading import parse, plain
from logos.config.writing import canonical_json, yaml_text

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["no", "1e3", "0.95", "010", "null", "- a", "a: b", "", " x", "#", "2026-01-01", "é", "\U0001f600"]
    ),
)
_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda key: key != "<<")
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_back_as_it_was(values):
    text = yaml_text(values)

    assert canonical_json(plain(parse(text, "x"))) == canonical_json(values)
    assert text.isascii()


def test_texts_that_look_like_numbers_are_quoted_for_every_reader():
    text = yaml_text({"a": "0.95", "b": "no", "c": "1:30", "d": ["010", {"e": "1e3"}], "f": {}, "g": []})

    assert yaml.safe_load(text) == {"a": "0.95", "b": "no", "c": "1:30", "d": ["010", {"e": "1e3"}], "f": {}, "g": []}
