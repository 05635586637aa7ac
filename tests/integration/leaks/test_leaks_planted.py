"""Every planted leak is caught, and the right part is named for it, and no other."""

from __future__ import annotations

import pytest

from logos.paths import workspace as workspace_now


def one(name: str, more: str = "") -> dict[str, str]:
    return {"strategies": f"[{{plugin: {name}, name: s{more}}}]"}


TREND = {"strategies": "[{plugin: sma_cross, name: trend, params: {fast: 2, slow: 5}}]"}

# Sections of the config, the probes that may find it, and what every part that is named begins with.
LEAKS = {
    "a strategy reads the next bar from the file": (one("next_bar"), {"look_ahead"}, "strategy s on"),
    "a strategy averages around the bar": (one("centred_average"), {"look_ahead", "start_moved"}, "strategy s on"),
    "a strategy normalises by the whole series": (one("whole_series"), {"look_ahead", "start_moved"}, "strategy s on"),
    "a strategy knows the day's final close": (one("final_close_of_the_day"), {"look_ahead"}, "strategy s on"),
    "a strategy reads today's bar of the daily file": (
        one("daily_file"),
        {"look_ahead", "start_moved"},
        "strategy s on",
    ),
    "a strategy keeps statistics of all bars in a file": (
        one("statistics"),
        {"look_ahead", "start_moved"},
        "strategy s on",
    ),
    "a strategy fails where no bar follows": (one("stumbling"), {"look_ahead"}, "strategy s on"),
    "a strategy follows another symbol": (one("other_symbol"), {"disturbance", "start_moved"}, "strategy s on"),
    "instances of a strategy share a variable": (
        one("shared_between_instances"),
        {"disturbance", "registration_order", "start_moved", "repetition", "look_ahead"},
        "strategy s on",
    ),
    "runs of a strategy share a variable": (one("shared_between_runs"), {"repetition"}, "strategy s on"),
    "a strategy remembers more than its look-back": (one("ema"), {"start_moved"}, "strategy s on"),
    "a strategy counts bars since its start": (one("counts_bars"), {"start_moved"}, "strategy s on"),
    "a strategy reads the clock": (one("wall_clock"), {"repetition"}, "strategy s on"),
    "a strategy tosses a coin": (one("tossing"), {"repetition"}, "strategy s on"),
    "a strategy depends on the order of instruments": (
        one("instruments_order"),
        {"registration_order"},
        "strategy s on",
    ),
    "a strategy depends on the order in which instances are built": (
        one("build_order"),
        {"registration_order", "disturbance", "repetition", "start_moved"},
        "strategy s on",
    ),
    "an array form differs at equal closes": (one("rising_or_equal"), {"array_form"}, "strategy s on"),
    "an array form knows the whole column": (one("rising_normalised"), {"array_form"}, "strategy s on"),
    "an allocator knows the volatility of the full sample": (
        TREND | {"allocator": "{plugin: full_sample_volatility}"},
        {"look_ahead", "start_moved"},
        "allocator full_sample_volatility",
    ),
    "an allocator depends on the order of signals": (
        {"strategies": "[{plugin: buy_and_hold, name: hold}, {plugin: rising, name: up}]"}
        | {"allocator": "{plugin: first_comes_first}"},
        {"registration_order"},
        "allocator first_comes_first",
    ),
    "an allocator remembers other runs": (
        TREND | {"allocator": "{plugin: never_forgets}"},
        {"repetition"},
        "allocator never_forgets",
    ),
    "an allocator remembers what it was asked": (
        TREND | {"allocator": "{plugin: tiring}"},
        {"start_moved"},
        "allocator tiring",
    ),
    "a guard judges by the next bar": (TREND | {"guards": "[{plugin: prophet}]"}, {"look_ahead"}, "guard prophet"),
    "a guard halts before the crash": (TREND | {"guards": "[{plugin: evacuates}]"}, {"look_ahead"}, "guard evacuates"),
    "a guard judges by the wall clock": (
        TREND | {"guards": "[{plugin: office_hours}]"},
        {"repetition"},
        "guard office_hours",
    ),
    "a guard judges by the order of registration": (
        TREND | {"guards": "[{plugin: favourite}]"},
        {"registration_order"},
        "guard favourite",
    ),
    "a position manager draws by chance": (
        TREND | {"position_manager": "{plugin: whimsical}"},
        {"repetition"},
        "position manager whimsical",
    ),
    "a position manager counts closes of the whole file": (
        TREND | {"position_manager": "{plugin: patient}"},
        {"look_ahead"},
        "position manager patient",
    ),
    "a broker fills at the next bar's close": (
        TREND | {"broker": "plugin: fills_at_next_close, margin: true"},
        {"look_ahead"},
        "fills of broker fills_at_next_close",
    ),
    "a broker fills at the best price of the day": (
        TREND | {"broker": "plugin: fills_at_best_of_day, margin: true"},
        {"look_ahead"},
        "fills of broker fills_at_best_of_day",
    ),
    "a broker rejects what will lose": (
        TREND | {"broker": "plugin: rejects_losers"},
        {"look_ahead"},
        "broker rejects_losers",
    ),
    "a feed shifts its bars by one": (
        TREND | {"feed": "plugin: shifted, path: data/cache"},
        {"look_ahead"},
        "feed shifted",
    ),
    "a feed resamples with the label too early": (
        TREND | {"feed": "plugin: right_labelled, path: data/cache", "interval": "5m"},
        {"look_ahead"},
        "feed right_labelled",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_caught_and_its_part_named(name, lay_out, check) -> None:
    sections, probes, part = LEAKS[name]
    report = check(lay_out(intervals="1m 1d" if "daily_file" in str(sections) else "1m"), **sections)
    told = "\n".join(report.lines())
    assert not report.passed, told
    assert {finding.probe for finding in report.findings} <= probes, told
    assert all(finding.part.startswith(part) for finding in report.findings), told
    assert all(finding.meaning.endswith(".") and finding.expected != finding.found for finding in report.findings)


@pytest.mark.parametrize("strategy", ["current_folder", "home_folder"])
def test_a_file_that_is_found_without_the_context_is_altered_too(strategy, lay_out, check, monkeypatch) -> None:
    folder = lay_out(count=100)
    monkeypatch.chdir(folder if strategy == "current_folder" else folder.parent)
    monkeypatch.setenv("LOGOS_HOME", str(folder))
    report = check(folder, **one(strategy))
    assert {(finding.probe, finding.part[:10]) for finding in report.findings} == {("look_ahead", "strategy s")}
    assert workspace_now() == folder


@pytest.mark.parametrize("strategy", ["hash_order", "local_time"])
def test_what_only_another_process_shows_is_caught_there(strategy, lay_out, check) -> None:
    report = check(lay_out(count=60), processes=2, **one(strategy))
    assert {(finding.probe, finding.part[:10]) for finding in report.findings} == {("repetition", "strategy s")}
    assert "PYTHONHASHSEED" in report.findings[0].how


def test_bars_that_are_kept_for_the_life_of_a_process_are_caught_in_fresh_ones(lay_out, check) -> None:
    folder = lay_out(count=60)
    assert check(folder, **one("keeps_for_the_process")).passed, "one process alone cannot tell"
    report = check(folder, processes=4, **one("keeps_for_the_process"))
    assert {(finding.probe, finding.part[:10]) for finding in report.findings} == {("look_ahead", "strategy s")}
