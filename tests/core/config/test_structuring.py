from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.config.reading import parse
from logos.config.structuring import structure
from logos.domain.errors import InputError, PluginError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Number(Enum):
    ONE = 1


def not_negative(_instance, attribute, value):
    if value < 0:
        raise InputError(f"{attribute.name} is {value}, and must not be below 0", hint="Raise it")


def below_high(instance, attribute, value):
    if value >= instance.high:
        raise InputError(f"{attribute.name} is not below high")


def not_blue(_instance, attribute, value):
    if value is Colour.BLUE:
        raise InputError(f"{attribute.name} is blue, which nobody sees")


def fits_count(instance, _attribute, value):
    if instance.count and value is Colour.RED:
        raise InputError("a count has no red")


@attrs.frozen(kw_only=True)
class Painted:
    colour: Colour = attrs.field(default=Colour.RED, validator=not_blue)


@attrs.frozen(kw_only=True)
class PaintedBesides:
    count: int = 0
    colour: Colour = attrs.field(default=Colour.RED, validator=fits_count)


@attrs.frozen(kw_only=True)
class Inner:
    size: int = attrs.field(default=1, validator=not_negative)
    name: str = "x"


@attrs.frozen(kw_only=True)
class Outer:
    flag: bool = False
    count: int = attrs.field(default=0, validator=not_negative)
    share: Decimal = Decimal(0)
    ratio: float = 0.0
    word: str = ""
    colour: Colour = Colour.RED
    number: Number = Number.ONE
    side: Literal["buy", "sell"] = "buy"
    folder: Path = Path()
    maybe: int | None = None
    either: int | str = 0
    inner: Inner = attrs.field(factory=Inner)
    inners: tuple[Inner, ...] = ()
    pair: tuple[int, str] = (0, "")
    words: Sequence[str] = ()
    unordered: frozenset[int] = frozenset()
    sizes: Mapping[str, Decimal] = attrs.field(factory=dict)
    bounded: Annotated[int, "small"] = 0
    anything: Any = None
    _hidden: int = 0


def build(text, cls=Outer):
    return structure(parse(text, "x"), cls, "part")


def problem_of(text, cls=Outer):
    value, problems = build(text, cls)
    assert value is None
    (problem,) = problems
    return problem


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("flag: true", "flag", True),
        ("count: 3", "count", 3),
        ("share: '0.950'", "share", Decimal("0.95")),
        ("share: 5", "share", Decimal(5)),
        ("ratio: 2", "ratio", 2.0),
        ("word: no", "word", "no"),
        ("colour: blue", "colour", Colour.BLUE),
        ("number: 1", "number", Number.ONE),
        ("side: sell", "side", "sell"),
        ("folder: data/cache", "folder", Path("data/cache")),
        ("maybe: null", "maybe", None),
        ("maybe: 4", "maybe", 4),
        ("either: a", "either", "a"),
        ("inner: {size: 2}", "inner", Inner(size=2)),
        ("inner:", "inner", Inner()),
        ("inners: [{size: 2}, {name: y}]", "inners", (Inner(size=2), Inner(name="y"))),
        ("pair: [1, a]", "pair", (1, "a")),
        ("words: [a, b]", "words", ("a", "b")),
        ("unordered: [2, 1]", "unordered", frozenset({1, 2})),
        ("sizes: {b: '2', a: 1}", "sizes", {"a": Decimal(1), "b": Decimal(2)}),
        ("bounded: 4", "bounded", 4),
        ("anything: {a: [1, x]}", "anything", {"a": [1, "x"]}),
        ("hidden: 4", "_hidden", 4),
    ],
)
def test_a_value_of_the_right_type_is_taken(text, name, value):
    built, problems = build(text)

    assert problems == []
    assert getattr(built, name) == value
    assert type(getattr(built, name)) is type(value)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("flag: 'false'", "part.flag", "expected true or false, found the text 'false'"),
        ("flag: 1", "part.flag", "found the number 1"),
        ("count: true", "part.count", "expected a whole number, found true"),
        ("count: '5'", "part.count", "Write it without quotes"),
        ("count: 5.0", "part.count", "found the number 5.0"),
        ("share: 0.95", "part.share", 'Write "0.95", in quotes'),
        ("share: true", "part.share", "expected a decimal, found true"),
        ("share: '1e-3'", "part.share", "expected a decimal, found the text '1e-3'"),
        ("share: 'NaN'", "part.share", "expected a decimal"),
        ("share: 'Infinity'", "part.share", "expected a decimal"),
        ("ratio: .nan", "part.ratio", "expected a number"),
        ("ratio: 1e999", "part.ratio", "expected a number"),
        ("word: 5", "part.word", 'Write "5", in quotes'),
        ("word:", "part.word", "found nothing"),
        ("word: [a]", "part.word", "expected a text, found a list"),
        ("colour: bleu", "part.colour", "Did you mean 'blue'?"),
        ("number: '1'", "part.number", "found the text '1'"),
        ("side: selll", "part.side", "Did you mean 'sell'?"),
        ("folder: ''", "part.folder", "path"),
        ("maybe: x", "part.maybe", "expected a whole number"),
        ("either: true", "part.either", "expected a whole number or a text, found true"),
        ("inner: 5", "part.inner", "expected a section"),
        ("inner: {sise: 2}", "part.inner.sise", "Did you mean 'size'?"),
        ("inner: {size: -2}", "part.inner.size", "size is -2, and must not be below 0. Raise it"),
        ("inners: [{}, {size: x}]", "part.inners[1].size", "expected a whole number"),
        ("inners: {a: 1}", "part.inners", "expected a list"),
        ("pair: [1]", "part.pair", "expected 2 items, found 1"),
        ("sizes: {a: 1.5}", "part.sizes.a", "in quotes"),
        ("wrod: a", "part.wrod", "Did you mean 'word'?"),
    ],
)
def test_a_value_of_another_type_is_refused_with_path_and_remedy(text, path, words):
    problem = problem_of(text)

    assert problem.path == path
    assert words in str(problem)
    assert problem.line == 1


@pytest.mark.parametrize(("cls", "names"), [(Painted, "red"), (PaintedBesides, "blue, red")])
def test_a_hint_names_what_the_fields_own_validator_takes_and_what_hangs_on_other_fields(cls, names):
    assert str(problem_of("colour: purple", cls)).endswith(f"found the text 'purple'. Valid: {names}.")


def test_a_value_that_only_the_validator_refuses_is_refused_in_its_words():
    assert "colour is blue, which nobody sees" in str(problem_of("colour: blue", Painted))


def test_all_problems_of_a_section_are_told_at_once_each_with_its_line():
    _, problems = build("flag: no\ncuont: 1\ncount: -1\ninner:\n  size: -5\n  nmae: x\n")

    assert {(problem.path, problem.line) for problem in problems} == {
        ("part.flag", 1),
        ("part.cuont", 2),
        ("part.count", 3),
        ("part.inner.size", 5),
        ("part.inner.nmae", 6),
    }


@attrs.frozen(kw_only=True)
class Range:
    low: int = attrs.field(validator=below_high)
    high: int = attrs.field(validator=attrs.validators.le(9))

    def __attrs_post_init__(self):
        if self.low == 0:
            raise InputError("low and high do not fit", hint="Exchange them")


def test_a_validator_that_needs_a_faulty_field_waits_until_that_is_mended():
    assert problem_of("{low: 5, high: x}", Range).path == "part.high"
    assert problem_of("{low: 5, high: 5}", Range).message == "low is not below high"


def test_messages_of_attrs_own_validators_are_kept():
    assert "must be <= 9" in problem_of("{low: 5, high: 10}", Range).message


def test_a_refusal_of_the_whole_class_stands_at_its_section():
    problem = problem_of("{low: 0, high: 5}", Range)

    assert (problem.path, problem.message, problem.hint) == ("part", "low and high do not fit", "Exchange them")


def test_a_missing_key_is_named_with_what_it_takes():
    _, problems = build("{}", Range)

    assert [str(problem) for problem in problems] == [
        "part.low (line 1): it is missing. Add 'low:' with a whole number",
        "part.high (line 1): it is missing. Add 'high:' with a whole number",
    ]


@attrs.frozen
class Kinds:
    anything: object
    whatever: Any
    number: Number
    colour: Colour


def test_what_a_missing_key_takes_is_told_in_words():
    _, problems = build("{}", Kinds)

    assert [problem.hint for problem in problems] == [
        "Add 'anything:' with a value",
        "Add 'whatever:' with a value",
        "Add 'number:' with a number",
        "Add 'colour:' with a colour",
    ]


@attrs.frozen
class Impossible:
    when: complex


def test_a_config_class_that_yaml_cannot_fill_is_the_plugins_fault():
    with pytest.raises(PluginError, match="no config value can become"):
        build("when: 1", Impossible)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=8))
def test_a_quoted_decimal_arrives_exactly(value):
    built, problems = build(f'share: "{value:f}"')

    assert problems == []
    assert built is not None
    assert built.share == value
