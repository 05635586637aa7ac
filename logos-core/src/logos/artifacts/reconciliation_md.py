"""The section of ``session.md`` that says how the session compared with what stood outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from logos.artifacts.markdown import code, literal, table


@attrs.frozen(kw_only=True)
class FindingLine:
    """One order or position that was no plain match: every value as text, empty where it does not apply."""

    outcome: str
    place: str
    symbol: str
    client_order_id: str
    text: str


@attrs.frozen(kw_only=True)
class ReconciliationLine:
    """One comparison, at a start or at a resume.

    Attributes
    ----------
    at:
        The session's clock as text.
    keeper:
        The place that keeps the session's orders and positions.
    counts:
        How many orders and positions had each outcome.
    """

    at: str
    venue: str
    keeper: str
    counts: tuple[tuple[str, int], ...]
    findings: tuple[FindingLine, ...]


def reconciliation_section(lines: Sequence[ReconciliationLine]) -> Iterator[str]:
    """Yield the blocks of the section; none where the broker has nothing outside."""
    if not lines:
        return
    yield "## Reconciliation"
    yield (
        f"Orders and positions are kept at {code(lines[-1].keeper)}; whatever else stands at {code(lines[-1].venue)} "
        "is not of this session and is left alone."
    )
    yield table(("At", "Found"), [(line.at, _counted(line)) for line in lines])
    rows = [_row(line.at, same) for line in lines for same in grouped_findings(line.findings)]
    if rows:
        yield "All that was no plain match, equal findings in one row; each stands in `state.jsonl` (`reconciled`):"
        columns = ("At", "Outcome", "Symbol", "Number", "First order", "Last order", "What was found")
        yield table(columns, rows, numeric=("Number",))


def grouped_findings(findings: Sequence[FindingLine]) -> list[list[FindingLine]]:
    """Return findings that say the same together, but for the order's own name in the text, in their order."""
    groups: dict[tuple[str, str, str], list[FindingLine]] = {}
    for one in findings:
        text = one.text.replace(one.client_order_id, "") if one.client_order_id else one.text
        groups.setdefault((one.outcome, one.place, text), []).append(one)
    return list(groups.values())


def _row(at: str, same: Sequence[FindingLine]) -> tuple[str, ...]:
    first, last = same[0], same[-1]
    symbols = ", ".join(dict.fromkeys(one.symbol for one in same))
    names = (_name(first), _name(last) if len(same) > 1 else "")
    return (at, first.outcome, symbols, f"{len(same):,}", *names, literal(first.text))


def _name(one: FindingLine) -> str:
    return code(one.client_order_id) if one.client_order_id else ""


def _counted(line: ReconciliationLine) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in line.counts) or "nothing outside"
