"""Remarks of many rebalances: what counts as the same, and what is told of it."""

import json

import attrs
import pytest

from logos.artifacts.remarks import Remarks
from logos.domain.times import SECONDS_A_DAY, parse_time

FIRST = parse_time("2024-03-07T21:00:00Z")


def told(*texts, most=None):
    remarks = Remarks(most)
    for day, text in enumerate(texts):
        remarks.add(text, FIRST + day * SECONDS_A_DAY)
    return [(one.often, one.text) for one in remarks]


def test_remarks_that_differ_in_a_number_count_as_one_with_its_range():
    assert told("The least is 0.1536 of 2.", "Another.", "The least is 0.1504 of 2.", "The least is 0.1512 of 2.") == [
        ("3 times, first on 2024-03-07", "The least is 0.1504 to 0.1536 of 2."),
        ("once, on 2024-03-08", "Another."),
    ]


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        ("moved by -0.5", "moved by 0.25", "moved by -0.5 to 0.25"),
        ("1,200 bars", "980 bars", "980 to 1,200 bars"),
        ("to 1e-10", "to 2e-08", "to 1e-10 to 2e-08"),
        ("max_weight 0.3.", "max_weight 0.4.", "max_weight 0.3 to 0.4."),
    ],
)
def test_a_number_may_have_a_sign_a_point_an_exponent_and_separators(one, two, both):
    assert [text for _, text in told(one, two)] == [both]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("S1 (none since 2016-05-19)", "S1 (none since 2016-05-20)"),
        ("by clarabel 0.11.1", "by clarabel 0.11.2"),
        ("S1 is held", "S2 is held"),
        ("BTC-1 is held", "BTC-2 is held"),
    ],
)
def test_dates_versions_and_names_are_no_numbers(one, two):
    assert [text for _, text in told(one, two)] == [one, two]


def test_only_so_many_kinds_are_kept():
    assert [often for often, _ in told("one", "two 1", "three", "two 2", most=2)] == [
        "once, on 2024-03-07",
        "2 times, first on 2024-03-08",
    ]


def test_they_go_on_where_a_snapshot_left_them():
    remarks = Remarks(5)
    remarks.add("a 1", FIRST)
    restored = Remarks.restored(json.loads(json.dumps(attrs.asdict(remarks))))
    for each in (remarks, restored):
        each.add("a 3", FIRST + 1)
    assert restored == remarks
    assert [one.text for one in restored] == ["a 1 to 3"]
