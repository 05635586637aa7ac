from __future__ import annotations

import pytest

SMALL = """\
session: {{name: x{session}}}
feed: {{plugin: replay, path: data/cache, symbols: [BTC-USD]}}
broker: {{plugin: paper{broker}}}
strategies: [{{plugin: sma_cross}}]
{top}
"""


def config(session="", broker="", top=""):
    return SMALL.format(session=session, broker=broker, top=top)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"broker": ", dry_run: false"}, "broker.dry_run"),
        ({"broker": ', dry-run: "no"'}, "broker.dry-run"),
        ({"broker": ", fees: {live: true}"}, "broker.fees.live"),
        ({"broker": ", mode: live"}, "broker.mode"),
        ({"broker": ", mode: Real-Money"}, "broker.mode"),
        ({"session": ", live: true"}, "session.live"),
        ({"session": ", paper: false"}, "session.paper"),
        ({"top": "live: true"}, "live"),
        ({"top": "dry_run: false"}, "dry_run"),
    ],
)
def test_a_config_that_asks_for_live_orders_is_refused_with_the_reason(problems_of, changes, path):
    problems = problems_of(config(**changes))

    assert list(problems) == [path]
    assert "this release sends no order to a venue" in problems[path]


@pytest.mark.parametrize(
    "changes",
    [{"broker": ", dry_run: true"}, {"session": ", mode: paper"}, {"session": ", live: false"}],
)
def test_a_key_that_asks_for_paper_is_merely_unknown(problems_of, changes):
    (text,) = problems_of(config(**changes)).values()

    assert "unknown key" in text
