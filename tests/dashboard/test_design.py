"""Both themes can be read, series are told apart without colour, and Streamlit gets the very colours of the tokens."""

from __future__ import annotations

import colorsys
import tomllib
from itertools import combinations, product
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from logos.ui.streamlit.components.cards import Metric, _tile
from logos.ui.streamlit.components.frame import staleness_html
from logos.ui.streamlit.design import styles
from logos.ui.streamlit.design.figures import new_figure, series
from logos.ui.streamlit.design.tokens import DARK, DASHES, LIGHT, MARKERS, Palette
from logos.ui.streamlit.serving import OPTIONS

BOTH = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
TEXT = 4.5
GRAPHIC = 3.0
"""What WCAG 2.2 asks of text (1.4.3, AA) and of lines that carry meaning (1.4.11)."""


def _channels(color: str) -> list[float]:
    return [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _linear(color: str) -> list[float]:
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(color)]


def _contrast(one: str, other: str) -> float:
    lights = sorted(
        sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), _linear(color), strict=True))
        for color in (one, other)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def test_the_contrast_of_black_on_white_is_that_of_the_standard():
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
def test_every_text_can_be_read_on_every_ground(palette: Palette):
    texts = ("text", "muted", "accent", "good", "bad", "warn")
    for text, ground in product(texts, ("ground", "surface", "sunken")):
        found = _contrast(getattr(palette, text), getattr(palette, ground))
        assert found >= TEXT, f"{text} on {ground}: {found:.2f}"


@BOTH
def test_every_line_of_a_chart_can_be_seen(palette: Palette):
    for color in palette.series:
        assert _contrast(color, palette.surface) >= GRAPHIC, color


def _without(color: str, matrix: tuple[tuple[float, float, float], ...]) -> list[float]:
    linear = _linear(color)
    return [sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in matrix]


VISIONS = {
    # Viénot, Brettel and Mollon 1999, in linear RGB.
    "protanopia": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deuteranopia": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


@BOTH
@pytest.mark.parametrize("vision", sorted(VISIONS))
def test_the_first_two_series_and_gain_and_loss_keep_apart_for_the_colour_blind(palette: Palette, vision: str):
    for one, other in (palette.series[:2], (palette.series[1], palette.series[2])):
        seen = [_without(color, VISIONS[vision]) for color in (one, other)]
        assert max(abs(a - b) for a, b in zip(*seen, strict=True)) > 0.05, (one, other)


def test_series_are_told_apart_without_their_colours_too():
    looks = [series(index, "light") for index in range(14)]

    assert all(
        (one.color, one.dash) != (other.color, other.dash) and (one.dash, one.marker) != (other.dash, other.marker)
        for one, other in combinations(looks[:6], 2)
    )
    assert len({(look.color, look.dash) for look in looks}) == len(looks)
    assert {look.dash for look in looks} <= set(DASHES)
    assert {look.marker for look in looks} <= set(MARKERS)


def test_a_line_of_a_legend_is_long_enough_to_tell_its_dashes():
    shown = new_figure("Equity", y_title="USD", theme="light").layout.legend.itemwidth
    for dashes in DASHES[1:]:
        assert sum(int(part.removesuffix("px")) for part in dashes.split(",")) <= shown * 2 / 3, dashes


@BOTH
def test_six_runs_have_six_hues(palette: Palette):
    for one, other in combinations(palette.series[:6], 2):
        apart = abs(_hue(one) - _hue(other))
        assert min(apart, 1 - apart) > 0.04 or abs(_saturation(one) - _saturation(other)) > 0.3, (one, other)


def _hue(color: str) -> float:
    return colorsys.rgb_to_hsv(*_channels(color))[0]


def _saturation(color: str) -> float:
    return colorsys.rgb_to_hsv(*_channels(color))[1]


def _options() -> dict[str, Any]:
    return tomllib.loads(OPTIONS.read_text(encoding="utf-8"))


@BOTH
def test_streamlit_is_given_the_colours_of_the_tokens(palette: Palette):
    theme = _options()["theme"]["light" if palette is LIGHT else "dark"]
    given = {
        "primaryColor": palette.accent,
        "backgroundColor": palette.ground,
        "secondaryBackgroundColor": palette.surface,
        "textColor": palette.text,
        "linkColor": palette.accent,
        "borderColor": palette.line,
        "codeBackgroundColor": palette.sunken,
        "codeTextColor": palette.text,
        "dataframeBorderColor": palette.line,
        "dataframeHeaderBackgroundColor": palette.sunken,
        "dataframeHeaderTextColor": palette.muted,
    }

    assert {name: color for name, color in theme.items() if name != "sidebar"} == given
    assert _contrast(palette.text, theme["sidebar"]["backgroundColor"]) >= TEXT
    assert _contrast(palette.muted, theme["sidebar"]["backgroundColor"]) >= TEXT


def test_streamlit_is_told_to_stay_on_this_machine_and_to_tell_nobody():
    options = _options()

    assert options["server"]["address"] == "127.0.0.1"
    assert options["browser"]["gatherUsageStats"] is False
    assert options["server"]["fileWatcherType"] == "none"
    assert options["client"] == {"toolbarMode": "minimal", "showErrorDetails": "none", "showErrorLinks": False}


def test_the_style_sheet_is_small_names_every_colour_and_asks_nobody_for_anything():
    sheet = styles._sheet()

    assert len(sheet) < 10_000
    assert "url(" not in sheet
    assert "@import" not in sheet
    for name in ("ground", "text", "good", "bad", "warn"):
        assert f"--logos-{name}:light-dark({getattr(LIGHT, name)},{getattr(DARK, name)});" in sheet
    assert sheet.count("{") == sheet.count("}")


@BOTH
def test_a_figure_has_its_title_its_units_and_the_colours_of_its_theme(palette: Palette):
    figure = new_figure("Equity", y_title="Equity (USD)", theme="light" if palette is LIGHT else "dark")

    layout = figure.to_dict()["layout"]
    assert layout["title"]["text"] == "Equity"
    assert layout["yaxis"]["title"]["text"] == "Equity (USD)"
    assert layout["xaxis"]["title"]["text"] == "Time (UTC)"
    assert layout["paper_bgcolor"] == palette.surface
    assert layout["font"]["color"] == palette.muted


def test_a_figure_is_drawn_with_its_text_and_without_the_makers_mark():
    def script() -> None:
        from logos.ui.streamlit.design.figures import new_figure, show_figure  # noqa: PLC0415 -- a script of its own

        show_figure(new_figure("Equity", y_title="USD"), alt="It rose by 3%", key="equity")

    chart = AppTest.from_function(script).run(timeout=30).get("plotly_chart")[0].proto

    assert chart.alt == "It rose by 3%"
    assert '"displaylogo": false' in chart.config
    assert "scattergl" not in chart.spec


def test_a_tile_sets_its_unit_back_and_tells_its_tone_without_colour():
    tile = _tile(Metric("Equity <b>", "1,234.56 USD", "-3.00 USD", "All & everything", "bad"))

    assert '1,234.56 <span class="logos-unit">USD</span>' in tile
    assert "Equity &lt;b&gt;" in tile
    assert 'title="All &amp; everything"' in tile
    assert "▼" in tile
    assert '<span class="logos-spoken">bad: </span>-3.00 USD' in tile
    assert "logos-mark" not in _tile(Metric("Trades", "12"))


@pytest.mark.parametrize(
    ("age", "expected", "words"),
    [
        (4, 5, "Data fresh: 4 s ago"),
        (16, 5, "Data stale: 16 s ago, expected every 5 s"),
        (None, 5, "Data: age unknown"),
        (90, None, "Data from 1 min ago"),
    ],
)
def test_a_badge_says_in_words_how_old_the_data_are(age: float | None, expected: float | None, words: str):
    assert f">{words}<" in staleness_html(age, expected)


def test_code_sets_comments_back_masks_secrets_and_can_be_reached_by_the_keyboard():
    def script() -> None:
        from logos.ui.streamlit.components.code import code_region  # noqa: PLC0415 -- a script of its own

        code_region("A config", 'seed: 7  # line 3\n# all of it\ncolor: "#fff"\napi_key: abcdef0123456789 <b>')

    body = AppTest.from_function(script).run(timeout=30).get("html")[0].proto.body

    assert "seed: 7  <span># line 3</span>\n<span># all of it</span>\n" in body
    assert "color: &quot;#fff&quot;" in body
    assert "abcdef0123456789" not in body
    assert "<b>" not in body
    assert 'tabindex="0" aria-label="A config"' in body


def test_the_style_sheet_has_nothing_that_streamlit_would_throw_it_away_for():
    assert "<" not in styles._sheet()
    assert '"\\3c length\\3e"' in styles._sheet()


def test_the_note_below_a_table_stands_apart_from_it():
    assert ".logos-scroll + .logos-refreshed { margin-top: .4rem; }" in styles._sheet()


def test_a_legend_stands_below_the_plot_where_it_cannot_run_into_the_title():
    layout = new_figure("Equity", y_title="Equity (USD)", theme="light").layout

    assert (layout.legend.yref, layout.legend.y, layout.legend.yanchor) == ("container", 0, "bottom")
    assert (layout.title.yref, layout.title.y, layout.title.yanchor) == ("container", 1, "top")
