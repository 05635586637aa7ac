from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.config.reading import Listing, Scalar, Section, parse, plain, read_file
from logos.domain.errors import ConfigError


def problem_of(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "paper.yaml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("0o10", "0o10"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z"),
        ("=", "="),
        ("5m", "5m"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("true", True),
        ("False", False),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("~", None),
        ("", None),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says_and_yaml_1_1_traps_stay_text(written, value):
    node = parse(f"key: {written}\n", "x").get("key")

    assert isinstance(node, Scalar)
    assert node.value == value
    assert type(node.value) is type(value)


def test_every_node_knows_its_line():
    root = parse("a: 1\nb:\n  - x\n  - y: 2\n    z: 3\n", "x")

    listing = root.get("b")
    assert isinstance(listing, Listing)
    section = listing.items[1]
    assert isinstance(section, Section)
    assert [root.lines["b"], listing.items[0].line, section.line, section.lines["z"]] == [2, 3, 4, 5]


def test_keys_are_text_whatever_they_look_like():
    assert plain(parse("005930: {1: a}\nno: b\n", "x")) == {"005930": {"1": "a"}, "no": "b"}


def test_an_anchor_is_repeated_where_its_alias_stands():
    assert plain(parse("a: &x [1, 2]\nb: *x\n", "x")) == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice"),
        ("a: 1\n---\nb: 2\n", 2, "second YAML document"),
        ("a:\n\tb: 1\n", 2, "spaces"),
        ("a: [1, 2\nb: 1\n", 2, "YAML"),
        ("a: b: c\n", 1, "colon"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: &x [*x]\n", 1, "inside its own anchor"),
        ("a: 1\nb: *x\n", 2, "no anchor"),
        ("<<: {a: 1}\n", 1, "merge keys"),
        ("[a]: 1\n", 1, "key"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", 1, "levels deep"),
        (f"a: {'9' * 5000}\n", 1, "5000 characters"),
        ('a: "\\ud800"\n', 1, "surrogate"),
        ('a: "\\UFFFFFFFF"\n', 1, "not YAML"),
        ("- a\n- b\n", 1, "expected sections"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_with_its_line(text, line, words):
    problem = problem_of(text)

    assert problem.line == line
    assert words in str(problem)


@pytest.mark.parametrize("text", ["", "\n# only a comment\n", "---\n", "---\n...\n"])
def test_an_empty_config_is_refused(text):
    assert "empty" in problem_of(text).message


def test_anchors_that_multiply_are_refused_before_they_fill_the_memory():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    assert "values" in problem_of("\n".join(lines)).message


@pytest.mark.parametrize(
    "text",
    [
        "api_key: *hunter2x\n",
        "api_key: !hunter2x y\n",
        "api_key: !hunter2x!y z\n",
        "api_key:hunter2x\n",
        "a: %hunter2x\n",
    ],
)
def test_a_syntax_error_does_not_repeat_what_may_be_a_secret(text):
    assert "hunter2x" not in str(problem_of(text))


def test_a_file_that_cannot_be_read_is_refused_with_its_reason(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("name: café\n".encode("latin-1"))
    (tmp_path / "large.yaml").write_bytes(b"a" * 1_000_001)

    for name, words in (
        ("missing.yaml", "does not exist"),
        (".", "folder"),
        ("latin.yaml", "UTF-8"),
        ("large.yaml", "larger"),
    ):
        with pytest.raises(ConfigError, match=words):
            read_file(tmp_path / name)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path):
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: a\n")

    assert plain(parse(read_file(path), "x")) == {"name": "a"}


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.sampled_from("ab:-[]{}&*!|>'\"%@`#,?\n\t 01.\\"), st.characters()), max_size=40))
def test_any_text_is_read_or_refused_as_a_config(text):
    try:
        root = parse(text, "x")
    except ConfigError as error:
        problems = error.problems
    else:
        assert isinstance(root, Section)
        return
    assert len(problems) == 1
