"""The one style sheet. Its colours follow the browser's theme by themselves: Streamlit says which one is on."""

from __future__ import annotations

from functools import cache

import attrs
import streamlit as st

from logos.ui.streamlit.design.tokens import DARK, LIGHT

_RULES = r"""
.block-container, .stMainBlockContainer { padding: 2.25rem 2rem 3rem; max-width: 1760px; }
@media (max-width: 768px) { .block-container, .stMainBlockContainer { padding: 4.25rem 1rem 3rem; } }
.stApp { font-variant-numeric: tabular-nums; }
[data-testid="stSidebarHeader"]::before {
  content: "Logos"; font-size: 1.125rem; font-weight: 650; letter-spacing: .01em; color: var(--logos-text);
}
[data-testid="stLogoSpacer"] { display: none; }
.logos-side { font-size: .8125rem; color: var(--logos-muted); overflow-wrap: anywhere; line-height: 1.45; }
.logos-side strong { color: var(--logos-text); font-weight: 600; }
.logos-spoken {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
.logos-header h1 { font-size: 1.5rem; font-weight: 650; margin: 0; padding: 0; line-height: 1.25; }
.logos-header p { color: var(--logos-muted); margin: .25rem 0 0; max-width: 80ch; }
.stApp [data-testid="stCaptionContainer"] { opacity: 1; }
.stApp [data-testid="stCaptionContainer"] p { color: var(--logos-muted); }
.logos-section { font-size: 1.0625rem; font-weight: 600; margin: .75rem 0 0; padding: 0; line-height: 1.3; }
.logos-section span { color: var(--logos-muted); font-weight: 400; font-size: .875rem; margin-left: .35rem; }
.logos-refreshed { color: var(--logos-muted); font-size: .8125rem; margin: 0; white-space: nowrap; }
.logos-metrics {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .5rem;
  margin: 0 !important; padding: 0 !important;
}
.logos-metrics:has(> :nth-child(8):last-child) { grid-template-columns: repeat(2, 1fr); }
.logos-metrics:has(> :nth-child(4):last-child) { grid-template-columns: repeat(2, 1fr); }
@media (min-width: 1050px) { .logos-metrics:has(> :nth-child(4):last-child) { grid-template-columns: repeat(4, 1fr); } }
@media (min-width: 640px) { .logos-metrics:has(> :nth-child(8):last-child) { grid-template-columns: repeat(4, 1fr); } }
@media (min-width: 1700px) { .logos-metrics:has(> :nth-child(8):last-child) { grid-template-columns: repeat(8, 1fr); } }
.logos-metric {
  background: var(--logos-surface); border: 1px solid var(--logos-line); border-radius: .25rem;
  padding: .55rem .75rem .6rem; min-width: 0;
}
.logos-metric dt { color: var(--logos-muted); font-size: .8125rem; font-weight: 400; margin: 0; }
.logos-metric dd {
  margin: .1rem 0 0; font-size: 1.1875rem; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere;
}
.logos-metric dd.logos-delta { font-size: .8125rem; font-weight: 500; }
.logos-unit { color: var(--logos-muted); font-size: .78em; font-weight: 400; }
.logos-mark { font-size: .75em; margin-right: .3em; vertical-align: .08em; }
.logos-metric .logos-neutral { color: inherit; }
.logos-metric .logos-delta.logos-neutral { color: var(--logos-muted); }
.logos-good { color: var(--logos-good); }
.logos-bad { color: var(--logos-bad); }
.logos-warn { color: var(--logos-warn); }
.logos-card {
  background: var(--logos-surface); border: 1px solid var(--logos-line); border-left: 3px solid var(--logos-line);
  border-radius: .25rem; padding: .7rem .9rem; overflow-wrap: anywhere;
}
.logos-card p { margin: 0; max-width: 90ch; }
.logos-card p + p { margin-top: .3rem; }
.logos-card ul { margin: .3rem 0 0; padding-left: 1.15rem; max-width: 90ch; }
.logos-card-title { font-weight: 600; }
.logos-warning { border-left-color: var(--logos-warn); }
.logos-warning .logos-card-title { color: var(--logos-warn); }
.logos-error { border-left-color: var(--logos-bad); }
.logos-error .logos-card-title { color: var(--logos-bad); }
.logos-hint { color: var(--logos-muted); }
.logos-card code, .logos-table code {
  background: var(--logos-sunken); color: var(--logos-text); padding: .1em .35em; border-radius: .2rem;
  font-size: .92em;
}
[data-testid="stCode"] .token { color: var(--logos-text) !important; font-weight: inherit !important; }
[data-testid="stCode"] .token.comment { color: var(--logos-muted) !important; font-style: normal !important; }
[data-testid="stCode"] :is(.token.key, .token.atrule, .token.function, .token.parameter) {
  color: var(--logos-accent) !important;
}
[data-testid="stCode"] :is(.token.string, .token.scalar) { color: var(--logos-good) !important; }
[data-testid="stCode"] :is(.token.number, .token.boolean, .token.important) { color: var(--logos-warn) !important; }
.logos-badge {
  display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .6rem;
  font-size: .8125rem; white-space: nowrap;
}
.logos-badge.logos-neutral { color: var(--logos-muted); }
.stApp:is([data-test-connection-state="PINGING_SERVER"], [data-test-connection-state="DISCONNECTED_FOREVER"]) {
  .logos-header::after {
    content: "No connection to the dashboard: every number here is as of the last refresh."; display: block;
    margin-top: .5rem; padding: .4rem .75rem; border: 1px solid currentColor; border-radius: .25rem;
    color: var(--logos-warn);
  }
  .logos-status, .logos-badge { color: var(--logos-muted); }
  .logos-status::after { content: "(when last seen)"; font-weight: 400; }
  .logos-badge { font-size: 0; }
  .logos-badge::after { content: "Not refreshed since " attr(data-drawn); font-size: .8125rem; }
  .logos-badge ~ .logos-badge { display: none; }
}
body:has(.stApp[data-test-connection-state="PINGING_SERVER"]) [role="dialog"] h2 + div > div {
  font-size: 0;
  &::after {
    content: "The dashboard does not answer: it was ended, or is being started again. Start it with logos dashboard."
      " Until then every number on this page is as of its last refresh.";
    font-size: 1rem;
  }
}
[data-testid="stButtonGroup"]:has([data-testid="stWidgetLabel"]) button { min-height: 2.5rem; }
[data-testid="stPageLink"] a { padding: .25rem 0; margin-right: .75rem; }
[data-testid="stPageLink"] a p { color: var(--logos-accent); text-decoration: underline; text-underline-offset: .2em; }
.st-key-recent-backtests { flex-wrap: nowrap; }
.st-key-recent-backtests > :last-child { min-width: 0; }
.st-key-recent-backtests :is(tr, :first-child > [data-testid="stElementContainer"]) { height: 2.25rem; margin: 0; }
.st-key-recent-backtests .logos-table :is(th, td) { padding-block: 0; vertical-align: middle; }
@media (max-width: 1050px) { .st-key-recent-backtests .logos-table :is(th, td) { padding-inline: .45rem; } }
.st-key-recent-backtests [data-testid="stPageLink"] a { margin: 0; max-width: 100%; padding-block: .35rem; }
.st-key-recent-backtests [data-testid="stPageLink"] p {
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.logos-of-a-row { color: var(--logos-muted); font-size: .9286rem; margin: 0; line-height: 2.25rem; }
[data-testid="stPlotlyChart"] { border: 1px solid var(--logos-line); border-radius: .25rem; overflow: hidden; }
.logos-scroll {
  position: relative; overflow-x: auto; border: 1px solid var(--logos-line); border-radius: .25rem;
  background: var(--logos-surface);
}
@property --logos-left { syntax: "\3c length\3e"; inherits: false; initial-value: 0px; }
@property --logos-right { syntax: "\3c length\3e"; inherits: false; initial-value: 0px; }
@keyframes logos-sides {
  from { --logos-left: 0px; --logos-right: 2.5rem; } 10% { --logos-left: 2.5rem; }
  90% { --logos-right: 2.5rem; } to { --logos-left: 2.5rem; --logos-right: 0px; }
}
@keyframes logos-right-side { from, 90% { --logos-right: 2.5rem; } to { --logos-right: 0px; } }
[data-testid="stDataFrame"]:not(:hover, :focus-within) [data-testid="stElementToolbar"] { visibility: hidden; }
@supports (animation-timeline: scroll()) {
  .logos-scroll:not(:focus-visible), [data-testid="stDataFrame"] canvas {
    mask: linear-gradient(to right, transparent, #000 var(--logos-left), #000 calc(100% - var(--logos-right)),
      transparent);
  }
  .logos-scroll { animation: logos-sides linear both; animation-timeline: scroll(self inline); }
  [data-testid="stDataFrame"] { timeline-scope: --logos-columns; }
  [data-testid="stDataFrame"] .dvn-scroller { scroll-timeline: --logos-columns inline; }
  [data-testid="stDataFrame"] canvas {
    animation: logos-right-side linear both; animation-timeline: --logos-columns;
  }
}
.logos-scroll + .logos-refreshed { margin-top: .4rem; }
[data-testid="stSidebarNavLink"]:focus-visible { outline: 2px solid var(--logos-accent); outline-offset: -2px; }
[data-testid="stPageLink"] a:focus-visible { outline: 2px solid var(--logos-accent); outline-offset: 2px; }
.logos-scroll:focus-visible { outline: 2px solid var(--logos-accent); outline-offset: 1px; }
.logos-code { max-height: 26rem; background: var(--logos-sunken); }
.logos-code pre {
  margin: 0; padding: .75rem .9rem; background: none; border: 0; font-size: .8125rem; line-height: 1.55;
  font-family: "Source Code Pro", ui-monospace, monospace; color: var(--logos-text);
}
.logos-code span { color: var(--logos-muted); }
.logos-table { border-collapse: collapse; width: 100%; font-size: .9286rem; }
.logos-table th, .logos-table td {
  text-align: left; padding: .36rem .75rem; border: 0; border-bottom: 1px solid var(--logos-grid); vertical-align: top;
}
.logos-table tbody tr:last-child > * { border-bottom: 0; }
.logos-table thead th {
  background: var(--logos-sunken); color: var(--logos-muted); font-weight: 500; white-space: nowrap;
  border-bottom-color: var(--logos-line);
}
.logos-table tbody th { font-weight: 500; }
.logos-table td { overflow-wrap: anywhere; min-width: 5rem; }
.logos-table .logos-number { text-align: right; white-space: nowrap; }
.logos-table .logos-whole { white-space: nowrap; }
"""


def style_sheet() -> None:
    """Put the style sheet into the page; called once a run."""
    st.html(f"<style>{_sheet()}</style>")


@cache
def _sheet() -> str:
    """Return the style sheet; ``light-dark`` takes the colour of the theme that the browser shows.

    There is no sign of less-than in it, for the whole sheet would then be taken for dangerous and left out.
    """
    light, dark = attrs.asdict(LIGHT), attrs.asdict(DARK)
    colors = "".join(
        f"--logos-{name}:light-dark({light[name]},{dark[name]});" for name in light if isinstance(light[name], str)
    )
    return f".stApp{{{colors}}}{' '.join(_RULES.split())}"
