"""``session.md`` has every section a reader looks for, aligned as text and valid as Markdown."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from logos.artifacts.funnel_md import Funnel
from logos.artifacts.guards_md import Activations, CauseLine, GuardLine
from logos.artifacts.markdown import grouped, literal, percent, table, width_of
from logos.artifacts.reconciliation_md import FindingLine, ReconciliationLine
from logos.artifacts.session_md import render
from logos.artifacts.summary import AccountLine, DataLine, PluginLine, SessionSummary, SymbolLine
from logos.artifacts.venue_md import AnswerLine, AtVenue
from logos.domain.events import Cause
from logos.domain.orders import OrderStatus

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
            pnl="-2642.37654322",
            cash="41234.50000000",
            market_value="56123.12345678",
            equity="97357.62345678",
            realized_pnl="-2500.12345678",
            unrealized_pnl="-100.00000000",
            fees="42.25308644",
            total_return="-0.02642377",
            max_drawdown="0.05120000",
        ),
        funnel=Funnel(
            outcomes={"ordered": 1_121, "blocked": 4, "refused": 2, "unchanged": 3},
            reasons=(("max_notional", 4), ("insufficient_cash", 2), ("at_target", 3)),
            statuses={"filled": 1_118, "cancelled": 2, "rejected": 1, "accepted": 1, "blocked": 4},
            cut_short={"cancelled": 1},
            fills=1_140,
        ),
        halt_causes=(
            Cause(guard="drawdown", reason="drawdown 5.12 % > limit 5.00 %", at=OPENED + 600),
            Cause(guard="kill_switch", reason="the guard raised ValueError: <lambda> | *no*", at=OPENED + 600),
        ),
        guards=(
            GuardLine(
                guard="max_notional",
                limits=(("limit", "60000"),),
                blocks=Activations(
                    count=4,
                    first=(
                        CauseLine(at=OPENED, order_id=3, reason="notional 61,000.00 > 60,000.00"),
                        CauseLine(at=OPENED + 60, order_id=5, reason="notional 62,000.00 > 60,000.00"),
                    ),
                    last=CauseLine(at=OPENED + 300, order_id=19, reason="notional 63,000.00 > 60,000.00"),
                ),
            ),
            GuardLine(
                guard="drawdown",
                limits=(("max", "0.05"), ("daily", "none")),
                headroom="drawdown 0.0512 of 0.05",
                halts=Activations(count=2, first=(CauseLine(at=OPENED + 600, reason="drawdown 5.12 %"),)),
                forgiven=1,
            ),
            GuardLine(guard="drawdown", limits=(("max", "none"), ("daily", "0.02")), shared=True),
            GuardLine(guard="kill_switch", limits=None, halts=Activations(count=1)),
        ),
        symbols=(SymbolLine(symbol="SPY", position="-12", realized_pnl="0.00", unrealized_pnl="-1234.50", fills=2),),
        data=(DataLine(symbol="SPY", source="SPY-1m.csv", bars=9, quarantined=2, notes=("No bar on Sunday.",)),),
        plugins=(PluginLine(kind="guard", name="drawdown", distribution="logos-risk", version="0.1.0"),),
        artifacts=(("orders.csv", "every order"), ("plots/equity.png", "equity and drawdown")),
        at_venue=AtVenue(
            venue="ccxt:binance",
            dry_run=True,
            would_accept=1_120,
            would_refuse=2,
            first_refused="order 5: -1013 Filter failure: NOTIONAL: value 3 is below 5",
            answers=(
                AnswerLine(kind="would accept", orders=1_120, order_id=1, text="would accept"),
                AnswerLine(kind="-1013 Filter failure: NOTIONAL", orders=2, order_id=5, text="value 3 is *low*"),
            ),
            unknown=("lg-aa-7",),
            refused_for_unknown=1,
        ),
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
        ("Guards", ["| max_notional | limit 60000", "| drawdown 0.0512 of 0.05 |", "max 0.05, daily none"]),
        ("Guards", ["notional 61,000.00", "notional 63,000.00", "1 more", "max_notional blocked 4 times"]),
        ("Guards", ["| kill_switch  | not in the config", "all causes stand in `orders.csv`"]),
        ("PnL summary", ["97,357.62345678", "-2,500.12345678", "42.25308644", "-2.642377 %", "5.120000 %"]),
        ("Order funnel", ["1,130", "1,126", "1,140", "1,121", "insufficient_cash", "Filter failure", "would accept"]),
        ("Symbols", ["-1,234.50"]),
        ("Data quality", ["`SPY-1m.csv`", "SPY: No bar on Sunday."]),
        ("Plugins", ["logos-risk", "0.1.0"]),
        ("Artifacts", ["`runs/live/sessions/20231114-a`", "`orders.csv`", "(plots/equity.png)"]),
        ("Next steps", ["--resume 20231114-a --clear-halt", "replay 20231114-a --verify", "audit 20231114-a"]),
        ("Order funnel", ["2 of 1,122 orders would be refused", "| -1013 Filter failure: NOTIONAL | ", "\\*low\\*"]),
        ("Next steps", ["- `lg-aa-7`", "Look for each by its name at ccxt:binance first"]),
        ("Next steps", ["diff 20231114-a --backtest", "rehearse crash 20231114-a"]),
    ],
)
def test_a_section_says_what_belongs_to_it(summary: SessionSummary, heading: str, needles: list[str]) -> None:
    text = section(render(summary), heading)
    assert [needle for needle in needles if needle not in text] == []


def test_the_first_screen_says_status_money_seed_and_why_it_halted(summary: SessionSummary) -> None:
    first = render(summary).split("\n## ", 1)[0]
    for needle in (
        "Dry-run at ccxt:binance: 2 of 1,122 orders would be refused, first: order 5: -1013 Filter failure: NOTIONAL",
        "1 order of unknown outcome: look for lg-aa-7 at ccxt:binance; 1 signal was refused",
    ):
        assert needle in first
    for needle in ("halted, exit code 3", "-2,642.37654322 USD", "-2.642377 %", "42.25308644", "5.120000 %", "| 7 "):
        assert needle in first
    assert first.index("| drawdown ") < first.index("| kill_switch ")
    assert len(first.splitlines()) < 30


def test_activations_of_a_guard_named_twice_are_counted_once(summary: SessionSummary) -> None:
    rows = [line for line in section(render(summary), "Guards").splitlines() if line.startswith("| drawdown ")]
    assert [row.split("|")[4:7] for row in rows[:2]] == [
        ["       0 ", "      2 ", "        1 "],
        ["   above ", "  above ", "    above "],
    ]


def test_the_steps_of_the_funnel_add_up(summary: SessionSummary) -> None:
    funnel = summary.funnel
    assert (funnel.decisions, funnel.intents, funnel.closing, funnel.sent, funnel.accepted) == (
        1130,
        1126,
        1,
        1122,
        1121,
    )
    assert_adds_up(funnel)


COUNT = st.integers(0, 10**6)


@settings(max_examples=100)
@given(
    ordered=COUNT,
    unchanged=COUNT,
    refused=COUNT,
    blocked=COUNT,
    statuses=st.dictionaries(st.sampled_from([one.value for one in OrderStatus if one != "blocked"]), COUNT),
    partial=st.dictionaries(st.sampled_from(["cancelled", "expired"]), COUNT),
)
def test_the_steps_of_any_funnel_add_up(ordered, unchanged, refused, blocked, statuses, partial) -> None:
    outcomes = {"ordered": ordered, "blocked": blocked, "refused": refused, "unchanged": unchanged}
    cut_short = {name: min(count, statuses.get(name, 0)) for name, count in partial.items()}
    assert_adds_up(Funnel(outcomes=outcomes, statuses={**statuses, "blocked": blocked}, cut_short=cut_short))


def assert_adds_up(funnel: Funnel) -> None:
    """Hold every step against the sum of those right below it."""
    steps = list(funnel.steps())
    for place, (depth, name, count) in enumerate(steps):
        below = []
        for other, _, part in steps[place + 1 :]:
            if other <= depth:
                break
            if other == depth + 1:
                below.append(part)
        assert not below or sum(below) == count, name


def test_every_table_is_aligned_in_plain_text(summary: SessionSummary) -> None:
    for block in render(summary).split("\n\n"):
        if block.startswith("|"):
            assert len({len(line) for line in block.splitlines()}) == 1, block


def test_free_text_renders_as_it_was_written(summary: SessionSummary) -> None:
    html = MarkdownIt("commonmark").enable("table").render(render(summary))
    assert "<td>the guard raised ValueError: &lt;lambda&gt; | *no*</td>" in html
    assert html.count("<table>") == 12


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("completed", "logos sessions show 20231114-a\n"),
        ("halted", "logos trade --resume 20231114-a --clear-halt\n"),
        ("paused", "logos trade --resume 20231114-a\n"),
    ],
)
def test_the_way_to_go_on_depends_on_how_the_session_stopped(
    summary: SessionSummary, status: str, command: str
) -> None:
    text = section(render(attrs.evolve(summary, status=status)), "Next steps")
    assert command in text


def test_a_session_without_a_bar_or_a_trade_says_so(summary: SessionSummary) -> None:
    bare = attrs.evolve(
        summary,
        status="completed",
        first_bar=None,
        last_bar=None,
        funnel=Funnel(),
        halt_causes=(),
        guards=(),
        symbols=(),
        data=(),
        plugins=(),
        open_positions=(),
        warnings=(),
    )
    text = render(bare)
    for sentence in (
        "No guard halts the session.",
        "**The config names no guard.**",
        "No position stays open.",
        "No signal was answered.",
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


def test_equal_findings_stand_in_one_row_with_the_first_and_the_last_order(summary: SessionSummary) -> None:
    findings = tuple(
        FindingLine(
            outcome="written ahead",
            place="paper",
            symbol="SPY",
            client_order_id=f"lg-{number}",
            text=f"no answer within 3 s to GET /orders?name=lg-{number}",
        )
        for number in range(1, 15)
    )
    line = ReconciliationLine(at="t", venue="v", keeper="paper", counts=(("written ahead", 14),), findings=findings)
    text = section(render(attrs.evolve(summary, reconciliation=(line,))), "Reconciliation")
    (row,) = [one for one in text.splitlines() if "no answer" in one]
    assert [cell.strip() for cell in row.split("|")[2:7]] == ["written ahead", "SPY", "14", "`lg-1`", "`lg-14`"]
