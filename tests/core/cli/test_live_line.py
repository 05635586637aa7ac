"""The line that follows a session shows how fresh the data of a polled feed are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from logos.cli import session_output
from logos.cli.session_output import LiveLine


class Feed:
    polled = True

    def _none(self, *_arguments: object) -> None:
        pass

    prepare = quarantined = digest = slices = history = snapshot = close = _none

    def status(self) -> str:
        return "DEMO 3s old, 1 retry [circuit closed]"


class PolledFeed(Feed):
    deliveries = Feed._none


@pytest.mark.parametrize(("feed", "shown"), [(PolledFeed(), Feed().status()), (Feed(), "")])
def test_the_status_of_a_polled_feed_stands_before_the_figures(monkeypatch, feed, shown) -> None:
    monkeypatch.setattr(session_output, "progress_text", lambda _session: "12:00Z  12 bars  3 fills")
    line, told = LiveLine(), []
    line._live = SimpleNamespace(update=told.append)
    assembly = SimpleNamespace(feed=feed)
    assert line.follow(assembly, None) is assembly
    line.show(None)
    assert [text.plain for text in told] == ["  ".join(part for part in ("12:00Z", shown, "12 bars  3 fills") if part)]
