"""What the comparison is to reach, and whether this run reached it."""

from collections.abc import Callable, Sequence

import attrs
from ours import BARE, ENGINES, KERNEL, NAME, RULED
from tables import Row, Summary, find, markdown, rate, seconds, summaries

STREAMING, ARRAY = ENGINES["streaming-kernel"], ENGINES["kernel"]
BACKTESTING = "backtesting.py, bar by bar, statistics included"
NAUTILUS = "nautilus_trader, events"
BACKTRADER = "backtrader, bar by bar"


@attrs.frozen
class Goal:
    """A figure, what it has to be, and what it was; None where it was not measured."""

    what: str
    wanted: float
    reached: float | None
    shown: Callable[[float], str] = rate
    at_most: bool = False

    @property
    def verdict(self) -> str:
        """Whether it was met."""
        if self.reached is None:
            return "not measured"
        met = self.reached <= self.wanted if self.at_most else self.reached >= self.wanted
        return "met" if met else "missed"

    @property
    def line(self) -> list[str]:
        """Its line of the table."""
        bound = "at most" if self.at_most else "at least"
        reached = "" if self.reached is None else self.shown(self.reached)
        return [self.what, reached, f"{bound} {self.shown(self.wanted)}", self.verdict]


def _times(value: float) -> str:
    return f"{value:.2f} times"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _rate(group: Sequence[Summary], label: str) -> float | None:
    one = find(group, label)
    return one.rate if one else None


def _median(group: Sequence[Summary], label: str, key: str) -> float | None:
    one = find(group, label)
    return one.median(key) if one else None


def _runs(group: Sequence[Summary]) -> list[Goal]:
    goals = []
    for label, least, factors in (
        (STREAMING, 200_000, {BACKTESTING: 1, NAUTILUS: 5, BACKTRADER: 12}),
        (ARRAY, 600_000, {BACKTESTING: 3, NAUTILUS: 15, BACKTRADER: 30}),
    ):
        ours = _rate(group, label)
        goals.append(Goal(f"{label}: bars/s", least, ours))
        for peer, factor in factors.items():
            name = peer.partition(",")[0]
            goals.append(Goal(f"{label}: against {name}", factor, _ratio(ours, _rate(group, peer)), _times))
    for label, most in ((ARRAY, 2), (STREAMING, 4)):
        shell = _median(group, label, "shell")
        goals.append(Goal(f"{label}: from the shell, artifacts written, s", most, shell, seconds, at_most=True))
    return goals


def _growth(group: Sequence[Summary], run: Sequence[Summary]) -> list[Goal]:
    goals = []
    for label in (STREAMING, ARRAY):
        lengths = sorted((one for one in group if one.label == label and one.good), key=lambda one: one.bars)
        short, long = (lengths[0], lengths[-1]) if len(lengths) > 1 else (None, None)
        kept = _ratio(long.rate, short.rate) if short and long else None
        goals.append(Goal(f"{label}: bars/s of the longest run as a share of the shortest's", 0.9, kept, _share))
    middle, long = (_median(part, STREAMING, "memory") for part in (run, group[::-1]))
    grown = _ratio(long, middle)
    goals.append(Goal(f"{STREAMING}: peak memory at four times the bars", 1.1, grown, _times, at_most=True))
    return goals


def _kernels(group: Sequence[Summary]) -> list[Goal]:
    """Return the kernel beside a loop over the same rules, and beside loops that know cash and a fee alone."""
    bare = {KERNEL["given"]: (RULED, BARE["given"]), KERNEL["whole"]: (BARE["whole"],)}
    return [
        Goal(f"{label}: time of {other}", 3, _ratio(_rate(group, other), _rate(group, label)), _times, at_most=True)
        for label, others in bare.items()
        for other in others
    ]


def goals(rows: Sequence[Row]) -> list[Goal]:
    """Return every goal with what was reached."""
    run, ten, growth, kernel, sweep = (summaries(rows, part) for part in ("run", "ten", "growth", "kernel", "sweep"))
    work, shell = (_median(sweep, NAME, key) for key in ("seconds", "shell"))
    peers = {name: _median(sweep, label, "seconds") for name, label in SWEEP_PEERS.items()}
    return [
        *_runs(run),
        Goal("ten symbols, streaming: symbol-bars/s", 400_000, _rate(ten, STREAMING)),
        Goal("ten symbols, array form: symbol-bars/s", 400_000, _rate(ten, ARRAY)),
        *_growth(growth, run),
        *_kernels(kernel),
        Goal("sweep: work s", 0.4, work, seconds, at_most=True),
        Goal("sweep: from the shell s", 0.9, shell, seconds, at_most=True),
        *(Goal(f"sweep: ahead of {name}, work", 1, _ratio(theirs, work), _times) for name, theirs in peers.items()),
    ]


SWEEP_PEERS = {"raptorbt": "raptorbt, a batch of arrays", "vectorbt": "vectorbt, all pairs at once, later calls"}


def table(rows: Sequence[Row]) -> str:
    """Return the goals as a Markdown table."""
    lines = [["what", "reached", "to reach", ""], *(goal.line for goal in goals(rows))]
    return "\n".join(["### Goals", "", markdown(lines)])
