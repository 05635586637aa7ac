"""Parameters: bounds that refuse, and that a program can read."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from logos.domain.errors import InputError
from logos.strategies import buy_and_hold, channel_breakout, mean_reversion, momentum, sma_cross
from logos.strategies.base import describe, parameter, parse_parameters

BUILT_IN = (buy_and_hold, channel_breakout, mean_reversion, momentum, sma_cross)


@attrs.frozen(kw_only=True)
class Params:
    """Some parameters.

    Attributes
    ----------
    count, label:
        How many, and
        what to call them.
    plain:
        Anything.
    """

    count: int = parameter(5, low=1, high=9)
    width: Decimal = parameter(Decimal("1.5"), low=Decimal(0), doc="how wide")  # noqa: RUF009 - an attrs field
    label: str = parameter("a")
    loud: bool = parameter(False, doc="whether to shout")
    plain: int


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"count": 0}, "count is 0, and must be from 1 to 9"),
        ({"count": 10}, "count is 10, and must be from 1 to 9"),
        ({"count": 2.0}, "count is 2.0, and must be a whole number"),
        ({"count": True}, "count is True, and must be a whole number"),
        ({"width": Decimal("-0.1")}, "width is -0.1, and must be 0 or more"),
        ({"width": Decimal("NaN")}, "must be a decimal number"),
        ({"width": 1.5}, "must be a decimal number"),
        ({"loud": 1}, "loud is 1, and must be true or false"),
    ],
)
def test_a_value_of_the_wrong_type_or_out_of_bounds_is_refused_with_the_bounds(keys, text) -> None:
    with pytest.raises(InputError, match=text):
        Params(plain=1, **keys)


def test_both_bounds_are_allowed() -> None:
    assert [Params(plain=1, count=count).count for count in (1, 9)] == [1, 9]


def test_describe_gives_name_type_default_bounds_and_text() -> None:
    count, width, label, loud, plain = describe(Params)
    assert (count.name, count.type, count.default, count.low, count.high) == ("count", "int", 5, 1, 9)
    assert (width.type, width.default, width.low, width.high) == ("decimal", Decimal("1.5"), Decimal(0), None)
    assert (loud.type, loud.default, loud.low) == ("bool", False, None)
    assert (plain.required, plain.default) == (True, None)
    assert count.doc == label.doc == "How many, and what to call them."
    assert (width.doc, loud.doc, plain.doc) == ("how wide", "whether to shout", "Anything.")


def test_parameters_are_read_from_texts_and_the_rest_keeps_its_default() -> None:
    read = parse_parameters(Params, {"count": "7", "width": "0.10", "loud": "true", "plain": "-3", "label": "7"})
    assert read == Params(count=7, width=Decimal("0.10"), loud=True, plain=-3, label="7")


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        ({"cuont": "7", "plain": "1"}, "'cuont' is not a parameter. Did you mean count?"),
        ({"zzz": "7", "plain": "1"}, "Known are: count, width, label, loud, plain"),
        ({}, "the parameter plain has no default"),
        ({"plain": "1.0"}, "plain is '1.0', and must be a whole number"),
        ({"plain": "1", "width": "wide"}, "width is 'wide', and must be a decimal number"),
        ({"plain": "1", "loud": "yes"}, "loud is 'yes', and must be true or false"),
        ({"plain": "1", "count": "10"}, "count is 10, and must be from 1 to 9"),
    ],
)
def test_a_text_that_is_no_parameter_is_refused_with_what_to_do(texts, text) -> None:
    with pytest.raises(InputError) as caught:
        parse_parameters(Params, texts)
    assert text in str(caught.value)


@pytest.mark.parametrize("module", BUILT_IN, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_built_in_parameter_has_a_text_and_every_number_two_bounds_around_its_default(module) -> None:
    for info in describe(module.Params):
        assert info.doc
        assert info.type == "bool" or info.low <= info.default <= info.high
        assert not info.required


@pytest.mark.parametrize(
    ("params", "keys", "text"),
    [
        (sma_cross.Params, {"fast": 50, "slow": 50}, "fast is 50 and slow is 50"),
        (mean_reversion.Params, {"entry": Decimal(1), "exit": Decimal(1)}, "exit is 1 and entry is 1"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(params, keys, text) -> None:
    with pytest.raises(InputError, match=text):
        params(**keys)
