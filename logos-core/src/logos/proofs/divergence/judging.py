"""Names one cause for the first difference of two runs, with what shows it.

The earliest difference in the session's time decides. At one clock, inputs come before what was made of them, in the
order config, plugin versions, bars and whether they were final, history; and a config or a version counts only where
it can explain that very difference.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs

from logos.artifacts.schemas import VENUE_FILE
from logos.config.comparing import Change, value_of
from logos.proofs.divergence.accounts import AccountDifference, held_at
from logos.proofs.divergence.bar_comparison import BarDifference
from logos.proofs.divergence.events import UNKNOWN, VENUE_REQUEST, EventDifference
from logos.proofs.divergence.findings import Findings
from logos.proofs.divergence.inputs import GUARDS, Output, PartChange, by_kill_file, config_explains, part_explains

DATA_REVISED = "data revised"
BAR_NOT_FINAL = "bar not final"
WARM_UP = "warm-up"
FILL = "fill"
GUARD = "guard"
CONFIG = "config"
PLUGIN_VERSION = "plugin version"
CODE = "code"

CAUSES = (DATA_REVISED, BAR_NOT_FINAL, WARM_UP, FILL, GUARD, CONFIG, PLUGIN_VERSION, CODE)

_TOLD_CHANGES = 3
"""How many changes of a venue's rules are told one by one."""

_READS_FILES = frozenset({"on_bad_row", "off_tick", "interval", "symbols"})
"""Keys of ``feed:`` that change which bars come of the same files."""


@attrs.frozen(kw_only=True)
class Verdict:
    """The first difference and its cause.

    Attributes
    ----------
    where:
        A bar, an event or a row of the account; ``None`` where the bars differ at a place that nothing shows.
    exact:
        Whether that is the first bar that differs; else it is the first at which a difference shows.
    symbol:
        Whose bar it is, where the account shows that.
    changes, parts:
        The differences of config and of releases that explain it.
    """

    cause: str
    where: BarDifference | Output | None
    exact: bool = True
    symbol: str = ""
    evidence: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    parts: tuple[PartChange, ...] = ()


def judge(found: Findings) -> Verdict | None:
    """Return the verdict on two runs; ``None`` where they agree over their common time."""
    steps: tuple[Callable[[Findings], Verdict | None], ...] = (_of_bars, _of_lost_bars, _of_output, _of_unfinished)
    return next((verdict for step in steps if (verdict := step(found)) is not None), None)


def change_text(change: Change) -> str:
    """Return a difference of two configs in words."""
    return f"{change.path} is {value_of(change.a)} in A and {value_of(change.b)} in B"


def part_text(change: PartChange) -> str:
    """Return a difference of releases in words."""
    return f"the {change.kind} {change.name} is of {change.a} in A and of {change.b} in B"


# -- bars ----------------------------------------------------------------------------------------------------------


def _of_bars(found: Findings) -> Verdict | None:
    history = None if _history_explained(found) else found.history
    difference = history or (found.bars.difference if found.bars else None)
    output = found.output
    if difference is None or (output is not None and output.at < difference.bar.clock):
        return None
    changes = tuple(change for change in found.config if _makes_other_bars(change, difference))
    if changes:
        return Verdict(cause=CONFIG, where=difference, evidence=tuple(map(change_text, changes)), changes=changes)
    parts = tuple(part for part in found.parts if part.kind == "feed" and (found.a.polled or found.b.polled))
    if parts:
        return Verdict(cause=PLUGIN_VERSION, where=difference, evidence=tuple(map(part_text, parts)), parts=parts)
    if difference.before_the_first:
        missing = next((letter for letter, bar in (("A", difference.a), ("B", difference.b)) if bar is None), "")
        text = f"{missing} did not have it" if missing else f"its {difference.field} is not the same"
        evidence = f"the bar warmed the strategies up before the first slice, and {text}"
        return Verdict(cause=WARM_UP, where=difference, evidence=(evidence,))
    unfinished = _not_final(found, difference)
    if unfinished:
        return Verdict(cause=BAR_NOT_FINAL, where=difference, evidence=unfinished)
    return Verdict(cause=DATA_REVISED, where=difference, evidence=_of_the_data(found))


def _history_explained(found: Findings) -> bool:
    """Whether strategies that look back otherwise have asked for another history."""
    other = any(change.path.startswith("strategies") for change in found.config)
    return other or any(part.kind == "strategy" for part in found.parts)


def _makes_other_bars(change: Change, difference: BarDifference) -> bool:
    root, _, rest = change.path.partition(".")
    key = rest.partition(".")[0]
    if root == "feed" and key == "symbols":
        return difference.bar.symbol not in set(change.a or ()) & set(change.b or ())
    return (root == "feed" and key in _READS_FILES) or (root == "instruments" and key == difference.bar.symbol)


def _not_final(found: Findings, difference: BarDifference) -> tuple[str, ...]:
    evidence = []
    for letter, bar in (("A", difference.a), ("B", difference.b)):
        if bar is not None and not bar.final:
            evidence.append(f"{letter} acted upon it before it had closed by the venue's clock (final is false)")
        if bar is not None and bar.forward_filled:
            evidence.append(f"{letter} acted upon a bar that its feed had filled with the close before it")
    return (*evidence, *found.revised)


def _of_the_data(found: Findings) -> tuple[str, ...]:
    assert found.bars is not None
    digests = "" if found.a.polled or found.b.polled else _digests(found)
    return tuple(text for text in (digests, f"the {found.bars.bars:,} bars before it are equal") if text)


def _digests(found: Findings) -> str:
    return f"the digests of the bars differ: {found.a.data_digest[:12]} in A, {found.b.data_digest[:12]} in B"


# -- bars that are gone --------------------------------------------------------------------------------------------


def _of_lost_bars(found: Findings) -> Verdict | None:
    output = found.output
    if not found.lost or (output is not None and by_kill_file(output)):
        return None
    if output is None and not found.same_span:  # the bars that differ may lie where only one of them has been
        return None
    shows = isinstance(output, AccountDifference) and (output.prices_only or output.field == "timestamp")
    if not shows and (found.a.polled or found.b.polled or _explained_otherwise(found, output)):
        return None
    digests = () if found.a.polled or found.b.polled else (_digests(found),)
    symbol = ""
    trace: tuple[str, ...] = ()
    if isinstance(output, AccountDifference) and output.field != "timestamp":
        symbol, trace = _held_texts(found, output)
    evidence = (*digests, *trace, *_lost_texts(found, output))
    return Verdict(cause=DATA_REVISED, where=output, exact=False, symbol=symbol, evidence=evidence)


def _held_texts(found: Findings, output: AccountDifference) -> tuple[str, tuple[str, ...]]:
    """Return whose price the account shows, where only one symbol was held, and what shows it."""
    trace = ("cash and fees are the same, so only prices can differ",) if output.prices_only else ()
    held = held_at(found.a, output.at) or held_at(found.b, output.at)
    if len(held) != 1:
        return "", (*trace, f"held were {', '.join(held)}") if held else trace
    symbol, quantity = next(iter(held.items()))
    if output.field != "market_value":
        return symbol, (*trace, f"only {symbol} was held")
    a, b = (Decimal(value) / quantity for value in (output.a, output.b))
    return symbol, (*trace, f"only {symbol} was held: a unit was worth {a:f} in A and {b:f} in B")


def _explained_otherwise(found: Findings, output: Output | None) -> bool:
    if output is None:
        return False
    return any(config_explains(change, output) for change in found.config) or any(
        part_explains(part, output, found.a) for part in found.parts
    )


def _lost_texts(found: Findings, output: Output | None) -> tuple[str, ...]:
    if output is None:
        return (*found.lost, "nothing that the runs did shows where: the bar may lie outside of what was traded")
    return (*found.lost, "this is the first trace of it: the bar that differs may be an earlier one")


# -- what the runs did ---------------------------------------------------------------------------------------------


def _of_output(found: Findings) -> Verdict | None:
    output = found.output
    if output is None:
        return None
    changes = tuple(change for change in found.config if config_explains(change, output))
    if changes:
        cause = GUARD if all(change.path.startswith(GUARDS) for change in changes) else CONFIG
        return Verdict(cause=cause, where=output, evidence=tuple(map(change_text, changes)), changes=changes)
    parts = tuple(part for part in found.parts if part_explains(part, output, found.a))
    if parts:
        return Verdict(cause=PLUGIN_VERSION, where=output, evidence=tuple(map(part_text, parts)), parts=parts)
    if found.starts_differ and not by_kill_file(output):
        return Verdict(cause=WARM_UP, where=output, evidence=_warmed_up(found))
    cause, evidence = _by_its_kind(found, output)
    return Verdict(cause=cause, where=output, evidence=(*evidence, _same_inputs(found)))


def _by_its_kind(found: Findings, output: Output) -> tuple[str, tuple[str, ...]]:
    """Return the cause of a difference for which all inputs are equal."""
    if not isinstance(output, AccountDifference):
        if output.of_guards:
            return GUARD, (_guard_text(output),)
        unknown = _unknown_text(output)
        if unknown:
            return FILL, (unknown,)
        if output.event.kind == VENUE_REQUEST and found.venue:
            return CONFIG, _venue_texts(found, output.event.symbol)
        if "fill" in {event.kind for event in (output.a, output.b) if event is not None}:
            return FILL, ("all orders and fills before it are the same",)
    return CODE, ()


def _unknown_text(output: EventDifference) -> str:
    """Return what only one run was told by its venue of an order, or was not told; empty where it is nothing such."""
    for letter, event in (("A", output.a), ("B", output.b)):
        if event is not None and event.kind == UNKNOWN:
            order, reason = event.fields.get("order_id"), event.fields.get("reason", "")
            return f"in {letter} the outcome of order {order} became unknown, which came from its venue: {reason}"
    return ""


def _warmed_up(found: Findings) -> tuple[str, ...]:
    earlier, later = found.earlier, found.later
    began = f"{later.letter} began at {later.first}, {earlier.letter} at {earlier.first} already"
    return (f"{began}: {later.letter} had seen fewer bars, and had traded on none of them", _same_inputs(found))


def _venue_texts(found: Findings, symbol: str) -> tuple[str, ...]:
    """Return what the venue has changed, of one symbol where any of it is."""
    of_symbol = [change for change in found.venue if symbol in change.path.split(".")] or found.venue
    texts = (f"in {VENUE_FILE}, {change_text(change)}" for change in of_symbol[:_TOLD_CHANGES])
    more = len(of_symbol) - _TOLD_CHANGES
    return (*texts, f"{more} more differences of {VENUE_FILE}") if more > 0 else tuple(texts)


def _guard_text(output: EventDifference) -> str:
    for event in (output.a, output.b, *output.others):
        for cause in event.fields.get("causes", ()) if event is not None else ():
            letter = "A" if event is output.a else "B" if event is output.b else "one of them"
            return f"{cause['guard']} stopped it in {letter}: {cause['reason']}"
    return "a guard stopped on one side what it let pass on the other"


def _same_inputs(found: Findings) -> str:
    bars = "the bars could not be compared" if found.lost else "the bars are the same"
    config = "no difference of the configs explains it" if found.config else "the configs are the same"
    parts = "no difference of the releases explains it" if found.parts else "the plugins are of the same releases"
    return f"{bars}, {config}, {parts}"


def _of_unfinished(found: Findings) -> Verdict | None:
    difference = found.bars.unfinished if found.bars else None
    if difference is None:
        return None
    evidence = (*_not_final(found, difference), "it made no difference: its values did not change any more")
    return Verdict(cause=BAR_NOT_FINAL, where=difference, evidence=evidence)
