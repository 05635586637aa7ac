"""The Overview: tiles, recent backtests, the latest session, and first steps where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos.context.redaction import remember
from logos.live.folder import hold
from logos.ui.streamlit.app_pages import overview
from logos.ui.streamlit.design.formats import MISSING

Write = Callable[..., Path]
Page = Callable[[str], AppTest]


def text(test: AppTest) -> str:
    """Return what the page says in HTML, captions and code."""
    drawn = [element.proto.body for element in test.get("html")]
    return "\n".join([*drawn, *(item.value for item in test.caption), *(item.value for item in test.code)])


def test_an_empty_workspace_shows_two_commands(workspace: Path, page: Page):
    test = page("overview")

    assert not test.exception
    assert "This workspace is empty" in text(test)
    assert [code.value for code in test.code] == ["logos backtest", "logos trade --fixtures"]
    assert list(workspace.iterdir()) == []


def test_tiles_count_what_there_is(workspace: Path, page: Page, write_backtest: Write, write_session: Write):
    write_backtest(workspace, "20260302-143000-one")
    write_backtest(workspace, "20260303-143000-two")
    write_session(workspace, "20260302-143000-a", status="halted")
    write_session(workspace, "20260302-143000-b", status="completed")

    test = page("overview")

    shown = text(test)
    assert not test.exception
    assert '<dt>Backtests</dt><dd class="logos-neutral">2</dd>' in shown
    assert "<dt>Live sessions</dt><dd>2</dd>" in shown
    assert "1 completed, 1 halted" in shown
    assert "2026-03-03 14:30 UTC" in shown
    assert "<dt>Strategies</dt>" in shown


def test_the_newest_backtests_stand_in_a_table(workspace: Path, page: Page, write_backtest: Write):
    for day in range(1, 11):
        write_backtest(workspace, f"202603{day:02}-143000-run{day}")

    shown = text(page("overview"))

    assert [day for day in range(1, 11) if f"run{day}</td>" in shown] == list(range(3, 11))
    assert shown.index("run10</td>") < shown.index("run3</td>")


def links(test: AppTest) -> list[tuple[str, str, str]]:
    """Return the links of the page: what stands on them, the page that they lead to, and their query."""
    found = [element.proto for element in test.get("page_link")]
    return [(one.label, one.page, one.query_string) for one in found]


def test_every_row_has_a_link_to_its_run_in_the_order_of_the_table(workspace: Path, page: Page, write_backtest: Write):
    for name in ("20260302-143000-one", "20260303-143000-two"):
        write_backtest(workspace, name)
    (workspace / "runs" / "20260303-143000-two" / "metrics.json").write_text("{")

    assert links(page("overview")) == [
        ("Open two", "backtests", "run=20260303-143000-two"),
        ("Open one", "backtests", "run=20260302-143000-one"),
        ("All backtests", "backtests", ""),
    ]


def test_the_latest_session_has_a_link_to_its_monitor(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, "20260302-143000-a", status="completed")

    assert links(page("overview")) == [("Open it in the Live Monitor", "live-monitor", "session=20260302-143000-a")]


def test_a_run_whose_name_is_masked_has_no_link(workspace: Path, page: Page, write_backtest: Write):
    remember("topsecret-name")
    write_backtest(workspace, "20260302-143000-topsecret-name")

    test = page("overview")

    assert "topsecret" not in str(links(test)) + text(test)


def test_money_of_a_currency_without_decimals_has_none(
    workspace: Path, page: Page, write_backtest: Write, write_session: Write
):
    write_backtest(workspace, metrics={"currency": "JPY", "fees": "1118"})
    state = write_session(workspace, status="completed") / "state.json"
    account = {"starting_cash": "1000000", "equity": "1012762", "currency": "JPY", "decimals": 0}
    told = json.loads(state.read_text())
    state.write_text(json.dumps(told | {"account": told["account"] | account}))

    shown = text(page("overview"))

    assert ">1,118 JPY<" in shown
    assert '>1,012,762 <span class="logos-unit">JPY' in shown
    assert '+12,762 <span class="logos-unit">JPY' in shown


@pytest.mark.parametrize(
    ("sharpe", "days", "expected"),
    [
        (2.0, 29, "2.00 (29 days)"),
        (2.0, 1, "2.00 (1 day)"),
        (2.0, 30, "2.00"),
        (2.0, None, "2.00"),
        (None, 3, MISSING),
    ],
)
def test_a_sharpe_ratio_of_few_days_says_of_how_many(
    workspace: Path, page: Page, write_backtest: Write, sharpe: float | None, days: int | None, expected: str
):
    write_backtest(workspace, metrics={"sharpe": sharpe, "days": days})

    assert f">{expected}</td>" in text(page("overview"))


def test_a_damaged_backtest_is_counted_and_listed(workspace: Path, page: Page, write_backtest: Write):
    (write_backtest(workspace) / "metrics.json").write_text("{")

    test = page("overview")

    assert not test.exception
    assert "1 cannot be read" in text(test)
    assert "unreadable" in text(test)


@pytest.mark.parametrize("status", ["running", "paused", "halted", "completed"])
def test_the_latest_session_shows_status_money_guards_and_log(
    workspace: Path, page: Page, write_session: Write, status: str
):
    write_session(workspace, status=status)

    test = page("overview")

    shown = text(test)
    assert not test.exception
    expected = "interrupted" if status == "running" else status  # no program holds it
    assert f"{expected}</dd>" in shown
    assert "<dt>PnL</dt>" in shown
    assert "USD" in shown
    assert "session_started" in shown
    assert ("drawdown halted the session" in shown) == (status == "halted")
    assert ("no halt" in shown) == (status != "halted")


def test_a_guard_that_is_out_of_order_is_said(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="completed")
    state = folder / "state.json"
    state.write_text(state.read_text().replace('"fault": ""', '"fault": "its check raised"', 1))

    shown = text(page("overview"))

    assert "out of order" in shown
    assert "its check raised" in shown


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"session_id": 1}'])
def test_a_hurt_snapshot_is_a_card(workspace: Path, page: Page, write_session: Write, content: bytes):
    (write_session(workspace) / "state.json").write_bytes(content)

    test = page("overview")

    assert not test.exception
    assert "1 unreadable" in text(test)


def test_what_comes_later_appears_by_itself(
    workspace: Path, page: Page, write_backtest: Write, write_session: Write, monkeypatch: pytest.MonkeyPatch
):
    parts: list[tuple[Callable[[Path], None], object]] = []
    real = overview.st.fragment

    def fragment(draw: Callable[[Path], None], *, run_every: object = None) -> object:
        parts.append((draw, run_every))
        return real(draw, run_every=run_every)

    monkeypatch.setattr(overview.st, "fragment", fragment)
    test = page("overview")
    assert [every for _, every in parts] == [5, 5]  # nothing runs, and nothing is there yet
    assert "Latest live session" not in text(test)

    write_backtest(workspace)
    write_session(workspace)
    shown = text(drawn(parts[0][0], workspace)) + text(drawn(parts[1][0], workspace))
    assert '<dt>Backtests</dt><dd class="logos-neutral">1</dd>' in shown
    assert "Latest live session" in shown


def test_the_tiles_say_when_they_were_read(workspace: Path, page: Page, write_backtest: Write):
    write_backtest(workspace)

    assert "Last refresh" in text(page("overview"))


def drawn(draw: Callable[[Path], None], root: Path) -> AppTest:
    """Return what a part of the page draws when it refreshes itself."""
    script = f"from pathlib import Path\nfrom {draw.__module__} import {draw.__name__}\n"
    return AppTest.from_string(f"{script}{draw.__name__}(Path({str(root)!r}))").run(timeout=30)


def test_no_backtests_beside_a_session_is_a_card_and_not_the_first_steps(
    workspace: Path, page: Page, write_session: Write
):
    write_session(workspace)

    shown = text(page("overview"))

    assert "No backtests yet" in shown
    assert "This workspace is empty" not in shown


def test_what_a_running_session_says_of_its_age_stands_together(workspace: Path, page: Page, write_session: Write):
    with hold(write_session(workspace)):
        test = page("overview")

    (told,) = (one.proto.body for one in test.get("html") if "Data " in one.proto.body and "fresh" in one.proto.body)
    assert "Last refresh" in told


def test_one_order_is_not_many(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="completed", trades=5, working=0)

    assert ">1 order blocked<" in text(page("overview"))
    write_session(workspace, folder.name, status="completed", trades=1, working=0)
    assert ">of 1 order<" in text(page("overview"))
