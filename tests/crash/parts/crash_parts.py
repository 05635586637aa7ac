"""Parts for the crash tests."""

from __future__ import annotations

import attrs

from logos.plugins import FeedPart, GuardPart, StrategyPart, hookimpl


@attrs.frozen(kw_only=True)
class WireConfig:
    script: str = "b*8"
    begin: int = 1704844800
    kill_file: str = "runs/live/KILL"


@hookimpl
def logos_feeds():
    yield FeedPart(name="wire", summary="Bars as they come", target="crash_work:Wire", config="crash_parts:WireConfig")
    yield FeedPart(name="poll", summary="Says where from", target="crash_work:Poll", config="crash_parts:WireConfig")
    yield FeedPart(
        name="lame",
        summary="Its library is not installed",
        target="crash_work:Poll",
        config="crash_parts:WireConfig",
        needs=("no_such_library",),
    )


@hookimpl
def logos_guards():
    yield GuardPart(name="moods", summary="Blocks by the clock", target="crash_work:Moods")


@hookimpl
def logos_strategies():
    yield StrategyPart(name="dice", summary="Every kind of order", target="crash_work:Dice")
    yield StrategyPart(name="slow", summary="Thinks while the file HANG is there", target="crash_work:Slow")
