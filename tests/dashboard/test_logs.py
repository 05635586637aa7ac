"""The end of a log: whole lines alone, masked, and searched by patterns that cannot hang."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from logos.context.redaction import remember
from logos.ui.streamlit.data.logs import MOST_LINES, LogLine, matching, tail_of


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def texts(path: Path) -> list[str]:
    return [line.text for line in tail_of(path).value or ()]


def test_the_last_lines_come_oldest_first(log: Path):
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))

    assert texts(log) == [f"line {number}" for number in range(100_000 - MOST_LINES, 100_000)]


def test_a_huge_log_is_read_from_its_end_alone(log: Path):
    with log.open("wb") as file:
        file.truncate(3 << 30)  # a hole of three gigabytes
        file.seek(0, 2)
        file.write(b"\n" + b"the end\n" * 400)

    assert texts(log) == ["the end"] * MOST_LINES


def test_a_half_line_waits(log: Path):
    log.write_text("whole\nhal")
    assert texts(log) == ["whole"]

    log.write_text("whole\nhalf\n")

    assert texts(log) == ["whole", "half"]


def test_lines_before_a_rotation_are_shown_too(log: Path):
    log.with_name("run.log.1").write_text("old 1\nold 2\n")
    log.write_text("new\n")

    assert texts(log) == ["old 1", "old 2", "new"]


def test_a_log_that_was_rotated_away_is_missing_until_it_is_there_again(log: Path):
    log.write_text("a\n")
    texts(log)
    log.rename(log.with_name("run.log.1"))
    assert tail_of(log).state == "missing"

    log.write_text("bc\n")

    assert texts(log) == ["a", "bc"]


def test_lists_and_objects_in_a_line_are_shown_in_few_characters(log: Path):
    plugins = [{"name": name} for name in "abcd"]
    told = {"event": "started", "plugins": plugins, "symbols": ["X", "Y"], "by": {"n": 1}}
    log.write_text(json.dumps(told) + "\n")

    (line,) = tail_of(log).value or ()

    assert line.values == "plugins=(4 entries) symbols=[X, Y] by={n: 1}"


def test_what_halted_a_session_is_told_and_found(log: Path):
    cause = {"at": "2022-01-05T11:36:00Z", "guard": "drawdown", "reason": "0.0451898 >= 0.045, api_key=hunter2hunter2"}
    log.write_text(json.dumps({"event": "session_halted", "causes": [cause]}) + "\n")

    lines = tail_of(log).value or ()

    assert lines[0].values == "causes=drawdown: 0.0451898 >= 0.045, api_key=*** (at 2022-01-05T11:36:00Z)"
    assert len(matching(lines, "drawdown.*>= 0.045").value or ()) == 1


def test_what_is_shown_as_a_number_of_entries_is_found_and_masked(log: Path):
    plugins = [{"name": name, "of": ["logos-risk"], "api_secret": "5f3a9b71c2d84e06"} for name in "abcd"]
    deep = "[" * 700 + "]" * 700
    log.write_text(json.dumps({"event": "started", "plugins": plugins}) + '\n{"event": "deep", "x": ' + deep + "}\n")

    lines = tail_of(log).value or ()

    assert [line.values for line in lines] == ["plugins=(4 entries)", "x=(1 entry)"]
    assert matching(lines, "logos-risk").value == lines[:1]
    assert "5f3a9b71c2d84e06" not in lines[0].text


def test_a_line_of_a_logos_log_is_taken_apart(log: Path):
    told = {"event": "guard_blocked", "level": "warning", "guard": "exposure", "session_id": "s", "timestamp": "T"}
    log.write_text(json.dumps(told) + "\n" + json.dumps({"event": "notice", "message": "No volume."}) + "\n[1]\n{\n")

    first, second, third, fourth = tail_of(log).value or ()

    assert (first.at, first.level, first.event, first.values) == ("T", "warning", "guard_blocked", "guard=exposure")
    assert second.values == "No volume."
    assert (third.text, fourth.text) == ("[1]", "{")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", []),
        (b"\n\n \n", []),
        (b"\xef\xbb\xbfwith a mark\n", ["with a mark"]),
        (b"caf\xe9\n", ["caf\ufffd"]),
        (b"windows\r\n", ["windows"]),
        (b"bell\x07 and \x1b[31mred\n", ["bell  and  [31mred"]),
        (b"no end", []),
    ],
)
def test_other_bytes_do_no_harm(log: Path, data: bytes, shown: list[str]):
    log.write_bytes(data)

    assert texts(log) == shown


def test_a_log_in_another_encoding_is_shown_as_far_as_it_goes(log: Path):
    log.write_bytes("hello\n".encode("utf-16"))

    assert "h e l l o" in " ".join(texts(log))


def test_a_long_line_is_cut(log: Path):
    log.write_text("z" * 100_000 + "\n")

    (line,) = texts(log)

    assert 2_000 <= len(line) < 2_010


@pytest.mark.parametrize("end", ["", "\n"])
def test_of_a_line_without_end_nothing_is_shown(log: Path, end: str):
    log.write_text("password=" + "z" * (5 << 20) + end)

    assert texts(log) == ["(a line of more than two million bytes)"]


def test_secrets_are_masked_before_anybody_sees_or_searches_them(log: Path):
    remember("hunter2-hunter2")
    lines = [
        json.dumps({"event": "order", "level": "info", "api_key": "AKIAABCDEFGHIJKLMNOP", "timestamp": "t"}),
        "login with hunter2-hunter2",
        "password=swordfish99",
    ]
    log.write_text("\n".join(lines) + "\n")

    found = tail_of(log).value or ()

    assert len(found) == 3
    shown = " ".join(line.text + line.values + line.event for line in found)
    for secret in ("hunter2", "swordfish99", "AKIAABCDEFGHIJKLMNOP"):
        assert secret not in shown
        assert matching(found, secret).value == ()


def test_missing_folder_and_denied_are_told(tmp_path: Path, log: Path):
    assert tail_of(log).state == "missing"
    (tmp_path / "folder").mkdir()
    assert tail_of(tmp_path / "folder").state == "damaged"
    log.write_text("a\n")
    with mock.patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")):
        reading = tail_of(log)
    assert reading.state == "damaged"
    assert "Permission denied" in reading.message


def test_a_log_removed_while_it_is_read_is_told(log: Path):
    log.write_text("a\n")
    with mock.patch.object(Path, "open", side_effect=FileNotFoundError(2, "gone")):
        assert "removed while it was read" in tail_of(log).message


LINES = tuple(LogLine(text=text, event=text) for text in ("Order 12 filled", "order 7 blocked", "caf\u00e9", "a+b"))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", 4),
        ("order", 2),
        (r"order \d\d ", 1),
        ("filled|blocked", 2),
        ("^A", 1),
        ("caf\u00c9", 1),
        (r"a\+b", 1),
        ("nothing", 0),
    ],
)
def test_a_pattern_finds_its_lines(pattern: str, found: int):
    assert len(matching(LINES, pattern).value or ()) == found


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2,1}", r"(?<=a)b", r"(a)\1", "\\", "\ud800"])
def test_a_pattern_that_is_none_is_told(pattern: str):
    reading = matching(LINES, pattern)

    assert reading.state == "damaged"
    assert "the pattern cannot be used" in reading.message
    assert "error|warning" in reading.hint


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){20}c", r"(\w+\s?)*!$"])
def test_a_pattern_that_would_hang_others_is_answered(pattern: str):
    lines = tuple(LogLine(text="a" * 2_000 + "?", event="") for _ in range(300))

    assert matching(lines, pattern).value == ()


KEY = ["-----BEGIN EC PRIVATE KEY-----", "MHcCAQEEIbodyone", "AwEHbodytwo==", "-----END EC PRIVATE KEY-----"]


def test_a_private_key_over_several_lines_is_masked_from_its_first_line_to_its_last(log: Path):
    log.write_text("\n".join(["before", f"found {KEY[0]}", *KEY[1:3], f"{KEY[3]} it was", "after"]) + "\n")

    assert texts(log) == ["before", "found ***", " it was", "after"]


def test_a_log_that_starts_inside_a_private_key_is_masked_up_to_its_last_line(log: Path):
    log.write_text("\n".join([*KEY[1:], "after", *KEY, "the end", *KEY[:2]]) + "\n")

    assert texts(log) == ["***", "after", "***", "the end", "***"]


def test_a_private_key_whose_first_lines_are_not_shown_is_masked_too(log: Path):
    log.write_text("\n".join([*KEY, *(f"line {number}" for number in range(MOST_LINES - 2))]) + "\n")

    assert "body" not in " ".join(texts(log))
    assert texts(log)[-1] == f"line {MOST_LINES - 3}"


def test_a_line_of_a_logos_log_between_those_of_a_private_key_stays(log: Path):
    told = json.dumps({"event": "tick", "level": "info", "timestamp": "T", "note": KEY[0]})
    log.write_text("\n".join([*KEY[:2], told, *KEY[2:], told, "after"]) + "\n")

    assert [line.event for line in tail_of(log).value or ()] == ["***", "tick", "tick", "after"]
    assert "body" not in " ".join(texts(log))


def test_a_secret_whose_name_stands_on_the_line_before_is_masked(log: Path):
    log.write_text("one\nthe password:\n  hunter-two\nthree\n")

    assert texts(log) == ["one", "the password:", "  ***", "three"]
