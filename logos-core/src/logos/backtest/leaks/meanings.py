"""What a finding means for each kind of part, and how it is mended."""

from __future__ import annotations

from logos.backtest.leaks import report

_LOOK_AHEAD = {
    "strategy": "Its signal depends on bars that had not happened: it must use the bars "
    "handed to on_bar, and no file, no statistic of the whole series and nothing else that knows later bars",
    "allocator": "Its targets depend on bars that had not happened: estimate from what the account and the signals "
    "have shown so far, not from whole files",
    "guard": "It judges by bars that had not happened: a guard may look at the session's view alone",
    "position": "Its differences depend on bars that had not happened: it may use its arguments alone",
    "fills": "Orders fill at prices or times that only a later bar knows: a fill on a bar may use that "
    "bar alone, from its open on",
    "broker": "It accepts, cuts or ends orders by bars that had not happened",
    "feed": "A bar holds prices from after its own close, as when bars are labelled by their end, shifted, or "
    "resampled with the label on the wrong side: a bar's timestamp is its open time, and nothing after timestamp + "
    "interval belongs to it",
}

_START_MOVED = {
    "strategy": "Its signal depends on bars further back than the look-back that it declares: a resumed session would "
    "answer otherwise. Declare a longer look-back, or compute from the last bars alone",
    "allocator": "It remembers what it was asked before: targets must follow from the signals and the account",
}

_ORDER = {
    "strategy": "Its signal depends on the order in which instruments or strategies are registered: sort by name "
    "wherever it walks over them, and share nothing between instances",
    "allocator": "Its targets depend on the order of instruments or of the signals: each target follows from its own "
    "signal",
    "guard": "It judges by the order in which instruments are registered: sort by name wherever it walks over them",
}

_REPETITION = {
    "strategy": "It answers otherwise under the same conditions: look for a clock, random numbers, the order of a set, "
    "or state kept in the class or the module. context.seed gives numbers that can be repeated",
}
_REPETITION_OTHERS = (
    "It answers otherwise under the same conditions: look for a clock, random numbers, the order of a set, "
    "the time zone, or state kept in the class or the module. context.seed gives numbers that can be repeated"
)
_DISTURBANCE = (
    "Its signal depends on more than its own symbol's bars: on another symbol, or on another instance through "
    "state that they share. A strategy is a function of the bars of its one symbol"
)
_ARRAY_FORM = (
    "Its array form is not its form bar by bar, so that the quick engines would trade otherwise than a session: "
    "let signals answer exactly as on_bar, or return None where it cannot"
)
_ANSWERS = "An answer is None or a Signal of whole numbers, and after the first signal there is one at every bar"

_OTHERS = {
    report.LOOK_AHEAD: "It depends on bars that had not happened",
    report.START_MOVED: "It remembers more than it may",
    report.REGISTRATION_ORDER: "It depends on the order in which instruments, strategies or plugins are registered",
    report.REPETITION: _REPETITION_OTHERS,
    report.DISTURBANCE: _DISTURBANCE,
    report.ARRAY_FORM: _ARRAY_FORM,
    report.ANSWERS: _ANSWERS,
}
_BY_PART = {
    report.LOOK_AHEAD: _LOOK_AHEAD,
    report.START_MOVED: _START_MOVED,
    report.REGISTRATION_ORDER: _ORDER,
    report.REPETITION: _REPETITION,
}


def meaning_of(probe: str, part: str) -> str:
    """Return what it means that a part moved under a probe, and how to mend it; whole sentences."""
    return _BY_PART.get(probe, {}).get(part.split(" ", 1)[0], _OTHERS[probe]) + "."
