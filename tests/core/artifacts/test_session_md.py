"""``session.md`` has every section a reader looks for, aligned as text and valid as Markdown."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from logos.artifacts.markdown import grouped, literal, percent, table, width_of
from logos.artifacts.session_md import render
from logos.artifacts.summary import (
    AccountLine,
    DataLine,
    GuardBlocks,
    Headroom,
    PluginLine,
    SessionSummary,
    SymbolLine,
)
from logos.domain.events import Cause

OPENED = 1_700_000_040


@pytest.fixture
def summary() -> SessionSummary:
    return SessionSummary(
        session_id="20231114-a",
        name="rehearsal",
        status="halted",
        exit_code=3,
        seed=7,
        config_digest="ab" * 32,
        data_digest="cd" * 32,
        started_at="2026-11-21T12:03:15Z",
        ended_at="2026-11-21T12:03:19Z",
        first_bar=OPENED,
        last_bar=OPENED + 600,
        bars=123_456,
        slices=60_000,
        account=AccountLine(
            currency="USD",
            starting_cash="100000.00000000",
            cash="41234.50000000",
            market_value="56123.12345678",
            equity="97357.62345678",
            realized_pnl="-2500.12345678",
            unrealized_pnl="-100.00000000",
            fees="42.25308644",
            total_return="-0.02642377",
            max_drawdown="0.05120000",
        ),
        orders=(("filled", 1_120), ("blocked", 4)),
        fills=1_140,
        signals=1_130,
        blocked=(("max_notional", 3), ("insufficient_cash", 2)),
        halt_causes=(
            Cause(guard="drawdown", reason="drawdown 5.12 % > limit 5.00 %", at=OPENED + 600),
            Cause(guard="kill_switch", reason="the guard raised ValueError: <lambda> | *no*", at=OPENED + 600),
        ),
        guard_blocks=(GuardBlocks(guard="max_notional", count=3, example="notional 61,000.00 > 60,000.00"),),
        headroom=(Headroom(guard="exposure", text="gross 0.57 of 1.10"), Headroom(guard="silent", text="")),
        symbols=(SymbolLine(symbol="SPY", position="-12", realized_pnl="0.00", unrealized_pnl="-1234.50", fills=2),),
        data=(DataLine(symbol="SPY", source="SPY-1m.csv", bars=9, quarantined=2, notes=("No bar on Sunday.",)),),
        plugins=(PluginLine(kind="guard", name="drawdown", distribution="logos-risk", version="0.1.0"),),
        artifacts=(("orders.csv", "every order"), ("plots/equity.png", "equity and drawdown")),
        path="runs/live/sessions/20231114-a",
        open_positions=("SPY: -12 at its mark 455.10",),
        warnings=("logos-risk is not installed.",),
    )


def section(text: str, heading: str) -> str:
    """Return what stands under a heading."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize(
    ("heading", "needles"),
    [
        ("Warnings", ["logos-risk is not installed."]),
        ("Session", ["| Seed", "ab" * 32, "cd" * 32, "2023-11-14T22:24:00Z", "123,456"]),
        ("PnL summary", ["97,357.62345678", "-2,500.12345678", "42.25308644", "-2.642377 %", "5.120000 %"]),
        ("Guard activations", ["drawdown 5.12 % > limit 5.00 %", "kill_switch", "max_notional", "gross 0.57"]),
        ("Order statistics", ["1,124", "1,120", "1,140", "1,130", "insufficient_cash"]),
        ("Symbols", ["-1,234.50"]),
        ("Data quality", ["`SPY-1m.csv`", "SPY: No bar on Sunday."]),
        ("Plugins", ["logos-risk", "0.1.0"]),
        ("Artifacts", ["`runs/live/sessions/20231114-a`", "`orders.csv`", "(plots/equity.png)"]),
        ("How to resume and replay", ["--resume 20231114-a --clear-halt", "replay 20231114-a --verify", "audit"]),
    ],
)
def test_a_section_says_what_belongs_to_it(summary: SessionSummary, heading: str, needles: list[str]) -> None:
    text = section(render(summary), heading)
    assert [needle for needle in needles if needle not in text] == []


def test_all_halt_causes_stand_in_the_given_order(summary: SessionSummary) -> None:
    text = section(render(summary), "Guard activations")
    assert text.index("| drawdown ") < text.index("| kill_switch ")


def test_a_guard_without_headroom_is_not_listed(summary: SessionSummary) -> None:
    assert "silent" not in render(summary)


def test_every_table_is_aligned_in_plain_text(summary: SessionSummary) -> None:
    for block in render(summary).split("\n\n"):
        if block.startswith("|"):
            assert len({len(line) for line in block.splitlines()}) == 1, block


def test_free_text_renders_as_it_was_written(summary: SessionSummary) -> None:
    html = MarkdownIt("commonmark").enable("table").render(render(summary))
    assert "<td>the guard raised ValueError: &lt;lambda&gt; | *no*</td>" in html
    assert html.count("<table>") == 11


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("completed", "logos trade --resume 20231114-a\n"),
        ("halted", "logos trade --resume 20231114-a --clear-halt\n"),
        ("paused", "logos trade --resume 20231114-a\n"),
    ],
)
def test_the_way_to_go_on_depends_on_how_the_session_stopped(
    summary: SessionSummary, status: str, command: str
) -> None:
    text = section(render(attrs.evolve(summary, status=status)), "How to resume and replay")
    assert command in text


def test_a_session_without_a_bar_or_a_trade_says_so(summary: SessionSummary) -> None:
    bare = attrs.evolve(
        summary,
        status="completed",
        first_bar=None,
        last_bar=None,
        orders=(),
        blocked=(),
        halt_causes=(),
        guard_blocks=(),
        headroom=(),
        symbols=(),
        data=(),
        plugins=(),
        open_positions=(),
        warnings=(),
    )
    text = render(bare)
    for sentence in (
        "No guard halted the session.",
        "No guard blocked an order.",
        "No position stays open.",
        "Every signal that changed a target became an order.",
    ):
        assert sentence in text
    assert "## Warnings" not in text


@pytest.mark.parametrize(
    ("number", "expected"),
    [("0", "0"), ("-0.05", "-0.05"), ("999", "999"), ("1000.10", "1,000.10"), ("-1234567", "-1,234,567"), ("", "")],
)
def test_thousands_are_separated_and_digits_kept(number: str, expected: str) -> None:
    assert grouped(number) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [("0.01234567", "1.234567 %"), ("-0.50000000", "-50.000000 %"), ("12.5", "1,250 %"), ("0.00000000", "0.000000 %")],
)
def test_a_ratio_becomes_percent_exactly(ratio: str, expected: str) -> None:
    assert percent(ratio) == expected


@settings(max_examples=100)
@given(text=st.text(alphabet="ab_*`<>/[]\\!", min_size=1, max_size=10).map(lambda middle: f"x{middle}y"))
def test_free_text_is_never_taken_for_markup(text: str) -> None:
    html = MarkdownIt("commonmark").render(literal(text))
    seen = html.removeprefix("<p>").removesuffix("</p>\n")
    assert seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


def test_wide_letters_keep_a_table_aligned() -> None:
    lines = table(("name", "n"), [("日本", "1"), ("é", "22")], numeric=("n",)).splitlines()
    assert {width_of(line) for line in lines} == {len(lines[1])}
