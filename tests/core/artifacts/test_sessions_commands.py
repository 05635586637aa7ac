"""``logos sessions list`` and ``show``: names are never cut, and a wrong id is answered with the nearest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.artifacts.locating import find_session
from logos.cli.app import run
from logos.domain.errors import InputError

LONG = "20231114-221400-a-very-long-session-name-that-no-terminal-of-eighty-columns-would-show-whole"


def point_to(workspace: Path, name: str) -> Path:
    link = workspace / "runs" / "live" / "latest_session"
    link.symlink_to(Path("sessions") / name)
    return link


def test_a_listing_in_a_pipe_has_every_name_and_number_whole(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_session(LONG, status="halted")
    assert run(["sessions", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("2023"))
    assert line.split() == [LONG, "halted", "123,456", "20", "21", "3", "101,234.50000000", "USD", "1.234500", "%"]


def test_an_unreadable_session_is_listed_with_its_fault(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_session("a")
    (write_session("b") / "state.json").write_text("{", encoding="utf-8")
    assert run(["sessions", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["b", "unreadable"] in [line.split() for line in lines]
    assert "not JSON" in next(line for line in lines if line.startswith("b:"))


def test_an_empty_workspace_says_how_to_start(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "list"]) == 0
    assert "logos trade" in capsys.readouterr().out


def test_the_listing_as_json_is_one_line(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_session("a")
    assert run(["sessions", "list", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    (session,) = json.loads(line)["sessions"]
    assert (session["session_id"], session["equity"], session["bars"]) == ("a", "101234.50000000", 123_456)


def test_a_session_that_has_stopped_shows_its_summary_as_it_is(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"# Session\n\n| a | {'long ' * 60}|\n"
    write_session("a", summary=text)
    assert run(["sessions", "show", "a"]) == 0
    assert capsys.readouterr().out == text


def test_a_session_that_has_not_stopped_shows_where_it_stands(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_session("a", status="running", summary="the summary of an earlier stop")
    assert run(["sessions", "show", "a"]) == 0
    out = capsys.readouterr().out
    assert "earlier stop" not in out
    for needle in ("running", "101,234.50000000 USD", "1.234500 %", "BTC-USD", "43333.00", "--resume a"):
        assert needle in out
    assert "SPY" not in out


def test_a_halted_session_without_a_summary_shows_its_causes(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cause = {"guard": "drawdown", "reason": "6 % > 5 %", "at": "2023-11-14T22:15:00Z"}
    write_session("a", status="halted", halt_causes=[cause])
    assert run(["sessions", "show", "a"]) == 0
    out = capsys.readouterr().out
    assert "6 % > 5 %" in out
    assert "--clear-halt" in out


def test_show_as_json_prints_the_snapshot(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_session("a", summary="text")
    assert run(["sessions", "show", "a", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == json.loads((folder / "state.json").read_text(encoding="utf-8"))


def test_an_unknown_session_is_an_input_error_with_near_names(
    write_session: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_session("20231114-rehearsal")
    assert run(["sessions", "show", "20231115-rehearsal"]) == 2
    assert "20231114-rehearsal" in capsys.readouterr().err


def test_a_unique_start_of_an_id_is_enough(workspace: Path, write_session: Callable[..., Path]) -> None:
    first = write_session("20231114-a")
    write_session("20231115-a")
    second = write_session("20231115-ab")
    assert find_session(workspace, "20231114") == first
    assert find_session(workspace, "20231115-ab") == second
    assert find_session(workspace, "20231115-a").name == "20231115-a"
    with pytest.raises(InputError, match="2 sessions start with"):
        find_session(workspace, "20231115")


@pytest.mark.parametrize("wanted", ["", "..", "../sessions/20231114-a", "zzz"])
def test_what_is_no_id_finds_no_session(workspace: Path, write_session: Callable[..., Path], wanted: str) -> None:
    write_session("20231114-a")
    with pytest.raises(InputError):
        find_session(workspace, wanted)


def test_latest_follows_the_link_or_the_pointer_file(workspace: Path, write_session: Callable[..., Path]) -> None:
    first, second = write_session("a"), write_session("b")
    link = point_to(workspace, "a")
    assert find_session(workspace, "latest") == first
    link.unlink()
    link.write_text("sessions/b\n", encoding="utf-8")
    assert find_session(workspace, "latest") == second


def test_latest_that_points_nowhere_is_an_input_error(workspace: Path, write_session: Callable[..., Path]) -> None:
    write_session("a")
    with pytest.raises(InputError, match="latest"):
        find_session(workspace, "latest")
    point_to(workspace, "gone")
    with pytest.raises(InputError, match="gone"):
        find_session(workspace, "latest")


def test_without_any_session_the_way_to_the_first_is_shown(workspace: Path) -> None:
    with pytest.raises(InputError, match="logos trade"):
        find_session(workspace, "latest")
